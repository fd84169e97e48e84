"""The text that Prometheus reads."""

from __future__ import annotations

from datetime import datetime

from pipelines.status.prometheus import metrics
from pipelines.status.standing import Standing, Standings

AT = "2026-11-26T11:00:00+00:00"
COUNTED = {"requests": 7, "rows_read": 40, "added": 3, "modified": 2, "removed": 1, "errors": 1}
RUN = {"status": "partial", "started_at": AT, **COUNTED}
FACTS = {"synced": True, "running": None, "fresh_at": AT, "runs": [RUN], "quarantined": [{}, {}]}


def shown(*standings):
    return metrics(Standings(tenants=standings)).splitlines()


def test_a_tenant_that_was_synced():
    lines = shown(Standing(tenant="acme", facts=FACTS))
    at = f"{datetime.fromisoformat(AT).timestamp():.0f}"
    assert f'aleta_sync_last_complete_timestamp_seconds{{tenant="acme"}} {at}' in lines
    assert f'aleta_sync_last_run_timestamp_seconds{{tenant="acme"}} {at}' in lines
    assert 'aleta_sync_last_run_status{tenant="acme",status="partial"} 1' in lines
    assert 'aleta_sync_last_run_status{tenant="acme",status="complete"} 0' in lines
    assert 'aleta_sync_last_run_count{tenant="acme",what="rows_read"} 40' in lines
    assert 'aleta_sync_quarantined_windows{tenant="acme"} 2' in lines
    assert 'aleta_sync_running{tenant="acme"} 0' in lines
    assert 'aleta_sync_readable{tenant="acme"} 1' in lines


def test_what_is_not_known_has_no_sample():
    """A zero would be a lie."""
    never = Standing(tenant="new", facts={"synced": False, "running": "process 1"})
    assert [line for line in shown(never) if not line.startswith("#")] == [
        'aleta_sync_readable{tenant="new"} 1',
        'aleta_sync_running{tenant="new"} 1',
    ]


def test_a_warehouse_that_cannot_be_read():
    damaged = Standing(tenant="x", facts={"synced": True, "error": "damaged"})
    assert 'aleta_sync_readable{tenant="x"} 0' in shown(damaged)


def test_every_metric_says_what_it_is_and_text_is_escaped():
    lines = shown(Standing(tenant='a"b\\c\n', facts=FACTS))
    names = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert [line.split()[2] for line in lines if line.startswith("# TYPE")] == names
    assert 'aleta_sync_readable{tenant="a\\"b\\\\c\\n"} 1' in lines
