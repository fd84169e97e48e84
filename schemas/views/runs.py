"""What changed, and which run saw it. Pure."""

from __future__ import annotations

from .view import Column, View

CHANGES_BY_RUN = View(
    name="changes_by_run",
    description="Every change of a transaction with the run that saw it, one row per change",
    notes=(
        "Rows of an account's first load are not listed: sync_runs counts them.",
        "A transaction that changed in three runs has three rows; changes_since compares two moments instead.",
        "An id that moved between accounts was removed and added by one run.",
    ),
    columns=(
        Column(name="run_id", description="The run that saw it"),
        Column(name="kind", description="sync or backfill"),
        Column(name="started_at", description="When the run began", unit="UTC"),
        Column(name="run_status", description="How the run ended; running or null if it was still going or was killed"),
        Column(name="changed_at", description="When the run compared this row", unit="UTC"),
        Column(name="op", description="added, modified or removed"),
        Column(name="late", description="Whether its day was already covered by an earlier run"),
        Column(name="id", description="The transaction"),
        Column(name="type", description="The kind, as in the API; if removed, its last known value, as below"),
        Column(name="account_id", description="The account it is booked on; null for an fx-spot"),
        Column(name="trade_date", description="Day of the trade", unit="day"),
        Column(name="columns_changed", description="If modified, the names of the columns that differ"),
        Column(name="account_amount_before", description="Amount booked, before", unit="account currency"),
        Column(name="account_amount_after", description="Amount booked, after", unit="account currency"),
    ),
    reads=("sync_runs", "transaction_changes"),
    sql="""\
SELECT
    changes.run_id,
    sync_runs.kind,
    sync_runs.started_at,
    sync_runs.status AS run_status,
    changes.changed_at,
    changes.op,
    changes.late,
    changes.id,
    coalesce(changes.after, changes.before) ->> 'type' AS type,
    coalesce(changes.after, changes.before) ->> 'account_id' AS account_id,
    (coalesce(changes.after, changes.before) ->> 'trade_date')::DATE AS trade_date,
    CASE WHEN changes.op = 'modified' THEN
        list_filter(
            json_keys(changes.after),
            lambda name: (changes.before ->> name) IS DISTINCT FROM (changes.after ->> name)
        )
    END AS columns_changed,
    (changes.before ->> 'account_amount')::DECIMAL(38, 12) AS account_amount_before,
    (changes.after ->> 'account_amount')::DECIMAL(38, 12) AS account_amount_after
FROM aleta.transaction_changes AS changes
LEFT JOIN aleta.sync_runs USING (run_id)""",
    question="What did each night change, and how much of it in days that were already covered?",
    example="""\
SELECT run_id, started_at, op, count(*) AS changes, count(*) FILTER (late) AS late, list(id ORDER BY id) AS ids
FROM aleta.changes_by_run
GROUP BY run_id, started_at, op
ORDER BY ALL""",
)
