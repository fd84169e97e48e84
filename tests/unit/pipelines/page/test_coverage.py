"""Coverage: how far behind, and what comes first."""

from __future__ import annotations

from datetime import date

from pipelines.page.coverage import spans

TODAY = date(2026, 11, 24)


def row(resource, through="2026-11-23", never=0):
    return {
        "resource": resource,
        "parents": 4,
        "from_date": "2020-01-01",
        "all_through": through,
        "oldest_verified_at": None,
        "never_read_whole": never,
    }


def covered(*rows, in_time=None):
    return spans({"coverage": list(rows), "in_time": in_time or {}, "by_day": ["daily"]}, today=TODAY)


def test_what_is_furthest_behind_comes_first_then_what_was_never_read_whole():
    """Else by name; what is read day by day is never read whole, and that is as it should be."""
    found = covered(
        row("b"), row("a"), row("daily", never=4), row("unread", never=2), row("late", "2026-11-01"), row("none", None)
    )

    assert [span.resource for span in found] == ["none", "late", "unread", "a", "b", "daily"]
    assert [span.is_behind for span in found] == [True, True, False, False, False, False]
    assert [span.is_unread for span in found] == [False, False, True, False, False, False]


def test_days_behind_are_counted_to_today():
    """Yesterday is one; two are usual before the nightly run, three are not."""
    found = covered(row("a", "2026-11-23"), row("b", "2026-11-22"), row("c", "2026-11-21"), row("d", None))

    assert [(span.behind, span.is_behind) for span in found] == [(None, True), (3, True), (2, False), (1, False)]


def test_the_share_read_whole_in_time_is_of_the_parents():
    """In per cent, rounded down; there is none where it is read day by day."""
    found = {span.resource: span.share for span in covered(row("a"), row("b"), row("daily"), in_time={"a": 3})}

    assert found == {"a": 75, "b": 0, "daily": None}
