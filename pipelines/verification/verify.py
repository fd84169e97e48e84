"""`verify`, tenant by tenant."""

from __future__ import annotations

from collections.abc import Sequence

from ..report.problem_lines import log_problems
from ..report.report import TenantReport
from ..run.errors import failures
from ..run.machine.lock import TenantLock
from ..run.tools import Tools
from ..settings import TenantSettings
from ..warehouse.destinations.naming import place_of
from .statement import Verdict, Verification
from .stored import check_stored
from .verification import Verifier


def run(tenants: Sequence[TenantSettings], tools: Tools, *, sample: int | None, clients: Sequence[str] = ()) -> Verdict:
    """Verify each tenant, one after the other.

    Args:
        sample: windows to read of each table of each; None for the whole history of every account.
        clients: only these, and what hangs below them; empty: all.
    """
    return Verdict(tenants=[_verify(tenant, tools, sample, tuple(dict.fromkeys(clients))) for tenant in tenants])


def _verify(tenant: TenantSettings, tools: Tools, sample: int | None, clients: Sequence[str]) -> Verification:
    report = TenantReport(tenant=tenant.name, kind="verify", clients=clients)
    is_remote = tenant.destination != "duckdb"
    place = place_of(tenant.name, tenant.destination) if is_remote else f"{tenant.folder}"
    found = Verification(
        tenant=tenant.name,
        address=_address(tenant),
        warehouse=place,
        at=tools.clock.now(),
        report=report,
        track=tenant.track,
    )
    try:
        check_stored(tenant)
        with TenantLock(tenant.folder / "lock", command="verify") as lock:
            Verifier(tenant, tools, found).run(sample, owner=lock.owner)
    except Exception as error:  # noqa: BLE001 - one tenant's failure is its own (F3)
        failures.name(error, report, tenant=tenant.name, folder=tenant.folder)
    log_problems(tenant.name, [*report.errors, *found.findings])
    return found


def _address(tenant: TenantSettings) -> str:
    return f"{tenant.v1_url} (what v1 lacks: {tenant.api_url})" if tenant.track == "v1" else tenant.api_url
