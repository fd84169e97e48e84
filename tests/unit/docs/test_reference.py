"""docs/reference/: current, and complete."""

from __future__ import annotations

import importlib.util
import re

import pytest

from pipelines.cli import COMMANDS
from pipelines.report.report import Exit
from pipelines.settings import template
from pipelines.settings.template import MEANINGS
from pipelines.settings.tenant import RULES
from tests.documented import ROOT

FOLDER = ROOT / "docs" / "reference"
SPEC = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
generate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(generate)
SOURCES = [file.read_text() for room in ("pipelines", "sources") for file in sorted((ROOT / room).rglob("*.py"))]
PAGES = generate.pages()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_current(page):
    """A changed command, setting or code fails here without `make docs`."""
    assert (FOLDER / page).read_text(encoding="utf-8") == PAGES[page]


def test_no_page_is_left_over():
    assert {file.name for file in FOLDER.glob("*.md")} == set(PAGES)


def test_every_command_and_setting_is_there():
    """By name."""
    assert re.findall(r"^## ([a-z]+)$", PAGES["commands.md"], re.MULTILINE) == list(COMMANDS)
    assert set(re.findall(r"^\| `(\w+)` \|", PAGES["settings.md"], re.MULTILINE)) == set(RULES)


def test_init_says_of_each_setting_what_the_shown_configuration_says():
    """Who begins with `init` has no other file, and reads what a key does, not only what type it has."""
    shown = generate.comments((ROOT / "config" / "config.toml").read_text(encoding="utf-8"))
    assert shown == MEANINGS
    assert f"# {MEANINGS['burst']}\n" in template()


def test_every_exit_code_is_explained():
    """Each with what to do."""
    assert generate.EXITS.keys() == set(Exit)


def test_every_error_code_of_the_program_is_explained_and_no_other():
    """Codes are found in the source: of classes, of problems and of mistakes in a file."""
    explained = generate.RUN_CODES.keys() | generate.FILE_CODES.keys()

    assert generate.codes_in(SOURCES) | set(generate.Form) == explained


def test_a_code_is_found_wherever_it_is_written():
    """Sabotage: a new one cannot hide."""
    written = (
        'CODE = "a"\nclass E:\n    code = "b"\nclass F:\n    code: str = "c"\nP(code="d", message="e")\ncode = name\n'
    )

    assert generate.codes_in([written]) == {"a", "b", "c", "d"}


def test_the_configuration_file_says_what_a_key_does():
    """Comments beside values, whatever is in them."""
    text = 'a = "x # y"  # what it does\nb = 1\n# c = 2  # commented out\n'

    assert generate.comments(text) == {"a": "what it does"}
