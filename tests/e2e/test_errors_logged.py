"""Every error is a line of the log, with `--json` too; stdout holds nothing but the report."""

from __future__ import annotations

import json

import duckdb
import pytest

from tests.e2e.program import Ended


def test_errors_are_on_stderr_in_words_too(program):
    """Without `--json` the report says what failed and for whom; there is no traceback."""
    program.rewrite("kid-acme", "kid-acne")

    ended = program.run("sync")

    assert ended.exit == 3
    assert "kid is unknown" in ended.out + ended.err
    assert "acme" in ended.out


def test_nothing_but_the_report_is_on_stdout_when_a_run_fails(program):
    """`--json` stays one document whatever happens."""
    program.rewrite("kid-acme", "kid-acne")

    ended = program.run("sync", "--json")

    assert json.loads(ended.out)["status"] == "failed"
    with pytest.raises(duckdb.IOException):
        program.rows("SELECT 1")


def error_lines(ended: Ended) -> list[str]:
    return [line for line in ended.err.splitlines() if " ERROR " in line]


def test_errors_are_on_stderr_with_json_too(program):
    """Contract: one ERROR line says what failed, for whom, and what to do."""
    program.rewrite("kid-acme", "kid-acne")

    [line] = error_lines(program.run("sync", "--json"))

    assert "acme: [auth] " in line
    assert "kid is unknown" in line


def test_an_account_that_is_forbidden_is_an_error_line(synced):
    """Tenant, resource, account and window, and what to do; the JSON names it too."""
    account = min(synced.box.truth("acme").accounts)
    synced.box.faults.script("403", path_contains=f"accountId={account}", times=1000)

    ended = synced.run("sync", "--json")

    [error] = [error for error in ended.errors() if error["code"] == "forbidden"]
    [line] = error_lines(ended)
    assert ended.exit == 4
    assert all(part in line for part in ("acme: [forbidden] transactions of", account, error["from_date"], "kept"))


def test_a_log_of_json_has_an_object_a_line(program):
    """`--log-format json` before the command: each record by itself, problems with their parts."""
    program.rewrite("kid-acme", "kid-acne")

    ended = program.run("--log-format", "json", "sync", "--json")

    records = [json.loads(line) for line in ended.err.splitlines()]
    assert [record["code"] for record in records if record["level"] == "ERROR"] == ["auth"]
    assert {"time", "level", "logger", "message"} <= set.intersection(*map(set, records))
