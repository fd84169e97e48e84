"""What every command prints."""

from __future__ import annotations

import json
from datetime import datetime

import click
import pytest

from pipelines.invocation.invocation import day, output

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


def test_a_day_is_taken_as_it_is_written() -> None:
    """Year, month, day."""
    assert day.convert("2026-01-31", None, None) == datetime(2026, 1, 31)  # noqa: DTZ001 - a day has no zone


@pytest.mark.parametrize("written", ["2026-13-01", "31.01.2026", "2026-01-31T00:00:00", "yesterday", ""])
def test_what_is_no_day_is_answered_with_an_example(written: str) -> None:
    """The words of a person, not of a parser."""
    with pytest.raises(click.BadParameter, match=f"^'{written}' is no day: give year, month and day as in 2026-01-31$"):
        day.convert(written, None, None)
