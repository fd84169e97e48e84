"""What comes from outside is safe wherever it is shown (rule S2): report, log, page, status, JSON."""

from __future__ import annotations

import io
import json
import logging

import pytest

from pipelines.invocation.invocation import fail, output
from pipelines.report.logs import OneLine, RedactingHandler
from pipelines.report.report import Exit, Problem, RunReport, TenantReport
from pipelines.report.text import show

EVIL = "a\x1b]8;;http://x\x07\nb\u202ec\x9b2J"
RAW = ("\x1b", "\x07", "\u202e", "\x9b")


def is_safe(text: str) -> bool:
    return not any(letter in text for letter in RAW)


def test_the_report_shows_an_id_and_words_with_their_escapes():
    """Problems and warnings; no line of the report begins with what an id brought."""
    report = TenantReport(
        tenant="acme",
        errors=[Problem(code="gone", message=f"no {EVIL}", resource="transactions", parent_id=EVIL)],
        warnings=[f"clients: 404 for {EVIL}"],
    )
    stream = io.StringIO()
    show(RunReport(tenants=[report]), stream)
    assert is_safe(stream.getvalue())
    assert r"a\x1b]8;;http://x\x07\nb\u202ec\x9b2J" in "".join(line.strip() for line in stream.getvalue().splitlines())
    assert not any(line.startswith("b") for line in stream.getvalue().splitlines())


def test_a_log_line_is_one_line_of_safe_letters():
    """Whatever its arguments are."""
    stream = io.StringIO()
    handler = RedactingHandler(stream, OneLine("{message}", style="{"))
    handler.emit(logging.LogRecord("x", logging.ERROR, "", 1, "lost %s", (EVIL,), None))
    assert is_safe(stream.getvalue())
    assert stream.getvalue().count("\n") == 1


def test_json_has_escapes_and_the_same_value(capsys):
    """A terminal may be what reads it; a program gets the id exactly."""
    output({"id": EVIL, "name": "Zürich"})
    printed = capsys.readouterr().out
    assert is_safe(printed)
    assert json.loads(printed) == {"id": EVIL, "name": "Zürich"}
    assert "Zürich" in printed


def test_text_and_errors_are_safe_too(capsys):
    """Lines of a report stay lines."""
    output(f"one\n{EVIL}")
    with pytest.raises(SystemExit):
        fail(Exit.USAGE, EVIL)
    printed = capsys.readouterr()
    assert is_safe(printed.out + printed.err)
    assert printed.out.startswith("one\n")
