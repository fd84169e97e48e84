"""Mistakes on the command line: each is one line of the log, in click's own words."""

from __future__ import annotations

from typing import NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from ..report.report import Exit
from .invocation import fail

ENDS = (".", "?", "!")


def refuse(error: click.ClickException) -> NoReturn:
    """End the program; who names no command is shown the help, which click prints.

    Raises:
        NoArgsIsHelpError: for click.
    """
    if isinstance(error, NoArgsIsHelpError):
        raise error
    fail(Exit(error.exit_code), one_line(error))


def one_line(error: click.ClickException) -> str:
    """What is wrong, and where its options are explained, in place of click's four lines. Pure."""
    said = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx is not None:
        stop = "" if said.endswith(ENDS) else "."
        return f"{said}{stop} `{error.ctx.command_path} --help` shows what there is."
    return said
