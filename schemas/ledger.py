"""The sync's own tables: runs, receipts of the windows read, marks, drift, and webhook deliveries. Pure."""

from __future__ import annotations

from .table import instant, own_count, own_day, own_text, table

SYNC_RUNS = table(
    "sync_runs",
    "One row per run, including runs that failed or were killed (status running, ended_at null)",
    [
        own_text("run_id", "Id of the run"),
        own_text("kind", "sync or backfill"),
        own_text("clients", "Ids of the clients that it was limited to (--client), with blanks between; null: all"),
        instant("started_at", "When it began"),
        instant("ended_at", "When it ended; null while it runs, or if it was killed"),
        own_text("status", "running, complete, partial, failed or stopped"),
        own_count("requests", "Requests sent, retries included"),
        own_count("retries", "Requests sent again"),
        own_count("rows_read", "Rows read"),
        own_count("added", "Rows added"),
        own_count("modified", "Rows modified"),
        own_count("removed", "Rows removed"),
        own_count("errors", "Errors in the report"),
        own_text("version", "Version of aleta-sync"),
        own_text(
            "cap_rule",
            "What counted as whole. one constant cap: fewer rows than the most. strict: equal parts. pages"
            " to the last: v1 says which page is the last",
        ),
        own_count("trials", "Answers read again in parts, which showed the same rows"),
        own_text("trials_bound", "What the trials say of all answers of the run; null where there were none"),
    ],
    key=("run_id",),
)

SYNC_WINDOWS = table(
    "sync_windows",
    "Receipts: one per window read, append only. The complete windows of a parent cover the span of its mark",
    [
        own_text("run_id", "The run that read it"),
        own_text("resource", "The table it fills"),
        own_text("parent_id", "Id of the parent whose rows were read: account, reporting entity, instrument ..."),
        own_day("from_date", "First day requested"),
        own_day("to_date", "Last day requested"),
        own_count("rows", "Rows in the answer"),
        own_text("status", "complete: kept. split: dropped, its parts were read. quarantined: not proven complete"),
        own_text("reason", "Why it was split or quarantined"),
        instant("fetched_at", "When the answer came"),
        own_text("track", "The API version that answered: v1, v2 or v3"),
        own_count("pages", "Pages that the answer came in; those that answered 304 count too"),
    ],
    key=("run_id", "resource", "parent_id", "from_date", "to_date", "status"),
)

SYNC_MARKS = table(
    "sync_marks",
    "The span proven complete, per resource and parent",
    [
        own_text("resource", "The table"),
        own_text("parent_id", "Id of the parent"),
        own_day("from_date", "First day proven complete; null where nothing is proven any more"),
        own_day("through_date", "Last day proven complete; null likewise"),
        instant("verified_at", "When the whole history was last read; null until the first load is complete"),
    ],
    key=("resource", "parent_id"),
)

SYNC_DRIFT = table(
    "sync_drift",
    "Attributes that no schema has: their values are in `extra`, none is lost. docs/drift.md: how to promote them",
    [
        own_text("resource", "The table"),
        own_text("name", "The attribute or relationship, as named in the API"),
        instant("first_seen_at", "The run that first saw it"),
        own_count("rows", "Rows of the package that first had it"),
    ],
    key=("resource", "name"),
)

WEBHOOK_DELIVERIES = table(
    "webhook_deliveries",
    "Webhooks that `serve` accepted, written by the sync that took them up",
    [
        own_text("webhook_id", "Id of the delivery, the same when it is sent again"),
        own_text("tenant", "The tenant it was sent for"),
        own_text("type", "What it announces: calculated_data.created"),
        own_text("client_id", "The client whose figures are new; null where it names none"),
        instant("received_at", "When it was first accepted"),
        instant(
            "synced_at",
            "When the run had synced the client; null if a part could not be read, or the type announces no figures",
        ),
        own_text("run_id", "The run that took it up"),
    ],
    key=("webhook_id",),
)
