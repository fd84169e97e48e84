"""The operator's pages: their commands and options are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pipelines.cli import COMMANDS, main

DOCS = Path(__file__).parents[4] / "docs"
PAGES = ("operations.md", "orchestration.md", "runbook.md")
CALL = r"aleta-sync((?: --(?:config|log-format) \S+)* [a-z]+(?: --[a-z-]+[^`\n>]*)?)"
CALLS = [
    pytest.param(call, id=f"{page}:{call.strip()}")
    for page in PAGES
    for call in dict.fromkeys(re.findall(CALL, (DOCS / page).read_text()))
    if not {*COMMANDS}.isdisjoint(call.split())
]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_has_calls(page: str) -> None:
    """Sabotage: an expression that finds nothing would find nothing wrong."""
    assert any(call.id.startswith(page) for call in CALLS)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_one_that_the_program_takes(call: str) -> None:
    """Each is parsed as the program parses it; none is run."""
    words = call.split()
    name = next(word for word in words if word in COMMANDS)
    command = main.get_command(click.Context(main), name)
    known = {option for parameter in (*main.params, *command.params) for option in parameter.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page: str) -> None:
    """Its links, and the files of `deploy/` that it speaks of."""
    text = (DOCS / page).read_text()
    files = {DOCS / link for link in re.findall(r"\]\(([\w./-]+?)(?:#[\w-]+)?\)", text)}
    files |= {DOCS.parent / name for name in re.findall(r"(?<!/)deploy/[\w./-]+\w", text)}
    assert [file for file in files if not file.exists()] == []
