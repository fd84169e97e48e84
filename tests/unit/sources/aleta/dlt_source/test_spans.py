"""What the dlt source reads of each parent, and what its state may say afterwards."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from sources.aleta.catalogue.endpoint import By, DateParams
from sources.aleta.dlt_source.spans import Horizon, Spans
from sources.aleta.planning.questions import Proof
from sources.aleta.planning.trials.budget import FIRST_LOAD, NIGHT, NO_TRIALS
from sources.aleta.planning.trials.ends import Ends
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import Window

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)  # the 9th is not over everywhere: it ends at 12:00 UTC
START = date(2020, 1, 1)


def spans(state=None, start=START) -> Spans:
    horizon = Horizon(now=NOW, history_start=start, look_back_days=30, look_ahead_days=31)
    return Spans({} if state is None else state, horizon)


def window(first: str, last: str) -> Window:
    return Window(date.fromisoformat(first), date.fromisoformat(last))


def test_a_new_parent_is_read_from_the_start_to_the_look_ahead():
    """M3: whatever the others' marks are."""
    readings = spans({"from": "2020-01-01", "through": {"a": "2026-03-08"}}).readings(["b"])

    assert readings == {"b": window("2020-01-01", "2026-04-10")}


def test_a_known_parent_is_read_from_the_look_back_on():
    """D1: thirty days before the first that is not proven."""
    readings = spans({"from": "2020-01-01", "through": {"a": "2026-03-08"}}).readings(["a"])

    assert readings == {"a": window("2026-02-07", "2026-04-10")}


def test_what_a_clock_that_was_ahead_proved_is_not_believed_m6():
    """Days that are not over yet cannot be proven: their parent is read whole."""
    ahead = spans({"from": "2020-01-01", "through": {"a": "2026-09-08"}})

    assert ahead.readings(["a"]) == spans().readings(["a"])


def by_day(state: dict, *, later: int = 0, start: date = START) -> Spans:
    horizon = Horizon(now=NOW + timedelta(days=later), history_start=start, look_back_days=30, look_ahead_days=31)
    return Spans(state, horizon, DateParams(by=By.DAY))


def test_m1_days_that_no_run_has_read_are_read_by_the_next():
    """What is asked for day by day begins a week before the first run, and has no gap after it."""
    state: dict = {}
    first = by_day(state)
    assert first.readings(["a"]) == {"a": window("2026-03-03", "2026-03-10")}
    for day in range(3, 11):
        first.keep("a", window(f"2026-03-{day:02}", f"2026-03-{day:02}"))

    assert by_day(dict(state), later=2).readings(["a"]) == {"a": window("2026-03-05", "2026-03-12")}
    assert by_day(dict(state), later=20).readings(["a", "b"]) == {
        "a": window("2026-03-09", "2026-03-30"),
        "b": window("2026-03-23", "2026-03-30"),
    }


def test_f3_a_first_day_that_could_not_be_read_is_read_by_the_next_run():
    """However many days later that is; and whatever an earlier `history_start` makes of spans."""
    state: dict = {}
    first = by_day(state)
    first.readings(["a"])
    first.lose("a", window("2026-03-03", "2026-03-03"))
    first.keep("a", window("2026-03-04", "2026-03-04"))

    later = by_day(state, later=20, start=date(2019, 1, 1))

    assert later.readings(["a"]) == {"a": window("2026-03-03", "2026-03-30")}


def test_the_look_back_does_not_go_before_the_start():
    """A history shorter than the look-back is read whole."""
    assert spans({"from": "2020-01-01", "through": {"a": "2020-01-05"}}).readings(["a"])["a"].first == START


def test_a_start_after_the_look_ahead_is_one_day():
    """A window never ends before it begins."""
    assert spans(start=date(2030, 1, 1)).readings(["a"]) == {"a": window("2030-01-01", "2030-01-01")}


@pytest.mark.parametrize(
    ("start", "kept"),
    [
        pytest.param("2019-12-31", {}, id="earlier"),
        pytest.param("2020-01-01", {"a": "2026-03-08"}, id="same"),
        pytest.param("2021-01-01", {"a": "2026-03-08"}, id="later"),
    ],
)
def test_an_earlier_start_forgets_what_was_proven(start, kept):
    """What lies before the old start was never read."""
    state = {"from": "2020-01-01", "through": {"a": "2026-03-08"}}

    spans(state, date.fromisoformat(start))

    assert state == {"from": start, "through": kept}


def test_a_mark_grows_by_windows_that_touch_it_and_not_past_what_is_over():
    """M1 and M2: day by day without a gap, and never to a day that is not over everywhere."""
    state: dict = {}
    told = spans(state)

    told.keep("a", window("2020-01-01", "2022-12-31"))
    assert state["through"] == {"a": "2022-12-31"}
    told.keep("a", window("2023-01-02", "2024-12-31"))
    assert state["through"] == {"a": "2022-12-31"}
    told.keep("a", window("2023-01-01", "2026-04-10"))
    assert state["through"] == {"a": "2026-03-08"}
    told.keep("a", window("2026-02-01", "2026-02-28"))
    assert state["through"] == {"a": "2026-03-08"}


def test_windows_side_by_side_are_one_block():
    """A block begins anew after a gap."""
    told = spans()

    told.prove("a", window("2020-01-01", "2020-06-30"))
    joined = told.prove("a", window("2020-07-01", "2020-12-31"))
    apart = told.prove("a", window("2021-02-01", "2021-02-28"))

    assert joined == window("2020-01-01", "2020-12-31")
    assert apart == window("2021-02-01", "2021-02-28")


def prover(state: dict, *, row_cap: int = 0, max_window_days: int = 0) -> Prover:
    return spans(state).prover(row_cap=row_cap, max_window_days=max_window_days, caps=(), rng=Random(1))


def test_what_a_planner_learned_is_there_in_the_next_run():
    """W3, W5: the cap, the proof and the widest window survive in the state; what is configured goes first."""
    state: dict = {}
    first = prover(state, max_window_days=90)
    first.planner.cap.known = 250
    first.planner.proofs.largest = Proof("a", window("2020-01-01", "2020-01-31"), 249)
    spans(state).learn(first)

    again = prover(state).planner

    assert (again.cap.known, again.max_days, again.proof) == (250, 90, first.planner.next_proof)
    assert prover(state, row_cap=7, max_window_days=5).planner.max_days == 5


def test_w5_a_width_that_was_configured_is_no_lesson():
    state: dict = {}
    spans(state).learn(prover(state, max_window_days=90), max_window_days=90)
    assert prover(state).planner.max_days == 0


def test_w6_what_trials_found_out_is_there_in_the_next_run():
    """A run after one in which the model of the cap was contradicted begins strictly, and windows overlap."""
    state: dict = {}
    first = prover(state)
    assert (first.budget, first.strict) == (FIRST_LOAD, False)
    first.cut.add(60)
    first.ends = Ends.SKIPPED
    spans(state).learn(first)

    again = prover(state)

    assert (again.budget, again.strict, again.ends, again.cut.sizes) == (NIGHT, True, Ends.SKIPPED, {60})


def learned_after(state: dict, *, parent: str = "a", failed: bool = False, partly: bool = False) -> Proof | None:
    """The proof that the next run has, after one whose largest answer of its parents a and b had twelve rows."""
    night = prover(state)
    for name in ("a", "b"):
        night.add(name, window("2026-01-01", "2026-03-09"))
    night.planner.proofs.largest = Proof("b", window("2026-01-01", "2026-03-09"), 12)
    night.planner.proofs.asked = night.planner.proofs.failed = failed
    spans(state).learn(night, partly=partly)
    return prover(state).planner.proof


@pytest.mark.parametrize(
    ("told", "count"),
    [
        pytest.param({}, 29, id="a-night-has-small-answers"),
        pytest.param({"partly": True}, 29, id="some-failed"),
        pytest.param({"failed": True}, 29, id="it-failed-itself"),
        pytest.param({"failed": True, "parent": "gone"}, 12, id="it-is-gone"),
    ],
)
def test_w3_a_run_that_did_not_read_all_lowers_no_proof(told, count):
    """The largest may be one that was not asked for, or failed: a small one would have busy days in doubt for ever."""
    state: dict = {"learned": {"cap": 30, "proof": [told.get("parent", "a"), "2020-01-01", "2026-03-09", 29]}}
    proof = learned_after(state, **told)
    assert proof
    assert proof.count == count


def test_w4_a_night_may_ask_a_whole_history_to_clear_a_day():
    """However narrow its own windows are."""
    assert prover({}).planner.proofs.reach == Window(START, START)


@pytest.mark.parametrize(
    ("learned", "begins", "left"),
    [
        pytest.param({"cut_sizes": [3, 40], "strict_runs": 30}, {5, 40}, ([5, 40], 29), id="tiny-ones-anew"),
        pytest.param({"cut_sizes": [40], "strict_runs": 1}, set(), ([], 0), id="it-wears-off"),
        pytest.param({"cut_sizes": [3]}, {5}, ([5], 29), id="of-an-earlier-version"),
    ],
)
def test_w6_an_api_that_is_well_again_is_believed_again(learned, begins, left):
    """Where three rows were cut no answer counts; each run proves it anew, and thirty begin strictly, no more."""
    state: dict = {"learned": learned}
    night = prover(state)
    assert night.cut.sizes == begins

    spans(state).learn(night)

    assert (state["learned"]["cut_sizes"], state["learned"]["strict_runs"]) == left


def test_w6_what_is_asked_for_day_by_day_is_not_tried():
    """A day has no parts."""
    by_day = Spans({}, spans().horizon, DateParams(by=By.DAY))
    assert by_day.prover(row_cap=0, max_window_days=0, caps=(), rng=Random(1)).budget == NO_TRIALS


def test_nothing_learned_is_kept_as_nothing():
    """A run without answers leaves no proof."""
    state: dict = {}
    spans(state).learn(prover(state))

    assert prover(state).planner.proof is None


def test_w6_days_that_are_read_once_more_begin_a_span():
    """What an earlier answer proved of them is in doubt."""
    found = spans()
    found.prove("a", window("2020-03-01", "2020-06-30"))
    assert found.prove("a", window("2020-03-01", "2020-03-31")) == window("2020-03-01", "2020-03-31")
    assert found.prove("a", window("2020-04-01", "2020-04-30")) == window("2020-03-01", "2020-04-30")


def test_w4_w6_days_that_counted_and_cannot_be_read_count_no_more():
    """The next run reads them, whatever this one or an earlier one had believed."""
    state = {"from": "2020-01-01", "through": {"a": "2026-03-08", "b": "2026-03-08"}}
    found = spans(state)
    found.keep("a", window("2020-01-01", "2026-03-10"))
    for parent in ("a", "b", "c"):
        found.lose(parent, window("2020-02-01", "2020-02-01"))
    found.keep("b", window("2020-02-02", "2026-03-10"))
    assert state["through"] == {"a": "2020-01-31", "b": "2020-01-31"}


def test_d3_the_last_day_with_a_row_is_what_the_last_complete_windows_showed():
    """It moves with the rows, also back; of a day without rows, those before it may have some."""
    kept = by_day({})
    seen = []
    for first, day in (("2026-03-03", "2026-03-03"), ("2026-03-05", "2026-03-05"), ("2026-03-04", "2026-03-04")):
        kept.note_last_day("a", window(first, first), date.fromisoformat(day))
        seen.append(kept.state["last_days"]["a"])
    kept.note_last_day("a", window("2026-03-06", "2026-03-06"), None)
    kept.note_last_day("b", window("2026-03-06", "2026-03-06"), None)
    assert seen == ["2026-03-03", "2026-03-05", "2026-03-05"]
    assert kept.had_rows(dict.fromkeys("ab", window("2026-03-05", "2026-03-10"))) == {"a"}

    kept.note_last_day("a", window("2026-03-05", "2026-03-05"), None)

    assert kept.had_rows({"a": window("2026-03-05", "2026-03-10")}) == set()
    assert kept.had_rows({"a": window("2026-03-04", "2026-03-10")}) == {"a"}
