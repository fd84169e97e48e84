"""What the next run remembers of how this one's answers were cut."""

from __future__ import annotations

from random import Random

import pytest

from pipelines.ledger.ledger import Learned
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Reading
from pipelines.run.reading.trying import budget_of, next_run
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.questions import Fate
from sources.aleta.planning.strict.nodes import HOPELESS, CutSizes
from sources.aleta.planning.strict.planner import StrictPlanner
from sources.aleta.planning.trials.budget import FIRST_LOAD, NIGHT, REVERIFICATION, SIDE_TABLE, SIDE_TABLE_NIGHT
from sources.aleta.planning.windows import Window
from tests.stores import at, on


@pytest.mark.parametrize(
    ("runs", "sizes", "next_runs", "next_sizes"),
    [
        pytest.param(30, (40, 90), 29, (40, 90), id="another-run-begins-strictly"),
        pytest.param(1, (40, 90), 0, (), id="it-wears-off"),
        pytest.param(30, (3, HOPELESS, 90), 29, (HOPELESS, 90), id="tiny-ones-are-proven-anew"),
        pytest.param(30, (0,), 29, (HOPELESS,), id="none-but-empty-ones"),
        pytest.param(30, (1, 4), 29, (HOPELESS,), id="none-but-tiny-ones"),
    ],
)
def test_w6_what_a_run_begins_with(runs, sizes, next_runs, next_sizes):
    found = next_run(Learned(cut_sizes=sizes, strict_runs=runs))
    assert (found.strict_runs, found.cut_sizes) == (next_runs, next_sizes)


LOADS, AGAIN, LOOKS_BACK = (
    Reading(span=Window(on(0), on(400)), mark=Mark(verified_at=since), whole=whole)
    for since, whole in ((None, True), (at(400), True), (at(400), False))
)


@pytest.mark.parametrize(
    ("readings", "transactions", "others"),
    [
        pytest.param([LOADS, LOADS, AGAIN], FIRST_LOAD, SIDE_TABLE, id="most-for-the-first-time"),
        pytest.param([LOADS, AGAIN, AGAIN], REVERIFICATION, SIDE_TABLE, id="most-was-read-before"),
        pytest.param([LOADS, LOOKS_BACK, LOOKS_BACK], NIGHT, SIDE_TABLE_NIGHT, id="most-is-not-read-whole"),
        pytest.param([], FIRST_LOAD, SIDE_TABLE, id="nothing"),
    ],
)
def test_w6_what_trials_may_cost_depends_on_what_is_read(readings, transactions, others):
    each = dict(enumerate(readings))
    assert budget_of(CATALOGUE["transactions"], each) == transactions
    assert budget_of(CATALOGUE["holdings"], each) == others


def test_w6_where_so_small_an_answer_was_cut_nothing_is_believed_and_the_reason_says_so():
    """It is no matter of `row_cap`: a window of years could be divided, and its parts would not count either."""
    strict = StrictPlanner(cut=CutSizes(sizes={3}), rng=Random(1))
    strict.add("a", Window(on(0), on(400)))
    strict.answer(strict.ask(), Rows.of_days([1, 2], [on(1), on(2)]))

    [decision] = strict.decisions()

    assert (decision.fate, decision.window) == (Fate.QUARANTINED, Window(on(0), on(400)))
    assert decision.why.startswith("answers of 3 rows leave out rows that others show")
