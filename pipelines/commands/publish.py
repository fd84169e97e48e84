"""`publish`: the analysts' copies again, from what is committed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from ..invocation.invocation import Invocation, output, tenants_argument
from ..invocation.tenants import chosen
from ..publish.publish import NO_COPY, Published, PublishError, publish_tenant
from ..report.problem_lines import log_problems
from ..report.report import Exit, Problem, most_severe
from ..run.aftermath import journal
from ..run.errors.failures import as_problem, explained
from ..run.machine.lock import TenantLock
from ..settings import TenantSettings
from ..warehouse.warehouse import Warehouse


@click.command()
@tenants_argument
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str]) -> None:
    """Write the analyst's copy from what is committed."""
    exits = [Exit.COMPLETE]
    for tenant, line, problem, code in run(chosen(invocation, tenants)):
        output(f"{tenant}: {line}")
        if problem:
            log_problems(tenant, [problem])
        exits.append(code)
    sys.exit(most_severe(exits))


def run(tenants: Sequence[TenantSettings]) -> Iterator[tuple[str, str, Problem | None, Exit]]:
    """Publish each tenant, one after the other: its name, what was done, why not all of it was, how it ended."""
    for tenant in tenants:
        try:
            done = _publish(tenant)
        except Exception as error:  # noqa: BLE001 - one tenant's failure is its own (F3)
            reason = explained(error, tenant=tenant.name, folder=tenant.folder)
            yield tenant.name, "not published", reason, Exit.FAILED
            continue
        problem = as_problem(done.problem) if done.problem else None
        yield tenant.name, _line(done), problem, Exit.PARTIAL if problem else Exit.COMPLETE


def _publish(tenant: TenantSettings) -> Published:
    with TenantLock(tenant.folder / "lock", command="publish"):
        warehouse = Warehouse(tenant.name, tenant.folder, destination=tenant.destination)
        if warehouse.remote and not tenant.publish:
            return Published(written=(), unchanged=(), paths={})
        if warehouse.remote:
            raise PublishError(NO_COPY.format(place=warehouse.place))
        if not warehouse.is_lost:
            warehouse.recover()
        done = publish_tenant(tenant, warehouse.file)
        if not done.problem:
            journal.note_published(tenant.folder)
        return done


def _line(done: Published) -> str:
    written = [f"{done.paths[copy]} written" for copy in done.written]
    unchanged = [f"{copy} unchanged" for copy in done.unchanged]
    return "; ".join([*written, *unchanged]) or "nothing written"
