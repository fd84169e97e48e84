"""aleta-sync is installed from its clone: no index has it, and whoever took its name there would be installed."""

from __future__ import annotations

import re

from tests.documented import PAGES, ROOT

BY_NAME = re.compile(r"""pip install ["']?aleta-sync\b""")


def test_nobody_is_told_to_install_the_program_by_its_name():
    """Neither by a message nor by a page."""
    code = [file for room in ("pipelines", "sources", "schemas", "sandbox") for file in (ROOT / room).rglob("*.py")]
    said = {file: BY_NAME.findall(file.read_text(encoding="utf-8")) for file in [*code, *PAGES, ROOT / "README.md"]}

    assert [f"{file.relative_to(ROOT)}" for file, found in said.items() if found] == []
    assert BY_NAME.search("pip install 'aleta-sync[notify]'")  # sabotage
