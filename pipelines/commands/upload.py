"""`upload`: sends a file of historical holdings to the API, or deletes what was sent."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click

from sources.aleta.clock import SystemClock

from ..invocation.invocation import Invocation, day, fail, json_option, output, stop_on_signals
from ..invocation.tenants import chosen
from ..report.progress import Screen
from ..report.report import Exit
from ..run.connect import Connector
from ..settings import TenantSettings
from ..uploads.journal import Span
from ..uploads.kinds import KINDS
from ..uploads.report import UploadReport, described
from ..uploads.upload import Uploads

log = logging.getLogger(__name__)


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("arguments", nargs=-1, metavar="[FILE] TENANT")
@click.option("--delete", "deletes", is_flag=True, help="Delete what was uploaded, instead of uploading.")
@click.option("--parent", metavar="ID", help="With --delete: of this account, or this depository.")
@click.option("--from", "first", type=day, metavar="DATE", help="With --delete: the first day.")
@click.option("--to", "last", type=day, metavar="DATE", help="With --delete: the last day; it is deleted too.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
@click.option("--again", is_flag=True, help="Send every row, also those confirmed or unknown before.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    kind: str,
    arguments: Sequence[str],
    *,
    deletes: bool,
    parent: str | None,
    first: datetime | None,
    last: datetime | None,
    dry_run: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Send a file of historical holdings to Aleta: CSV or Parquet, checked whole before the first request.

    A second run sends only what is not confirmed. Needs `writes = true` in the configuration of TENANT.
    """
    chosen_kind = KINDS[kind]
    if deletes:
        [name] = _exactly(arguments, "TENANT")
        span = _span(parent, first, last, again=again)
        _run(invocation, name, lambda uploads: uploads.delete(chosen_kind, span, dry_run=dry_run), as_json=as_json)
    if parent or first or last:
        raise click.UsageError("--parent, --from and --to go with --delete.")
    file, name = _exactly(arguments, "FILE TENANT")
    path = Path(file)
    _run(
        invocation,
        name,
        lambda uploads: uploads.upload(chosen_kind, path, again=again, dry_run=dry_run),
        as_json=as_json,
    )


def _run(invocation: Invocation, name: str, work: Callable[[Uploads], UploadReport], *, as_json: bool) -> NoReturn:
    """Do *work* for the tenant, print its report, and end the program."""
    tenant = _writable(invocation, name)
    stop, stopped = stop_on_signals()
    clock = SystemClock(stop)
    with Screen(sys.stderr, clock) as screen:
        uploads = Uploads(
            tenant=tenant,
            connect=Connector(clock=clock),
            clock=clock,
            observe=lambda settings: screen.tenant(settings.name, requests_per_minute=settings.requests_per_minute),
            stop=stop,
        )
        report = work(uploads)
    for error in report.errors:
        log.error("%s: %s %s: %s", name, report.what, report.kind, described(error))
    output(report.to_json() if as_json else report.text())
    sys.exit(stopped() or report.exit)


def _exactly(arguments: Sequence[str], names: str) -> Sequence[str]:
    if len(arguments) != len(names.split()):
        raise click.UsageError(f"Expected KIND {names}.")
    return arguments


def _span(parent: str | None, first: datetime | None, last: datetime | None, *, again: bool) -> Span:
    if not parent or not first or not last:
        raise click.UsageError("--delete needs --parent, --from and --to.")
    if again:
        raise click.UsageError("--again goes with a file.")
    if first > last:
        raise click.UsageError(f"--from {first:%Y-%m-%d} lies after --to {last:%Y-%m-%d}: swap them.")
    return Span(parent=parent, first=first.date(), last=last.date())


def _writable(invocation: Invocation, name: str) -> TenantSettings:
    [tenant] = chosen(invocation, [name], keys=True)
    if not tenant.writes:
        where = f"[tenants.{name}] of {invocation.config / 'config.toml'}"
        fail(Exit.USAGE, f"{name} is read-only: set `writes = true` in {where} to allow uploads. Nothing was sent.")
    return tenant
