"""The runs that the page shows: of the copy and of what failed since, each once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.page.runs import KILLED, Outcome, runs_of


def row(hour, status="complete", **more):
    return {
        "run_id": f"r{hour}",
        "kind": "sync",
        "status": status,
        "started_at": f"2026-11-24T{hour:02}:00:00+00:00",
    } | more


def test_the_last_run_is_first_wherever_it_is_listed():
    """The copy does not know of a run that failed after it was written."""
    facts = {"history": [row(1), row(3)], "failures": [row(2, "failed"), row(4, "failed")]}

    assert [run.started_at.hour for run in runs_of(facts)] == [4, 3, 2, 1]


def test_the_order_of_the_journal_stands_whatever_the_clocks_said():
    """M6: one that began by a clock far ahead is not the last for ever; what the journal lacks comes after."""
    facts = {"history": [row(1), row(2), row(5)], "failures": [row(23, "failed"), row(3, "failed")]}

    runs = runs_of(facts, ["r5", "r23", "r3"])

    assert [run.started_at.hour for run in runs] == [5, 23, 3, 2, 1]


def test_a_run_that_both_list_is_there_once_with_its_counts_and_its_reason():
    """The copy has the figures, the list of failures has the reason."""
    facts = {"history": [row(1, "failed", requests=7)], "failures": [row(1, "failed", reason="no key")]}

    [run] = runs_of(facts)

    assert (run.number("requests"), run.reason, run.failure) == (7, "no key", "failed: no key")


def test_without_an_id_the_beginning_tells_runs_apart():
    """An older copy may not have it."""
    facts = {"history": [row(1, run_id=None), row(2, run_id=None)], "failures": [row(2, "failed", run_id=None)]}

    assert len(runs_of(facts)) == 2


@pytest.mark.parametrize(
    ("status", "running", "outcome", "failure"),
    [
        pytest.param("complete", None, Outcome.COMPLETE, "", id="complete"),
        pytest.param("partial", None, Outcome.PARTIAL, "", id="partial"),
        pytest.param("stopped", None, Outcome.PARTIAL, "", id="stopped"),
        pytest.param("failed", None, Outcome.FAILED, "failed", id="failed"),
        pytest.param("running", "process 7", Outcome.RUNNING, "", id="running"),
        pytest.param("running", None, Outcome.FAILED, f"failed: {KILLED}", id="killed"),
        pytest.param("new word", None, Outcome.PARTIAL, "", id="unknown"),
    ],
)
def test_what_came_of_a_run(status, running, outcome, failure):
    """A run without an end that nobody is at was killed."""
    [run] = runs_of({"running": running, "history": [row(1, status)]})

    assert (run.outcome, run.failure) == (outcome, failure)


def test_only_the_last_run_can_be_running():
    """An earlier one without an end was killed, though another runs now."""
    facts = {"running": "process 7", "history": [row(2, "running"), row(1, "running")]}

    assert [run.outcome for run in runs_of(facts)] == [Outcome.RUNNING, Outcome.FAILED]


def test_a_run_goes_on_though_another_was_kept_out_meanwhile():
    """What `status` counts as killed does not; nor does a run before the one that goes on."""
    facts = {"running": "process 7", "history": [row(1, "running"), row(2, "running"), row(3, "running")]}
    kept_out, killed = row(4, "failed", code="locked"), row(3, "failed", code="killed")

    runs = runs_of(facts | {"failures": [kept_out, killed]})

    assert [run.outcome for run in runs] == [Outcome.FAILED, Outcome.FAILED, Outcome.RUNNING, Outcome.FAILED]


def test_a_beginning_in_another_zone_is_in_utc():
    """The page says that all times are."""
    [run] = runs_of({"history": [row(1, started_at="2026-11-24T00:30:00+02:00")]})

    assert run.started_at == datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


def test_how_long_a_run_took_is_known_from_its_ends():
    """A list of failures need not count."""
    [ended, open_end] = runs_of(
        {"failures": [row(2, "failed", ended_at="2026-11-24T02:00:05+00:00"), row(1, "failed", ended_at=None)]}
    )

    assert (ended.duration_ms, ended.took) == (5000, "5.0 s")
    assert (open_end.duration_ms, open_end.took) == (None, "not ended")
