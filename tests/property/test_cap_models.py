"""Servers whose cap is no constant number of rows, in every way that was thought of: no row is lost under `complete`.

The oracle knows the model and the world. The worlds are small, and each model touches many of their answers: of a model
that touches one answer of many nobody can tell.
"""

from bisect import insort
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.trials import MODELS, NOT_READ, SHOWN, SPAN, Outcome, Server, play, world
from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.evidence.proven import LARGER
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.strict.nodes import HOPELESS, CutSizes
from sources.aleta.planning.trials.budget import FIRST_LOAD, NIGHT, Budget
from sources.aleta.planning.trials.ends import Ends
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.trials.trial import Choice
from sources.aleta.planning.windows import Window
from tests.lengths import examples

LATE = 10**9  # the id of a row that is created while a run reads
OTHERS = sorted(set(MODELS) - {"constant", "ends skipped", "every tenth", "a few", "one less"})


def read(model: str, seed: int, *, shown="any", cap=60, accounts=12, rows=2400, ends=(True, True), **prover) -> Outcome:
    rng = Random(seed)
    made = world(rng, accounts, rows)
    server = Server(world=made, model=MODELS[model], shown=shown, rng=rng, cap=cap, ends=ends)
    return play(made, server, Prover(planner=Planner(cap=RowCap()), rng=Random(seed), **prover))


@settings(max_examples=examples(60), deadline=None)
@given(model=st.sampled_from(OTHERS), seed=st.integers(0, 10**6), shown=st.sampled_from(SHOWN), cap=st.integers(40, 90))
def test_w6_no_model_loses_a_row_under_complete(model, seed, shown, cap):
    """W6: whatever the server does, all rows are there, or something is quarantined."""
    outcome = read(model, seed, shown=shown, cap=cap)
    assert outcome.missing == 0 or not outcome.complete
    assert outcome.strict


@pytest.mark.parametrize("seed", [1, 2, 3, 7, 8, 10, 11, 30, 43, 64])
def test_w6_answers_that_lack_one_row_now_and_then_are_held_against_small_parts(seed):
    """W6: where three of ten large answers lack the last row, a whole and its part may lack the same.

    What was accepted before that shows, with a part as large for its proof, is held against smaller ones then.
    """
    outcome = read("one less", seed, shown=SHOWN[seed % 2], cap=300, accounts=20, rows=5000)
    assert (outcome.missing, outcome.complete, outcome.strict) == (0, True, True)


@pytest.mark.parametrize("cut", [6, 7, 8, 15])
@pytest.mark.parametrize("shown", SHOWN)
def test_w6_a_day_that_is_full_and_alone_is_doubted_once_its_size_is_proven_cut(shown, cut):
    """W6: nothing parts it, so it vouches for itself; an earlier run may have left smaller sizes than its own."""
    day = SPAN.last.replace(month=1, day=5)
    others = [(day.replace(month=1 + number % 9, day=1 + number % 28), 100 + number, 300) for number in range(90)]
    made = {"full": [(day, number, 300) for number in range(20)], "others": sorted(others)}
    for seed in range(20):
        server = Server(world=made, model=MODELS["constant"], shown=shown, rng=Random(seed), cap=9)
        prover = Prover(planner=Planner(cap=RowCap()), rng=Random(seed), budget=NIGHT, cut=CutSizes(sizes={cut}))
        outcome = play(made, server, prover)
        assert outcome.missing == 0 or not outcome.complete


@settings(max_examples=examples(15), deadline=None)
@given(model=st.sampled_from(OTHERS), seed=st.integers(0, 10**6), size=st.integers(8, 40))
def test_w6_a_run_that_begins_strictly_loses_no_row(model, seed, size):
    """W6: what an earlier run proved cut is where the next begins."""
    outcome = read(model, seed, cut=CutSizes(sizes={size}))
    assert outcome.missing == 0 or not outcome.complete


@settings(max_examples=examples(15), deadline=None)
@given(model=st.sampled_from([*OTHERS, "constant"]), seed=st.integers(0, 10**6))
def test_w6_a_run_after_one_in_which_no_answer_counted_tries_again_and_loses_no_row(model, seed):
    """It begins strictly, from the smallest size that leaves something; a server that is well is read whole."""
    outcome = read(model, seed, cap=10**6 if model == "constant" else 60, cut=CutSizes(sizes={HOPELESS}))
    assert outcome.missing == 0 or not outcome.complete
    assert outcome.complete or model != "constant"


@pytest.mark.parametrize("shown", SHOWN)
def test_w6_a_full_day_that_was_believed_is_doubted_once_its_size_is_proven_cut(shown):
    """W6: its parts were itself and nothing, which proves nothing; then another parent shows that 9 are the cap."""
    day = SPAN.last.replace(month=1, day=5)
    others = [(day.replace(month=1 + n % 9, day=1 + n % 28), 100 + n, 300) for n in range(90)]
    made = {"full": [(day, number, 300) for number in range(10)], "others": sorted(others)}
    for seed in range(20):  # the order of answers is drawn from it
        server = Server(world=made, model=MODELS["constant"], shown=shown, rng=Random(seed), cap=9)
        prover = Prover(planner=Planner(cap=RowCap()), rng=Random(seed), cut=CutSizes(sizes={15}))
        outcome = play(made, server, prover)
        assert outcome.missing == 0 or not outcome.complete


@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 10**6), shown=st.sampled_from(SHOWN), cap=st.integers(30, 400))
def test_w6_a_constant_cap_raises_no_false_alarm(seed, shown, cap):
    """W6: where all is well nothing is read strictly, and nothing is missing."""
    outcome = read("constant", seed, shown=shown, cap=cap)
    assert (outcome.missing, outcome.complete, outcome.noticed, outcome.strict) == (0, True, "", False)


@settings(max_examples=examples(20), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    shown=st.sampled_from(SHOWN),
    ends=st.sampled_from(NOT_READ),
    cap=st.sampled_from([60, 400]),
)
def test_w8_ends_that_are_not_read_lose_no_row(seed, shown, ends, cap):
    """W8: from the first answer on, windows overlap by a day; a world in which that does not do is not `complete`."""
    outcome = read("constant", seed, shown=shown, ends=ends, cap=cap, accounts=6, rows=900)
    assert outcome.missing == 0 or not outcome.complete


@pytest.mark.parametrize(("accounts", "rows"), [(80, 12_000), (150, 15_000)])
@pytest.mark.parametrize("number", [20, 56, 68])
def test_w6_a_tenant_of_few_answers_pays_for_enough_trials(accounts, rows, number):
    """W6: each account has a cap of its own, and three or four of them reach it; eight requests did not notice."""

    def loaded(budget: Budget) -> Outcome:
        rng = Random(f"per parent {number}")
        made = world(rng, accounts, rows)
        server = Server(world=made, model=MODELS["per parent"], shown="any", rng=rng, cap=1000)
        return play(made, server, Prover(planner=Planner(cap=RowCap()), budget=budget, rng=Random(number)))

    few, enough = loaded(Budget(few=8)), loaded(FIRST_LOAD)
    assert few.complete
    assert few.missing > 1000
    assert (enough.missing, enough.complete) == (0, True)


@pytest.mark.parametrize("seed", range(3))
def test_w6_trials_of_a_first_load_cost_two_and_a_half_percent(seed):
    """W6: of 300 accounts, where all is well."""
    outcome = read("constant", seed, cap=500, accounts=300, rows=60_000, budget=FIRST_LOAD)
    assert outcome.missing == 0
    assert not outcome.strict
    assert 0 < outcome.tried <= 0.025 * outcome.requests


@pytest.mark.parametrize("accounts", [10, 40, 300])
def test_w6_trials_of_a_night_cost_one_percent(accounts):
    """W6: of a quiet night; where one percent is less than a request, it is two at most."""
    rng = Random(accounts)
    made = world(rng, accounts, accounts * 100)
    first = SPAN.last.replace(year=SPAN.last.year - 1)
    night = {parent: [row for row in rows if row[0] >= first] for parent, rows in made.items()}
    server = Server(world=night, model=MODELS["constant"], shown="any", rng=rng, cap=1000)
    ends = read("constant", 1).ends
    prover = Prover(planner=Planner(cap=RowCap()), budget=NIGHT, ends=ends)
    outcome = play(night, server, prover)
    assert not outcome.strict
    assert outcome.tried <= max(4, 0.015 * outcome.requests)


def test_w6_two_rows_that_move_while_they_are_tested_are_no_contradiction():
    """W6: the whole, asked again, shows them too."""
    rng = Random(4)
    made = {name: list(rows) for name, rows in world(rng, 8, 400).items()}
    server = Server(world=made, model=MODELS["constant"], shown="any", rng=rng, cap=1000)
    prover = Prover(planner=Planner(cap=RowCap()))
    late = iter(range(1 << 40, 1 << 41))

    def keep_moving(asked: int) -> None:
        if asked > len(made):  # all is read: what comes now, trials meet
            rows = made[f"a{asked % len(made)}"]
            if rows and asked % 3 == 0:
                day, _, size = rows[len(rows) // 2]
                rows.append((day, next(late), size))
                rows.sort()

    outcome = play(made, server, prover, between=keep_moving)
    assert not outcome.strict


def test_sabotage_without_trials_rows_are_lost(monkeypatch):
    """The oracle sees what a run loses whose trials test nothing."""
    monkeypatch.setattr(Choice, "sizes", lambda *_: [])
    monkeypatch.setattr(Choice, "bytes", lambda *_: [])
    monkeypatch.setattr(Choice, "at_the_end", lambda _: None)
    monkeypatch.setattr(Choice, "while_reading", lambda _: None)
    outcomes = [read("per parent", seed, shown="first") for seed in range(5)]
    assert any(outcome.missing and outcome.complete for outcome in outcomes)


def test_w5_a_refused_width_is_narrowed_in_strict_reading_too():
    """W5: windows as wide as the API takes, also where the cap is no constant number."""
    rng = Random(3)
    made = world(rng, 6, 900)
    server = Server(world=made, model=MODELS["two nodes"], shown="any", rng=rng, cap=60, max_days=1000)
    outcome = play(made, server, Prover(planner=Planner(cap=RowCap()), rng=rng))
    assert outcome.missing == 0 or not outcome.complete


class Late(Server):
    """A row is created while a question is answered that was asked before: the proof of the cap, asked once more."""

    def read(self, parent, window):
        asked = self.__dict__.setdefault("asked", set())
        if (parent, window) in asked and len(self.found(parent, window)) > self.cap and not self.late:
            insort(self.world[parent], (window.first, LATE, 100))
        asked.add((parent, window))
        return super().read(parent, window)

    @property
    def late(self):
        return any(own == LATE for rows in self.world.values() for _, own, _ in rows)


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_w7_a_row_that_only_a_trial_showed_is_looked_for_once_more(seed):
    """W7: it came after its days were read, and the last answer of the run shows it."""
    rng = Random(seed)
    made = world(rng, 6, 900)
    server = Late(world=made, model=MODELS["constant"], shown="first", rng=rng, cap=60)
    prover = Prover(planner=Planner(cap=RowCap()), budget=FIRST_LOAD, rng=Random(seed))
    outcome = play(made, server, prover)
    assert server.late
    assert outcome.missing == 0


def tonight(budget: Budget, *, seed: int) -> Outcome:
    """A third of 80 accounts is cut at 100 rows, for the first time; what the first rows leave out is all new."""
    rng, numbers = Random(seed), iter(range(1, 1 << 40))
    span = Window(SPAN.last - timedelta(days=66), SPAN.last)
    made = {
        f"a{n}": sorted(
            [(span.first + timedelta(days=rng.randrange(34)), next(numbers), 500) for _ in range(rng.randint(60, 99))]
            + [(span.first + timedelta(days=35), next(numbers), 500) for _ in range(rng.randint(0, 40))]
        )
        for n in range(80)
    }

    def model(_: Server, parent: str, __: object) -> int:
        return 1000 if int(parent[1:]) % 3 else 100

    server = Server(world=made, model=model, shown="first", rng=rng, cap=1000)
    prover = Prover(planner=Planner(cap=RowCap(known=1000)), budget=budget, ends=Ends.READ, rng=Random(seed))
    return play(made, server, prover, span=span)


def test_w6_a_night_tries_sizes_that_come_too_often():
    """W6: no row of the warehouse is missing, so that nothing else could tell."""
    outcomes = [tonight(NIGHT, seed=seed) for seed in range(10)]
    assert sum(outcome.complete and outcome.missing > 0 for outcome in outcomes) <= 1  # some sizes come no more often
    assert not any(outcome.missing for outcome in outcomes if outcome.strict)


def test_sabotage_without_trials_of_sizes_a_night_hides_its_new_rows():
    outcomes = [tonight(replace(NIGHT, sizes=0), seed=seed) for seed in range(5)]
    assert sum(outcome.complete and outcome.missing > 0 for outcome in outcomes) > 2  # one drawn by chance may tell


@pytest.mark.parametrize(("number", "cap"), [(18, 60), (23, 100), (57, 30)])
def test_w6_a_cap_that_is_raised_before_anybody_knew_it_is_no_constant(number, cap):
    """W6: what showed that an answer was cut were parts larger than it; a trial is not needed for that."""
    rng = Random(f"raised {number}")
    made = world(rng, 40, 2400)
    server = Server(world=made, model=MODELS["raised"], shown=SHOWN[number % len(SHOWN)], rng=rng, cap=cap)
    prover = Prover(planner=Planner(cap=RowCap()), budget=Budget(least=0, few=0, sizes=0, bytes=0), rng=Random(number))

    outcome = play(made, server, prover)

    assert (outcome.missing, outcome.complete, outcome.noticed) == (0, True, LARGER)


@pytest.mark.parametrize("seed", range(1, 4))
def test_w6_what_is_too_much_to_remember_is_on_trial_as_well(seed):
    """W6, C5: a first load of which only the rows read last are remembered."""
    rng = Random(seed)
    made = world(rng, 80, 12_000)
    server = Server(world=made, model=MODELS["two kinds"], shown="any", rng=rng, cap=250)
    prover = Prover(planner=Planner(cap=RowCap()), rng=Random(seed))
    prover._plans.evidence.most_rows = 4000
    outcome = play(made, server, prover)
    assert (outcome.missing, outcome.complete, outcome.strict) == (0, True, True)
