"""What changed, and by which run."""

from __future__ import annotations

from schemas.views.example import as_feed
from tests.unit.schemas.views.memory import D, paid, rows

AT = "2026-01-05 02:00:00+00"


def changed(op, **sides):
    return {"run_id": "r1", "changed_at": AT, "op": op, "id": "t1", "late": "true", **sides}


def test_a_change_names_its_run_and_what_differs():
    """Amounts are exact; only columns that differ are named."""
    before, after = paid("t1", "2026-01-02", "1.000000000001"), paid("t1", "2026-01-02", "2", category="custody")
    found = rows(
        "SELECT run_id, kind, run_status, op, late, account_id, columns_changed, account_amount_before, "
        "account_amount_after FROM aleta.changes_by_run",
        sync_runs=[{"run_id": "r1", "kind": "backfill", "status": "complete", "started_at": AT}],
        transaction_changes=[changed("modified", before=as_feed(before), after=as_feed(after))],
    )

    names = ["account_amount", "category"]
    assert [(*row[:6], sorted(row[6]), *row[7:]) for row in found] == [
        ("r1", "backfill", "complete", "modified", True, "a1", names, D("1.000000000001"), D(2))
    ]


def test_a_change_of_a_run_that_is_not_known_is_listed_too():
    """A removal has its last known values, and names no columns."""
    found = rows(
        "SELECT run_id, kind, op, type, trade_date::VARCHAR, columns_changed, account_amount_after "
        "FROM aleta.changes_by_run",
        transaction_changes=[changed("removed", before=as_feed(paid("t1", "2026-01-02", "1", type="fee-transaction")))],
    )

    assert found == [("r1", None, "removed", "fee-transaction", "2026-01-02", None, None)]
