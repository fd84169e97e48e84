"""When a run drops old receipts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from pipelines.report.report import Exit
from pipelines.run.tenant_run import TenantRun

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fatal", "days", "dropped"),
    [
        pytest.param(None, 400, [NOW - timedelta(days=400)], id="well"),
        pytest.param(None, 0, [], id="all-are-kept"),
        pytest.param(Exit.FAILED, 400, [], id="failed"),
        pytest.param(Exit.AUTH, 400, [], id="refused"),
    ],
)
def test_m6_a_run_that_the_api_refused_drops_no_receipts(fatal, days, dropped):
    """Its clock may be years ahead, and then receipts of this very day are old."""
    before: list[datetime] = []
    run = SimpleNamespace(
        _tenant=SimpleNamespace(keep_windows_days=days),
        _report=SimpleNamespace(fatal=fatal),
        _horizon=SimpleNamespace(now=NOW),
    )
    warehouse = SimpleNamespace(drop_receipts=lambda *, before: dropping(before))
    dropping = before.append

    TenantRun._forget(run, warehouse)

    assert before == dropped
