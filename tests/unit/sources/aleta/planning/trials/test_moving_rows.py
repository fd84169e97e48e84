"""Small worlds in which a row moves, or a request fails, just then: what was shown is kept or looked for (W7, W8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import pytest

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate, Proof, Question
from sources.aleta.planning.strict.nodes import CutSizes
from sources.aleta.planning.trials.budget import FIRST_LOAD, SIDE_TABLE, SIDE_TABLE_NIGHT
from sources.aleta.planning.trials.ends import Ends
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import Window

FIRST = date(2026, 1, 1)


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def days(first: int, last: int) -> Window:
    return Window(on(first), on(last))


@dataclass
class World:
    """One account, of a server that may leave out a window's last day; something happens before the nth request.

    Args:
        rows: id -> day.
        happens: what happens before which request.
        fails: which requests fail.
    """

    rows: dict[int, int]
    prover: Prover
    happens: Callable[[dict[int, int]], object] = lambda _: None
    before: int = 0
    fails: frozenset[int] = frozenset()
    reads_last_day: bool = True
    cap: int = 1000
    asked: list[Question] = field(default_factory=list)
    kept: dict[Window, Sequence[int]] = field(default_factory=dict)
    quarantined: list[Window] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    _shown: dict[Window, Sequence[int]] = field(default_factory=dict)

    def read(self, span: Window) -> set[int]:
        """The rows that are kept in the end."""
        self.prover.add("a", span)
        while question := self.prover.ask():
            self.asked.append(question)
            if len(self.asked) == self.before:
                self.happens(self.rows)
            if len(self.asked) in self.fails:
                self.prover.fail(question)
            else:
                self._answer(question)
            self._note()
        assert not self.prover.parents
        return {own for rows in self.kept.values() for own in rows}

    def _answer(self, question: Question) -> None:
        window = question.window.widened(self.prover.overlap)
        last = window.last if self.reads_last_day else window.last - timedelta(days=1)
        shown = [own for own, day in self.rows.items() if window.first <= on(day) <= last][: self.cap]
        self.seen.update(shown)
        if self.prover.follows(question):
            self._shown[question.window] = [own for own in shown if on(self.rows[own]) in question.window]
        found = [on(self.rows[own]) for own in shown]
        self.prover.answer(question, Rows.of_days(shown, found), found)

    def _note(self) -> None:
        for decision in self.prover.decisions():
            match decision.fate:
                case Fate.KEPT:
                    self.kept[decision.window] = self._shown[decision.window]
                case Fate.DOUBTED | Fate.DROPPED:
                    self.kept.pop(decision.window, None)
                case Fate.QUARANTINED:
                    self.quarantined.append(decision.window)


def move(**rows: int) -> Callable[[dict[int, int]], object]:
    """The day that each row has from then on."""
    return lambda now: now.update({int(own.removeprefix("row")): day for own, day in rows.items()})


def prover(*, cut: Sequence[int] = (), seed: int = 1, **facts: object) -> Prover:
    of_planner = {name: facts.pop(name) for name in ("max_days", "hold", "proof") if name in facts}
    planner = Planner(cap=RowCap(), **of_planner)  # type: ignore[arg-type]
    return Prover(planner=planner, cut=CutSizes(sizes=set(cut)), rng=Random(seed), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("nth", [2, 3, 4, 5])
def test_w8_a_request_about_the_ends_that_fails_is_made_again(nth):
    """An end that is not read is found out all the same, and nothing is missing."""
    world = World({1: 2, 2: 4}, prover(budget=SIDE_TABLE), fails=frozenset({nth}), reads_last_day=False)
    assert world.read(days(0, 4)) == {1, 2}
    assert world.prover.ends is Ends.SKIPPED


def test_w8_what_cannot_be_asked_about_the_ends_is_given_up():
    """The next run tries again."""
    world = World({1: 2}, prover(budget=SIDE_TABLE), fails=frozenset(range(2, 100)))
    assert world.read(days(0, 4)) == {1}
    assert world.prover.ends is Ends.UNKNOWN
    assert len(world.asked) < 20


@pytest.mark.parametrize("before", range(2, 8))
def test_w7_a_row_that_moves_while_its_window_is_tested_is_looked_for_elsewhere(before):
    """The parts show it no more, nor does the whole, asked again: it may be in a window that was read before."""
    world = World({1: 1}, prover(max_days=2, ends=Ends.READ, budget=FIRST_LOAD), move(row1=3), before)
    assert world.read(days(0, 3)) == {1}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("before", range(2, 12))
def test_w7_a_row_that_moves_while_all_is_read_strictly_is_looked_for_elsewhere(before, seed):
    """To days that were read before: the days that should have it show that it is gone, and no more."""
    rows = {own: own % 4 for own in range(8)}
    strict = prover(cut=[6], seed=seed, max_days=2, ends=Ends.READ, budget=SIDE_TABLE_NIGHT)
    world = World(rows, strict, move(row2=0), before)
    assert world.read(days(0, 3)) == world.seen
    assert before < 5 or world.seen == set(rows)


def test_w7_what_a_proof_shows_is_kept_or_looked_for():
    """The largest answer of the last run is asked for again, and has a row that came since its account was read."""
    night = prover(hold=0, proof=Proof("a", days(-2, 3), 5), ends=Ends.READ, budget=SIDE_TABLE_NIGHT)
    world = World({1: 0, 2: 1}, night, move(row3=2), 2)
    assert world.read(days(0, 3)) == {1, 2, 3}
    assert world.asked[1].proof


@pytest.mark.parametrize("before", range(2, 7))
def test_w7_a_row_that_came_before_a_forgotten_window_is_recalled_is_kept(before):
    """Whose rows are not remembered is asked for all of it once more: one row more than were kept."""
    forgetful = prover(ends=Ends.READ, budget=FIRST_LOAD)
    forgetful._plans.evidence.most_rows = 1  # a million
    world = World({own: own for own in range(8)}, forgetful, move(row9=1), before)
    assert world.read(days(0, 9)) == world.seen
    assert not world.quarantined


def test_w4_a_full_day_is_doubted_in_a_strict_reading_too():
    """No answer of this run is larger: the cap may be lower than it ever was."""
    world = World(dict.fromkeys(range(11), 0), prover(cut=[12], ends=Ends.READ, budget=SIDE_TABLE_NIGHT), cap=10)
    world.read(days(0, 3))
    assert world.quarantined == [days(0, 0)]


def test_a_proof_that_is_out_when_all_is_read_holds_nothing_up():
    """What is added later is read, and tested, without it."""
    planner = Planner(cap=RowCap(), proof=Proof("b", days(0, 3), 9), hold=0)
    planner.add("a", days(0, 3))
    first = planner.ask()
    assert first is not None
    planner.answer(first, 5, [on(1)] * 5)
    proof = planner.ask()
    assert proof is not None
    assert proof.proof
    planner.abandon()  # and its answer never comes
    planner._out[proof.asked] = ""
    planner.add("a", days(0, 3))
    while question := planner.ask():
        planner.answer(question, 5 if on(1) in question.window else 0, [on(1)] * 5)
    assert not planner.parents


def test_w3_a_later_reading_of_a_run_can_ask_its_largest_answer_again():
    """It clears a day of fewer rows; that of the last run was of an account that cannot be asked any more."""
    planner = Planner(cap=RowCap(), proof=Proof("gone", days(0, 3), 34))
    planner.resume(Proof("b", days(0, 3), 23))
    planner.add("a", days(0, 0))
    day = planner.ask()
    assert day is not None
    planner.answer(day, 10, [on(0)] * 10)
    proof = planner.ask()
    assert proof is not None
    assert (proof.parent, proof.proof) == ("b", True)
    planner.answer(proof, 23, [on(1)] * 23)
    assert [decision.fate for decision in planner.decisions()] == [Fate.KEPT]


def test_w4_what_a_run_has_read_before_vouches_for_a_day_that_it_reads_strictly():
    """As the day that an odd row names, asked for by itself at the end."""
    strict = prover(cut=[12], ends=Ends.READ, budget=SIDE_TABLE_NIGHT)
    assert strict._plans.strict is not None
    strict._plans.strict.vouched = 11
    world = World(dict.fromkeys(range(8), 0), strict)
    assert (world.read(days(0, 0)), world.quarantined) == (set(range(8)), [])
