"""`backfill`: reads a span again, both ends included, next to a mark that it neither moves back nor outruns."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import click

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import By, Endpoint, with_parents
from sources.aleta.planning.windows import Window

from ..invocation.invocation import Invocation, day, fail, ids_option, json_option, output, tenants_argument
from ..invocation.stdout import writing
from ..invocation.tenants import chosen
from ..invocation.tools import tools
from ..ledger.ledger import Ledger
from ..ledger.readings import Horizon, Reading
from ..report.report import Exit
from ..report.text import show
from ..run.job import Job
from ..run.sync import run
from ..settings import TenantSettings, did_you_mean


@click.command()
@click.option("--from", "first", type=day, metavar="DATE", required=True, help="First day to read.")
@click.option("--to", "last", type=day, metavar="DATE", required=True, help="Last day to read; it is read too.")
@ids_option("--account", "accounts", shown="Only this account; may be given again.")
@click.option("--resource", "resources", multiple=True, metavar="TABLE", help="Only this table; may be given again.")
@tenants_argument
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    tenants: Sequence[str],
    *,
    first: datetime,
    last: datetime,
    accounts: Sequence[str],
    resources: Sequence[str],
    as_json: bool,
) -> None:
    """Read a span again, both ends included."""
    if first > last:
        fail(Exit.USAGE, f"--from {first:%Y-%m-%d} lies after --to {last:%Y-%m-%d}: swap them")
    settings = chosen(invocation, tenants, keys=True)
    _check(resources, accounts, settings)
    with tools() as (given, stopped):
        span = Window(first.date(), last.date())
        report = run(settings, given, job=job(span, accounts=accounts, resources=resources))
    if as_json:
        output(report.to_json())
    else:
        with writing() as stdout:
            show(report, stdout)
    sys.exit(stopped() or report.exit)


def _check(resources: Sequence[str], accounts: Sequence[str], tenants: Sequence[TenantSettings]) -> None:
    """That there is something to read again: a run that asks for nothing must not be complete."""
    spans = [endpoint.name for endpoint in CATALOGUE.values() if endpoint.dates and endpoint.dates.by is not By.WHOLE]
    for name in resources:
        if name not in spans:
            meant = did_you_mean(name, spans)
            fail(Exit.USAGE, f"--resource {name} has no days to read again: name one of {', '.join(spans)}.{meant}")
        if accounts and CATALOGUE[name].parent != "accounts":
            fail(Exit.USAGE, f"--resource {name} does not hang below accounts: leave out --account")
        for tenant in tenants:
            if name not in {endpoint.name for endpoint in with_parents(tenant.resources, CATALOGUE)}:
                fail(Exit.USAGE, f"--resource {name} is not among the resources of tenant {tenant.name}: add it there")
    for tenant in tenants:
        endpoints = with_parents(tenant.resources, CATALOGUE)
        if not any(_is_read(endpoint, accounts=accounts, resources=resources) for endpoint in endpoints):
            of, remedy = ("of accounts ", "") if accounts else ("", ", or name one of days with --resource")
            fail(
                Exit.USAGE,
                f"tenant {tenant.name} has no table {of}that is asked for by spans: leave it out{remedy}",
            )


def job(span: Window, *, accounts: Sequence[str] = (), resources: Collection[str] = ()) -> Job:
    """A run that reads *span* again.

    The mark grows where the span touches it; where it does not, the span is remembered beside it, and the gap between
    is closed by the next full read (rule M1).

    Args:
        span: both ends included.
        accounts: only these; then nothing that hangs below anything else.
        resources: only these; without any, all that is asked for by spans. What is asked for day by day costs a
            request a day and parent, so it is read only when it is named; what is asked for whole has no spans.
    """

    def choose(ledger: Ledger, endpoint: Endpoint, listed: Sequence[str], _: Horizon) -> Mapping[str, Reading]:
        if not _is_read(endpoint, accounts=accounts, resources=resources):
            return {}
        chosen = [parent for parent in listed if not accounts or parent in accounts]
        return {parent: Reading(span=span, mark=ledger.mark(endpoint.name, parent), whole=False) for parent in chosen}

    return Job(kind="backfill", choose=choose, only=tuple(accounts), revisits=False)


def _is_read(endpoint: Endpoint, *, accounts: Sequence[str], resources: Collection[str]) -> bool:
    """Whether a backfill of these reads any of it again."""
    by = endpoint.dates.by if endpoint.dates else By.WHOLE
    wanted = endpoint.name in resources if resources else by is By.SPAN
    return wanted and by is not By.WHOLE and (not accounts or endpoint.parent == "accounts")
