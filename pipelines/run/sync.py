"""The nightly run: everything new, changed or gone since the last one. Tenants side by side, each on its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from uuid import uuid4

from sources.aleta.errors import StoppedError

from ..report.problem_lines import log_problems
from ..report.report import Counts, Exit, Problem, RunReport, TenantReport
from ..settings import TenantSettings
from ..warehouse.warehouse import Warehouse
from .aftermath import aftermath, journal
from .aftermath.notices import Notice
from .errors import failures, unproven
from .job import SYNC, Job
from .machine.lock import TenantLock
from .tenant_run import TenantRun
from .tools import Tools
from .turns import most_overdue_first, take_turns


def run(tenants: Sequence[TenantSettings], tools: Tools, *, job: Job = SYNC) -> RunReport:
    """Run *job* for all *tenants*, `tenants_at_once` side by side; the failure of one does not touch the others.

    Rules C3, C6, F3. The report has them in the order of *tenants*.
    """
    notices: list[Notice] = []
    reports = {tenant.name: _of_no_run(tenant, job) for tenant in tenants}

    def take_turn(tenant: TenantSettings) -> None:
        report = _blank(tenant, job, run_id=uuid4().hex)
        try:
            _run_one(tenant, tools, job, report, notices)
        except Exception as error:  # noqa: BLE001 - what fails beside a run ends neither the turns nor the others (F3)
            failures.name(error, report, tenant=tenant.name)
            log_problems(tenant.name, report.errors[-1:])
        reports[tenant.name] = report

    tools.screen.expect(len(tenants))
    at_once = max((tenant.tenants_at_once for tenant in tenants), default=1)
    take_turns(most_overdue_first(tenants), take_turn, at_once=at_once, stop=tools.stop)
    aftermath.tell(notices)
    return RunReport(tenants=list(reports.values()))


def _of_no_run(tenant: TenantSettings, job: Job) -> TenantReport:
    """Failed, as every tenant is until its run has said otherwise (F3)."""
    problem = Problem(code="defect", message="its run never came to an end: run again with --debug and report it")
    report = _blank(tenant, job)
    report.fatal, report.errors = Exit.FAILED, [problem]
    return report


def _blank(tenant: TenantSettings, job: Job, *, run_id: str = "") -> TenantReport:
    """Zeros for all that is asked for: who reads a count finds one, however early the run ends."""
    return TenantReport(
        tenant=tenant.name,
        run_id=run_id,
        kind=job.kind,
        clients=job.clients,
        resources={endpoint.name: Counts() for endpoint in job.asked_for(tenant.resources)},
    )


def _run_one(tenant: TenantSettings, tools: Tools, job: Job, report: TenantReport, notices: list[Notice]) -> None:
    began_s = tools.clock.monotonic()
    progress = tools.screen.tenant(tenant.name, requests_per_minute=tenant.requests_per_minute)
    narrowed = bool(job.only or job.clients)
    entry = journal.Entry(
        run_id=report.run_id, kind=job.kind, started_at=tools.clock.now(), narrowed=narrowed, told=False
    )
    try:
        _check_not_stopped(tools.stop)
        with TenantLock(tenant.folder / "lock", command=job.kind) as lock:
            journal.append(tenant.folder, entry)
            warehouse = Warehouse(tenant.name, tenant.folder, destination=tenant.destination)
            unproven.warn(warehouse.unproven, report, tools.warned)
            with closing(warehouse), warehouse.leased(command=job.kind, owner=lock.owner):
                TenantRun(tenant, tools, job, report, progress).run(warehouse)
    except Exception as error:  # noqa: BLE001 - one tenant's failure is its own (F3); failures.name tells a defect
        failures.name(error, report, tenant=tenant.name, folder=tenant.folder)
    report.duration_s = tools.clock.monotonic() - began_s
    if said := aftermath.leave(tenant, report, entry, now=tools.clock.now()):
        notices.append(said)
    progress.stage(report.status)


def _check_not_stopped(stop: threading.Event) -> None:
    """Nothing is begun any more once a signal came."""
    if stop.is_set():
        raise StoppedError("stopped before it began")
