"""What every command shares: options, output, exit by an error, signals. Imports nothing heavy."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click

from sources.aleta.safe_text import printable

from ..report.report import Exit, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What the options before the command say."""

    config: Path
    debug: bool


tenants_argument = click.argument("tenants", nargs=-1, metavar="[TENANT]...")
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, and nothing else.")


def output(document: Json | str) -> None:
    """Print a command's report to stdout, safe to show (rule S2): JSON has escapes for what no terminal should get."""
    if isinstance(document, str):
        click.echo(printable(document, keep="\n"))
        return
    text = json.dumps(document, ensure_ascii=False, default=str)
    safe = text if text.isprintable() else "".join(map(_json_letter, text))
    click.echo(safe)


def _json_letter(letter: str) -> str:
    return letter if letter.isprintable() else json.dumps(letter)[1:-1]


def fail(code: Exit, message: str) -> NoReturn:
    """End the program with one line on stderr."""
    click.echo("error: " + printable(message, keep="\n"), err=True)
    sys.exit(code)


def stop_on_signals() -> tuple[threading.Event, Callable[[], Exit | None]]:
    """An event that SIGINT and SIGTERM set, and the exit code of the one that came. A second one ends at once."""
    stop = threading.Event()
    came: list[Exit] = []

    def handle(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        came.append(Exit(128 + number))
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    return stop, lambda: came[0] if came else None
