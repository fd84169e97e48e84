"""The calendar of the last 90 nights."""

from __future__ import annotations

from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from pipelines.page.nights import NIGHTS, SHAPES, calendar, sample, worst
from pipelines.page.runs import Outcome, Run

TODAY = date(2026, 11, 24)


def run(month, day, outcome=Outcome.COMPLETE, hour=2, reason=""):
    return Run(
        started_at=datetime(2026, month, day, hour, tzinfo=UTC), kind="sync", status=f"{outcome}", outcome=outcome,
        reason=reason, duration_ms=1, counts={},
    )  # fmt: skip


def night(runs):
    """The bars of the last night of a calendar, as class, left, top, width and height."""
    last = ET.fromstring(calendar(runs, today=TODAY).months[-1].svg)[-1]
    return [
        (bar.get("class"), *(float(bar.get(name)) for name in ("x", "y", "width", "height")))
        for bar in last.iter("rect")
    ]


def tips(runs):
    return [
        title.text for month in calendar(runs, today=TODAY).months for title in ET.fromstring(month.svg).iter("title")
    ]


def test_it_has_ninety_nights_a_strip_a_month():
    """Up to today; the first strip begins in the middle of its month."""
    months = calendar([], today=TODAY).months

    assert [(month.label, month.first, month.days) for month in months] == [
        ("Aug", 27, 5), ("Sep", 1, 30), ("Oct", 1, 31), ("Nov", 1, 24),
    ]  # fmt: skip
    assert sum(month.days for month in months) == NIGHTS
    assert [len(ET.fromstring(month.svg)) for month in months] == [5, 30, 31, 24]


def test_the_same_month_of_two_years_is_two_strips():
    """As it may be with a longer calendar; months are not merged by name."""
    labels = [month.label for month in calendar([], today=date(2027, 1, 5)).months]

    assert labels == ["Oct", "Nov", "Dec", "Jan"]


def test_what_came_of_a_night_is_told_by_shape_not_by_colour_alone():
    """Whole, half, broken, outlined, a dot: no two of them cover the same."""
    drawn = {outcome: [box[1:] for box in night([run(11, 24, outcome)])] for outcome in Outcome}
    drawn[None] = [box[1:] for box in night([])]

    assert len({f"{boxes}" for boxes in drawn.values()}) == len(Outcome) + 1
    assert {box[0] for box in night([run(11, 24, Outcome.FAILED)])} == {"failed"}
    assert SHAPES.keys() == set(Outcome)


def test_runs_of_one_night_stand_side_by_side_in_their_order():
    """The failed one at two, the complete one at four; neither hides the other."""
    bars = night([run(11, 24, hour=4), run(11, 24, Outcome.FAILED, hour=2)])

    assert [name for name, *_ in bars] == ["failed", "failed", "complete"]
    (_, first, _, width, _), _, (_, second, *_) = bars
    assert first + width < second
    assert tips([run(11, 24, hour=4), run(11, 24, Outcome.FAILED, hour=2)]) == [
        "Tue 24 Nov, 2 runs: 02:00 sync failed; 04:00 sync complete"
    ]


def test_of_many_runs_of_a_night_the_last_are_drawn_and_all_are_named():
    """There is no room for more."""
    hourly = [run(11, 24, hour=hour) for hour in range(24)]

    assert len(night(hourly)) == 4
    assert tips(hourly)[0].count("sync complete") == 24


def test_it_is_said_in_words():
    """A night counts as the worst of its runs; what began before is not counted."""
    runs = [run(11, 24), run(11, 24, Outcome.FAILED, hour=1), run(11, 23, Outcome.PARTIAL), run(8, 27), run(8, 26)]

    said = calendar(runs, today=TODAY).said

    assert said == "Last 90 nights: 1 complete, 1 partial, 1 failed, 87 without a run"


def test_a_reason_is_text():
    """It may come from the API."""
    month = calendar([run(11, 24, Outcome.FAILED, reason="<b>\u202e")], today=TODAY).months[-1]

    assert "<b>" not in month.svg
    assert "failed: &lt;b&gt;⟨U+202E⟩" in month.svg


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        pytest.param([], None, id="none"),
        pytest.param([Outcome.COMPLETE, Outcome.PARTIAL], Outcome.PARTIAL, id="partial"),
        pytest.param([Outcome.RUNNING, Outcome.COMPLETE], Outcome.RUNNING, id="running"),
    ],
)
def test_a_night_counts_as_its_worst_run(outcomes, expected):
    """So that nothing is hidden by what went well."""
    assert worst([run(11, 24, outcome) for outcome in outcomes]) == expected


def test_the_legend_shows_what_the_calendar_draws():
    """Each outcome, and a night without a run."""
    for outcome in (*Outcome, None):
        legend = ET.fromstring(sample(outcome))
        boxes = night([run(11, 24, outcome)] if outcome else [])
        assert [(bar.get("class"), float(bar.get("y"))) for bar in legend] == [(box[0], box[2]) for box in boxes]
