"""What every command shares: options, output, exit by an error, signals. Imports nothing heavy."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from sources.aleta.safe_text import printable

from ..report.report import Exit, Json
from .stdout import is_utf_8, writing

log = logging.getLogger(__name__)
Function = TypeVar("Function", bound=Callable[..., Any])  # what click makes a command of


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What the options before the command say."""

    config: Path
    debug: bool
    log_format: str

    @property
    def log_options(self) -> Sequence[str]:
        """The options to call the program with again, for a log like this one's."""
        return [*(["--debug"] if self.debug else []), "--log-format", self.log_format]


class Day(click.ParamType[datetime]):
    """A day as `2026-01-31`, at its midnight."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return datetime.strptime(f"{value}", "%Y-%m-%d")  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.fail(f"{value!r} is no day: give year, month and day as in 2026-01-31", param, ctx)


def ids_option(flag: str, name: str, *, shown: str) -> Callable[[Function], Function]:
    """An option of ids, which may be given again. An empty one, as of a script's variable that is not set, is none."""
    return click.option(flag, name, multiple=True, metavar="ID", callback=_without_empty, help=shown)


def _without_empty(_: click.Context, __: click.Parameter, ids: Sequence[str]) -> Sequence[str]:
    if not all(ids):
        raise click.BadParameter("an id cannot be empty")
    return ids


day = Day()
tenants_argument = click.argument("tenants", nargs=-1, metavar="[TENANT]...")
clients_option = ids_option(
    "--client", "clients", shown="Only this client and what hangs below it; may be given again."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, and nothing else.")


def output(document: Json | str) -> None:
    """Print a command's report to stdout, whatever names and words it holds (rule S2).

    JSON is read as UTF-8 (RFC 8259): a stdout of another encoding gets ASCII, which is the same in both.
    """
    with writing() as stdout:
        if isinstance(document, str):
            text = printable(document, keep="\n")
        else:
            text = _escaped(json.dumps(document, ensure_ascii=not is_utf_8(stdout), default=str))
        click.echo(text, file=stdout)


def _escaped(text: str) -> str:
    """The same JSON, with what does not print or steers a terminal written as JSON's escapes."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)


def fail(code: Exit, message: str) -> NoReturn:
    """End the program with one line on stderr."""
    log.error("%s", message)
    sys.exit(code)


STOPPING = (signal.SIGINT, signal.SIGTERM)


def stop_on_signals() -> tuple[threading.Event, Callable[[], Exit | None]]:
    """An event that SIGINT and SIGTERM set, and the exit code of the one that came. A second one ends at once."""
    stop = threading.Event()
    came: list[Exit] = []

    def end(number: int, _: object) -> None:
        log.error("%s came twice: what was not committed is read again by the next run", signal.Signals(number).name)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def handle(number: int, _: object) -> None:
        for either in STOPPING:
            signal.signal(either, end)
        came.append(Exit(128 + number))
        stop.set()

    for number in STOPPING:
        signal.signal(number, handle)
    return stop, lambda: came[0] if came else None
