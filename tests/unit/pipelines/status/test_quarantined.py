"""Which quarantined windows `status` names: those of which a day was not read since."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest

from pipelines.status.standing import UNREAD

YEAR = ("2024-01-01", "2024-12-31")


ASKED = (
    "(VALUES ('transactions', 'a', {}), ('transactions', 'another', now())) AS asked(resource, parent_id, removed_at)"
)


def unread(*read: tuple[str, str, int], full: Mapping[int, int] = {5: 0}, gone: str = "NULL") -> list[int]:
    """Rows of the year as named, if it was *full* (day -> rows) and *read* since: first day, last day, when."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE windows (resource TEXT, parent_id TEXT, from_date DATE, to_date DATE, rows INTEGER, "
            "status TEXT, reason TEXT, fetched_at TIMESTAMPTZ)"
        )
        receipts = [
            *(("a", *YEAR, rows, "quarantined", day) for day, rows in full.items()),
            *(("a", first, last, 0, "complete", day) for first, last, day in read),
            ("another", *YEAR, 0, "complete", 9),
        ]
        for *receipt, day in receipts:
            connection.execute(
                "INSERT INTO windows VALUES ('transactions', ?, ?, ?, ?, ?, NULL, ?)", [*receipt, f"2026-01-{day:02}"]
            )
        named = connection.execute(
            f"SELECT rows FROM ({UNREAD.format(sync_windows='windows', asked=f'(FROM {ASKED.format(gone)})')})"
        )
        return [rows for (rows,) in named.fetchall()]


@pytest.mark.parametrize(
    ("read", "named"),
    [
        pytest.param([(*YEAR, 6)], False, id="whole"),
        pytest.param([("2023-05-01", "2025-05-01", 6)], False, id="wider"),
        pytest.param([("2023-05-01", "2024-03-31", 6), ("2024-04-01", "2025-01-02", 6)], False, id="parts"),
        pytest.param([("2024-04-01", "2024-12-31", 6), ("2024-01-01", "2024-03-31", 7)], False, id="two-nights"),
        pytest.param([], True, id="never"),
        pytest.param([(*YEAR, 4)], True, id="before"),
        pytest.param([("2024-01-02", "2024-12-31", 6)], True, id="not-the-first-day"),
        pytest.param([("2024-01-01", "2024-12-30", 6)], True, id="not-the-last-day"),
        pytest.param([("2024-01-01", "2024-03-31", 6), ("2024-04-02", "2024-12-31", 6)], True, id="a-gap"),
        pytest.param([("2024-01-01", "2024-03-31", 6), ("2024-04-01", "2024-12-31", 4)], True, id="a-part-before"),
    ],
)
def test_a_window_is_named_until_each_of_its_days_was_read(read, named):
    """In as many windows as its rows took, once they came."""
    assert bool(unread(*read)) is named


def test_a_window_that_is_full_each_night_is_named_once():
    """As the last night found it."""
    assert unread(full={5: 250, 6: 251, 4: 249}) == [251]


def test_a_window_of_a_parent_that_is_gone_is_not_named():
    """Nothing can be read of it any more: it would need attention as long as its receipt is kept."""
    assert unread()
    assert not unread(gone="now()")
