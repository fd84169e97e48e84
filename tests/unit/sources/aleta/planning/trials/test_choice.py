"""Which answers are put to the test, in which part, and what a test of one part leaves open (rule W6)."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.evidence.borders import NEWER, OLDER
from sources.aleta.planning.evidence.kept import Evidence, KeptWindow
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.experience import Experience, Shows
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.trials import testing as trials
from sources.aleta.planning.trials.budget import MANY, Budget
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.trials.trial import ENDING, Choice, Trial, Verdict, Why
from sources.aleta.planning.windows import Window

START = date(2024, 1, 1)
YEAR = Window(START, START + timedelta(days=364))
DAYS = range(0, 360, 10)


def rows(*days: int) -> Rows:
    """A row on each of these days after the first; its id is its day."""
    return Rows.of_days(days, [START + timedelta(days=day) for day in days])


def kept(shown: Rows, parent: str = "a", **more: object) -> KeptWindow:
    return KeptWindow(parent=parent, window=YEAR, count=len(shown), rows=shown, **more)


def choice(*windows: KeptWindow, shows: Shows = Shows.ANY) -> Choice:
    evidence = Evidence()
    for window in windows:
        evidence.keep(window)
    return Choice(evidence=evidence, experience=Experience(shows=shows), rng=Random(1))


@pytest.mark.parametrize(("shows", "telling"), [(Shows.FIRST, NEWER), (Shows.LAST, OLDER)])
@pytest.mark.parametrize("seed", range(4))
def test_w6_a_part_that_a_cut_answer_shows_whole_clears_nothing(shows, telling, seed):
    """It was asked before anybody knew which rows are shown: the other part is still to be asked, and only once."""
    one = kept(rows(*DAYS))
    chooses = choice(one)
    chooses.rng = Random(seed)
    [before] = chooses.while_reading().asks
    chooses.experience.shows = shows

    asked = [trial.asks for trial in (chooses.while_reading(), chooses.while_reading()) if trial]

    assert asked == ([] if before == telling else [[telling]])


def test_w6_while_it_is_not_known_which_rows_are_shown_both_parts_are_asked_in_the_end():
    chooses = choice(kept(rows(*DAYS)))
    asked = [trial.asks for trial in (chooses.while_reading() for _ in range(3)) if trial]
    assert sorted(asked) == [[OLDER], [NEWER]]


def test_w6_the_kinds_of_trials_at_the_end_take_turns():
    """Of silent ends there are as many as accounts: they leave the others their turns."""
    whole = [kept(rows(*range(5)), f"e{number}", entire=True) for number in range(20)]
    parts = [kept(rows(*DAYS), f"p{number}") for number in range(20)]
    chooses = choice(*whole, *parts, shows=Shows.FIRST)

    assert [chooses.at_the_end().why for _ in ENDING] == [*ENDING]


def test_w6_late_rows_put_both_parts_to_the_test_where_it_is_not_known_which_rows_are_shown():
    assert choice(kept(rows(*DAYS))).suspect("a").asks == [OLDER, NEWER]
    assert choice(kept(rows(*DAYS)), shows=Shows.LAST).suspect("a").asks == [OLDER]


@pytest.mark.parametrize(
    ("whole", "verdict"),
    [
        pytest.param([*DAYS, 5], Verdict.PASSED, id="it-came-and-stays"),
        pytest.param([*DAYS, 5, 355], Verdict.PASSED, id="another-came-after-the-parts"),
        pytest.param([*DAYS], Verdict.CUT, id="it-is-not-shown-again"),
        pytest.param([*DAYS, 5, 351, 353, 355], Verdict.CUT, id="more-than-move"),
    ],
)
def test_w6_a_row_that_comes_while_an_answer_is_tested_is_no_contradiction(whole, verdict):
    """Asked again, the whole shows it; and what only that shows came after the parts."""
    trial = Trial(kept(rows(*DAYS)), Why.ROWS, [OLDER, NEWER])
    trial.part(Random(1))
    for window in [*trial.parts]:
        last = (window.last - START).days
        trial.take(window, rows(*(day for day in [*DAYS, 5] if (window.first - START).days <= day <= last)))
    assert trial.judge(set()) is Verdict.MOVED

    trial.take(YEAR, rows(*whole))

    assert trial.judge(set()) is verdict


class TestRowsThatAreNotRemembered:
    """C5: a window whose rows were too many to remember is asked for once more before its parts are."""

    @pytest.fixture
    def testing(self) -> trials.Testing:
        window = kept(rows(*DAYS))
        chooses = choice(window)
        window.forget()
        return trials.Testing(budget=Budget(), evidence=chooses.evidence, choice=chooses, moved=lambda _: None)

    def test_its_parts_are_held_against_what_it_shows_now(self, testing):
        testing.at_the_end(10, None)
        whole = testing.ask()
        assert (whole.window, testing.ask()) == (YEAR, None)

        assert testing.answer(whole.trial, YEAR, rows(*DAYS), cut_sizes=set()) is None

        part = testing.ask()
        assert part.window != YEAR
        assert YEAR.covers(part.window)
        found = testing.answer(part.trial, part.window, rows(), cut_sizes=set())
        other = testing.ask()
        found = found or testing.answer(other.trial, other.window, rows(), cut_sizes=set())
        assert found.doubted == [whole.trial.kept]

    def test_another_number_of_rows_is_a_contradiction(self, testing):
        testing.at_the_end(10, None)
        whole = testing.ask()

        found = testing.answer(whole.trial, YEAR, rows(*DAYS[:20]), cut_sizes=set())

        assert (found.sizes, found.doubted) == ([20], [whole.trial.kept])

    def test_the_silence_at_its_ends_is_remembered(self):
        window = kept(rows(*range(100)))
        before = window.silence()
        window.forget()
        assert window.silence() == before == (0.0, 265.0)

    def test_a_request_that_fails_judges_nothing(self, testing):
        testing.at_the_end(10, None)
        assert testing.judge_failed(testing.ask().trial) is None


def test_w6_what_is_believed_after_a_contradiction_is_on_trial_anew():
    """Whatever was spent on the belief that was wrong."""
    testing = trials.Testing(budget=Budget(), evidence=Evidence(), choice=choice(), moved=lambda _: None, spent=MANY)
    testing.restart()
    assert testing.budget.left(100, testing.spent) == testing.budget.few


def test_an_empty_answer_that_was_followed_by_rows_ends_all_belief():
    """W6: a part showed nothing of days of which rows are known, and then showed them."""
    prover = Prover(planner=Planner(cap=RowCap()), rng=Random(1))
    prover.cut.add(50)
    assert (prover.cut.hopeless, prover.cut.suspects(0), prover.cut.suspects(9)) == (False, False, False)

    prover.cut.add(0)
    assert (prover.cut.empties, prover.cut.hopeless, prover.cut.sizes) == (True, False, {50})

    prover.cut.give_up()
    assert (prover.cut.hopeless, prover.cut.suspects(0), prover.cut.suspects(9)) == (True, True, True)
