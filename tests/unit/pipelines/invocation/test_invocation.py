"""What every command prints."""

from __future__ import annotations

import io
import json
import sys
from datetime import datetime

import click
import pytest

from pipelines.invocation.invocation import day, output
from pipelines.report.report import Json

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


def printed(document: Json | str, *, encoding: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What `output` writes to a stdout of that *encoding*."""
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding, write_through=True) as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        output(document)
        return raw.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_utf_8_wherever_it_is_printed(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """RFC 8259: what is read as such; a stdout of another encoding gets JSON's escapes, and no error."""
    document = {"name": "Zürich … 😀"}
    assert json.loads(printed(document, encoding=encoding, monkeypatch=monkeypatch).decode()) == document


@pytest.mark.parametrize(
    ("encoding", "there"),
    [("ascii", rb"Z\xfcrich \u2026"), ("latin-1", b"Z\xfcrich \\u2026")],
    ids=["ascii", "latin-1"],
)
def test_text_names_the_letters_that_stdout_cannot_have(
    monkeypatch: pytest.MonkeyPatch, encoding: str, there: bytes
) -> None:
    """A report is no reason to fail after what it tells of is committed."""
    assert printed("Zürich …", encoding=encoding, monkeypatch=monkeypatch) == there + b"\n"


def test_a_day_is_taken_as_it_is_written() -> None:
    """Year, month, day."""
    assert day.convert("2026-01-31", None, None) == datetime(2026, 1, 31)  # noqa: DTZ001 - a day has no zone


@pytest.mark.parametrize("written", ["2026-13-01", "31.01.2026", "2026-01-31T00:00:00", "yesterday", ""])
def test_what_is_no_day_is_answered_with_an_example(written: str) -> None:
    """The words of a person, not of a parser."""
    with pytest.raises(click.BadParameter, match=f"^'{written}' is no day: give year, month and day as in 2026-01-31$"):
        day.convert(written, None, None)
