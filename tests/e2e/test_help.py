"""`--help`, and mistakes on the command line."""

from __future__ import annotations

import json
import re

import pytest

COMMANDS = (
    "init",
    "sync",
    "backfill",
    "plan",
    "verify",
    "status",
    "report",
    "publish",
    "check",
    "keys",
    "sandbox",
    "demo",
)


def test_help_names_every_command(installed):
    """`--help` lists the commands of the contract, and needs no configuration."""
    ended = installed.run("--help", config=False)

    assert ended.exit == 0
    assert set(COMMANDS) <= set(re.findall(r"^  ([a-z]+) ", ended.out, re.MULTILINE))


@pytest.mark.parametrize("args", [("nightly",), ("sync", "--fast"), ("backfill",), ("keys", "generate")])
def test_a_mistake_on_the_command_line_is_exit_2(program, args):
    """One ERROR line in click's words, and where the options are explained; no request."""
    ended = program.run(*args)

    [line] = ended.err.splitlines()
    assert (ended.exit, ended.out) == (2, "")
    assert " ERROR " in line
    assert re.search(r"`aleta-sync( \w+)* --help` shows what there is\.$", line)
    assert program.box.requests == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["backfill", "--from", "2026-02-30", "--to", "2026-03-01"], "'2026-02-30' is no day"),
        (["verify", "--all", "--sample", "5"], "name one of them"),
        (["sync", "--client", ""], "an id cannot be empty"),
        (["sync", "--fast"], "No such option '--fast'"),
        (["upload", "account-holdings", "acme"], "Expected KIND FILE TENANT"),
        (["keys", "generate"], "Missing option '--out'"),
        (["--colour", "sync"], "No such option '--colour'"),
        (["--debug=2", "sync"], "--debug"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_mistake_is_an_object_of_a_json_log(program, args, said):
    """Who collects the log as JSON can parse every line, also where the log was not yet set up."""
    ended = program.run("--log-format", "json", *args)

    [record] = [json.loads(line) for line in ended.err.splitlines()]
    assert (ended.exit, record["level"]) == (2, "ERROR")
    assert said in record["message"]


def test_who_gives_nothing_is_shown_the_help(program):
    """Exit 2, as it always was; a command was forgotten, and these are the commands."""
    ended = program.run(config=False)

    assert (ended.exit, ended.out) == (2, "")
    assert ended.err.startswith("Usage: aleta-sync ")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["snyc"], "No such command 'snyc'. Did you mean sync?", id="command"),
        pytest.param(
            ["keys", "generat"], "No such command 'generat'. Did you mean 'generate'?", id="command of a group"
        ),
        pytest.param(["sync", "--clinet", "x"], "No such option '--clinet'. Did you mean '--client'?", id="option"),
        pytest.param(["nonsense"], "No such command 'nonsense'. `aleta-sync --help`", id="nothing like it"),
        pytest.param(["s\x1b[31m"], "No such command 's\\x1b[31m'.", id="what steers a terminal"),
        pytest.param(
            ["backfill", "--from", "2026-01-01", "--to", "2026-01-31", "--resource", "transaction"],
            ", prices. Did you mean transactions?",
            id="table",
        ),
        pytest.param(["sync", "acne"], "tenants.acne: expected one of acme. Did you mean acme?", id="tenant"),
    ],
)
def test_a_slip_is_answered_with_what_was_probably_meant(program, args, said):
    """Exit 2, no request."""
    ended = program.run(*args)

    assert ended.exit == 2
    assert said in ended.err
    assert program.box.requests == []


def test_a_slip_in_the_names_of_tables_is_answered_too(start):
    """Before all of the names there are."""
    ended = start(aleta={"resources": ["transactoins"]}).run("plan")

    assert ended.exit == 2
    assert "not 'transactoins'. Did you mean transactions? Known are " in ended.err
