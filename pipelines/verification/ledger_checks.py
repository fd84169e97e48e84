"""What needs no request: whether receipts cover every mark without a gap, and whether keys are unique."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from schemas.ledger import SYNC_MARKS, SYNC_WINDOWS
from schemas.table import name_of
from sources.aleta.catalogue.endpoint import Endpoint

from ..warehouse.store import Store

GAPS = """
    WITH receipts AS (
        SELECT resource, parent_id, from_date, to_date, max(to_date) OVER (
            PARTITION BY resource, parent_id ORDER BY from_date, to_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
        FROM {sync_windows} WHERE status = 'complete'),
    ends AS (
        SELECT resource, parent_id, min(from_date) AS first, max(to_date) AS last FROM receipts GROUP BY ALL)
    SELECT m.resource, m.parent_id, 'there is a gap in its receipts before ' || r.from_date
    FROM {sync_marks} m JOIN receipts r USING (resource, parent_id)
    WHERE r.from_date > r.reached + 1 AND r.from_date > m.from_date AND r.reached < m.through_date
    UNION ALL
    SELECT m.resource, m.parent_id, 'its receipts do not cover ' || m.from_date || ' to ' || m.through_date
    FROM {sync_marks} m LEFT JOIN ends e USING (resource, parent_id)
    WHERE m.from_date IS NOT NULL AND (e.first IS NULL OR e.first > m.from_date OR e.last < m.through_date)"""


def ledger_faults(
    store: Store, endpoints: Iterable[Endpoint], *, parents: Mapping[str, Collection[str]] | None = None
) -> list[str]:
    """What receipts, marks and keys get wrong, as sentences; empty when nothing is wrong.

    Args:
        parents: for each resource, whose receipts and marks are looked at; None: everybody's.
    """
    sql = GAPS.format(sync_marks=store.rows(SYNC_MARKS), sync_windows=store.rows(SYNC_WINDOWS))
    faults = [
        f"{resource} {parent}: {fault}"
        for resource, parent, fault in store.sql.execute(sql).fetchall()
        if parents is None or parent in parents.get(resource, ())
    ]
    return faults + [
        f"{name_of(schema)}: {repeated} duplicate keys"
        for endpoint in endpoints
        for schema in endpoint.schemas
        if (repeated := store.repeated(schema))
    ]
