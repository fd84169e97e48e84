"""What every command prints."""

from __future__ import annotations

import json

import pytest

from pipelines.commands.invocation import output

NASTY = "a\x1b[31m\u202eb\x9b2J\U000e0041\ud83d"


def test_json_says_the_same_and_steers_no_terminal_s2(capsys: pytest.CaptureFixture[str]) -> None:
    """S2: what does not print is written as JSON's own escapes; who parses it gets what was there."""
    output({"id": NASTY, "name": "Brødrene Æ 😀"})
    printed = capsys.readouterr().out
    assert printed[:-1].isprintable()
    assert "Brødrene Æ 😀" in printed
    assert json.loads(printed)["id"] == NASTY


def test_text_keeps_its_lines_and_nothing_else_that_steers(capsys: pytest.CaptureFixture[str]) -> None:
    """S2 for `status`, `check`, `verify` and `plan`, which print text."""
    output(f"one\n{NASTY}")
    assert capsys.readouterr().out.splitlines() == ["one", r"a\x1b[31m\u202eb\x9b2J\U000e0041\ud83d"]
