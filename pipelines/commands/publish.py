"""`publish`: the analysts' copies again, from what is committed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from ..publish.publish import NO_COPY, PublishError, publish
from ..report.problem_lines import log_problems
from ..report.report import Exit, Problem
from ..run.failures import as_problem
from ..run.lock import TenantLock
from ..settings import TenantSettings
from ..warehouse.warehouse import Warehouse
from .invocation import Invocation, output, tenants_argument
from .tenants import chosen


@click.command()
@tenants_argument
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str]) -> None:
    """Write the analyst's copy from what is committed."""
    exits = {Exit.COMPLETE}
    for tenant, line, problem in run(chosen(invocation, tenants)):
        output(f"{tenant}: {line}")
        if problem:
            log_problems(tenant, [problem])
            exits.add(Exit.FAILED)
    sys.exit(max(exits))


def run(tenants: Sequence[TenantSettings]) -> Iterator[tuple[str, str, Problem | None]]:
    """Publish each tenant, one after the other: its name, what was done, and why it was not."""
    for tenant in tenants:
        try:
            yield tenant.name, _publish(tenant), None
        except Exception as error:  # noqa: BLE001 - one tenant's failure is its own (F3)
            yield tenant.name, "not published", as_problem(error)


def _publish(tenant: TenantSettings) -> str:
    with TenantLock(tenant.folder / "lock", command="publish"):
        warehouse = Warehouse(tenant.name, tenant.folder, destination=tenant.destination)
        if warehouse.remote:
            raise PublishError(NO_COPY.format(place=warehouse.place))
        warehouse.recover()
        done = publish(warehouse.file, tenant.folder, formats=tenant.publish)
    return "; ".join(
        [*(f"{done.paths[copy]} written" for copy in done.written), *(f"{copy} unchanged" for copy in done.unchanged)]
    )
