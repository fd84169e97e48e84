"""docs/operations.md: its commands and options are those of the program, its units have what systemd asks for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from pipelines.cli import COMMANDS, main

PAGE = (Path(__file__).parents[4] / "docs" / "operations.md").read_text()
CALLS = re.findall(r"aleta-sync((?: --(?:config|log-format) \S+)* [a-z]+(?: --[a-z-]+[^`\n>]*)?)", PAGE)


def test_the_page_has_calls() -> None:
    """Sabotage: an expression that finds nothing would find nothing wrong."""
    assert len(CALLS) >= 6


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_one_that_the_program_takes(call: str) -> None:
    """Each is parsed as the program parses it; none is run."""
    arguments = call.split()
    name = next(word for word in arguments if word in COMMANDS)
    command = main.get_command(click.Context(main), name)
    known = {option for parameter in (*main.params, *command.params) for option in parameter.opts}
    assert {word.partition("=")[0] for word in arguments if word.startswith("--")} <= known


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_the_units_are_such_as_systemd_takes(tmp_path: Path) -> None:
    """With a program and a user that are here."""
    service, timer = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    service = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", service).replace("User=aleta\n", "")
    files = [tmp_path / "aleta-sync.service", tmp_path / "aleta-sync.timer"]
    for file, text in zip(files, (service, timer), strict=True):
        file.write_text(text)
    command = ["systemd-analyze", "verify", *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
