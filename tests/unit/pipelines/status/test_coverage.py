"""How far each table is proven complete: what `status`, its metric and the page say of all parents that are there."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from pipelines.status.coverage import COVERAGE, MARKS, PARENTS

WHOLE = ("2026-03-01", "2026-03-02")  # through, verified
TABLES = {kind: f"(SELECT * FROM {kind})" for kind in PARENTS} | {"sync_marks": "sync_marks"}


def coverage(accounts: dict[str, bool], marks: dict[str, tuple], resource: str = "transactions") -> list[dict]:
    """Of accounts (id: whether it is gone) and marks of *resource* (account: through, verified)."""
    with duckdb.connect() as connection:
        for kind in PARENTS:
            connection.execute(f"CREATE TABLE {kind} (id TEXT, removed_at TIMESTAMPTZ)")
        connection.execute(
            "CREATE TABLE sync_marks (resource TEXT, parent_id TEXT, from_date DATE, through_date DATE, "
            "verified_at TIMESTAMPTZ)"
        )
        for account, gone in accounts.items():
            connection.execute("INSERT INTO accounts VALUES (?, ?)", [account, "2026-02-03" if gone else None])
        for account, (through, verified) in marks.items():
            first = through and "1970-01-01"
            connection.execute(
                "INSERT INTO sync_marks VALUES (?, ?, ?, ?, ?)", [resource, account, first, through, verified]
            )
        found = connection.execute(COVERAGE.format(marks=MARKS.format(**TABLES)))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize(
    ("accounts", "marks", "parents", "through", "never"),
    [
        pytest.param({"a": False, "b": False}, {"a": WHOLE, "b": WHOLE}, 2, WHOLE[0], 0, id="all"),
        pytest.param({"a": False, "b": False}, {"a": WHOLE, "b": ("2026-02-01", None)}, 2, "2026-02-01", 1, id="part"),
        pytest.param({"a": False, "b": True}, {"a": WHOLE, "b": ("2026-02-01", None)}, 1, WHOLE[0], 0, id="gone"),
        pytest.param({"a": False, "b": True}, {"a": WHOLE}, 1, WHOLE[0], 0, id="gone-unread"),
        pytest.param({"a": False, "b": False}, {"a": WHOLE}, 2, None, 1, id="never-read"),
        pytest.param({"a": False, "b": False}, {"a": WHOLE, "b": (None, WHOLE[1])}, 2, None, 0, id="nothing-any-more"),
        pytest.param({}, {"a": WHOLE, "b": ("2026-02-01", None)}, 2, "2026-02-01", 1, id="no-table-of-parents"),
    ],
)
def test_all_through_is_the_day_that_every_parent_is_proven_to(accounts, marks, parents, through, never):
    """Of those that the API shows; of one that was never read no day is, and it counts as never read whole."""
    [found] = coverage(accounts, marks)

    assert (found["resource"], found["parents"], found["never_read_whole"]) == ("transactions", parents, never)
    assert found["all_through"] == (through and date.fromisoformat(through))
    assert found["through_date"] == date.fromisoformat(WHOLE[0])


def test_a_table_that_nobody_reads_has_no_line():
    """`resources` may leave it out, and an API may not offer it: no parent of it was ever read."""
    assert coverage({"a": False}, {}) == []


def test_a_table_whose_parents_are_all_gone_has_none_either():
    """No day of it is anybody's any more."""
    assert coverage({"a": True}, {"a": WHOLE}) == []
