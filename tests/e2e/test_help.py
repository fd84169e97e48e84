"""`--help`, and mistakes on the command line."""

from __future__ import annotations

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
    """Usage errors are click's, with what there is instead."""
    ended = program.run(*args)

    assert (ended.exit, ended.out) == (2, "")
    assert "Usage: " in ended.err
    assert program.box.requests == []
