"""How transactions differ from an earlier moment, as one query over the change feed. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ..transactions import TRANSACTIONS
from .view import Column, View

WAREHOUSE_ONLY = ("first_seen_at", "changed_at", "row_hash")  # not in `before` and `after` of the feed
_FEED = ", ".join(
    f"'{name}', transactions.{name}::VARCHAR" for name in TRANSACTIONS.names if name not in WAREHOUSE_ONLY
)
TEXTS = ("type", "account_id", "inflow_account_id", "outflow_account_id")
DAYS = ("trade_date", "value_date")
AMOUNTS = ("account", "inflow_account", "outflow_account")


def _values() -> Iterator[str]:
    for name in TEXTS:
        yield f"coalesce(after, before) ->> '{name}' AS {name}"
    for name in DAYS:
        yield f"(coalesce(after, before) ->> '{name}')::DATE AS {name}"
    for name in AMOUNTS:
        for side in ("before", "after"):
            yield f"({side} ->> '{name}_amount')::DECIMAL(38, 12) AS {name}_amount_{side}"


def _amounts() -> Iterator[Column]:
    for name in AMOUNTS:
        what = "Amount booked" if name == "account" else f"fx-spot: amount of the {name.replace('_', ' ')}"
        unit = "account currency" if name == "account" else f"currency of the {name.replace('_', ' ')}"
        yield Column(name=f"{name}_amount_before", description=f"{what}, at that moment", unit=unit)
        yield Column(name=f"{name}_amount_after", description=f"{what}, now", unit=unit)


# All changes of one run have the same time: an id that moved between accounts was removed, then added. The first step
# has the row as it was at the moment. The feed does not have rows of a first load, but their first_seen_at does.
_SQL = f"""\
WITH steps AS (
    SELECT id, changed_at, op, late, before,
        row_number() OVER (PARTITION BY id ORDER BY changed_at, op <> 'removed', op <> 'added') AS step
    FROM aleta.transaction_changes
    WHERE changed_at > moment::TIMESTAMPTZ
), was AS (
    SELECT id,
        max(changed_at) AS changed_at,
        bool_or(op = 'removed') AS left_once,
        bool_or(late) AS late,
        any_value(before) FILTER (step = 1) AS before
    FROM steps
    GROUP BY id
), sides AS (
    SELECT
        coalesce(transactions.id, was.id) AS id,
        coalesce(transactions.changed_at, was.changed_at) AS changed_at,
        coalesce(was.late, false) AS late,
        CASE WHEN was.left_once OR transactions.first_seen_at <= moment::TIMESTAMPTZ THEN was.before END AS before,
        CASE WHEN transactions.id IS NOT NULL THEN json_object({_FEED}) END AS after
    FROM (FROM aleta.transactions WHERE changed_at > moment::TIMESTAMPTZ) AS transactions
    FULL JOIN was ON was.id = transactions.id
), compared AS (
    SELECT *,
        CASE WHEN before IS NOT NULL AND after IS NOT NULL THEN
            list_filter(json_keys(after), lambda name: (before ->> name) IS DISTINCT FROM (after ->> name))
        END AS columns_changed
    FROM sides
    WHERE before IS NOT NULL OR after IS NOT NULL
)
SELECT
    id,
    CASE WHEN before IS NULL THEN 'added' WHEN after IS NULL THEN 'removed' ELSE 'modified' END AS op,
    changed_at,
    late,
    columns_changed,
    {", ".join(_values())},
    before,
    after
FROM compared
WHERE columns_changed IS NULL OR len(columns_changed) > 0"""  # noqa: S608 - of names in a schema

CHANGES_SINCE = View(
    name="changes_since",
    description="How transactions differ from an earlier moment, one row per id: as it was then and as it is now",
    notes=(
        "A table macro: call it with a moment, as text with a zone or as a TIMESTAMPTZ.",
        "Rows that were changed back, or added and removed again, are not listed: transaction_changes has every step.",
        "Rows of an account's first load are listed as added; transaction_changes does not have them.",
        "One of these that was removed since is listed as removed, also where the moment is before that load.",
        "To read incrementally, keep max(started_at) of sync_runs from the same file and pass it the next time.",
        "Do not pass the time of reading: a run dates its changes at its start and publishes them at its end.",
        "If the file is attached, USE it first: DuckDB resolves a macro's tables in the current database.",
    ),
    columns=(
        Column(name="id", description="The transaction"),
        Column(name="op", description="added, modified or removed"),
        Column(name="changed_at", description="When a run last saw it change", unit="UTC"),
        Column(name="late", description="Whether any of its changes was in days that were already covered"),
        Column(name="columns_changed", description="If modified, the names of the columns that differ"),
        Column(name="type", description="The kind, as in the API; if removed, its last known value, as below"),
        Column(name="account_id", description="The account it is booked on; null for an fx-spot"),
        Column(name="inflow_account_id", description="fx-spot: the account that receives"),
        Column(name="outflow_account_id", description="fx-spot: the account that pays"),
        Column(name="trade_date", description="Day of the trade", unit="day"),
        Column(name="value_date", description="Day the account is debited or credited", unit="day"),
        *_amounts(),
        Column(name="before", description="The complete row at that moment, as in transaction_changes; null if added"),
        Column(name="after", description="The complete row now, likewise; null if removed"),
    ),
    reads=("transaction_changes", "transactions"),
    takes="moment",
    sql=_SQL,
    question="What changed since the run that began on 1 June 2026 at two in the morning?",
    example="""\
SELECT
    op,
    id,
    type,
    late,
    columns_changed,
    account_amount_before::DECIMAL(18, 2) AS before,
    account_amount_after::DECIMAL(18, 2) AS after
FROM aleta.changes_since('2026-06-01 02:00:00+00')
ORDER BY ALL""",
)
