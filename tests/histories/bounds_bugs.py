"""Planted bugs of what no history shows: bounds, budgets, turns, words, doubts (rules F7, R4, C6, S2, W6)."""

from __future__ import annotations

from tests.histories.planting import bug

AT_A_TIME = 100


@bug
def half_of_a_large_answer_forgotten() -> None:
    """Of a window whose answer is too large only the older half is asked again."""
    from sources.aleta.planning.coverage import Coverage

    divide = Coverage.divide

    def half(self, asked, *, skips):
        before = {id(part) for part in self._todo}
        divided = divide(self, asked, skips=skips)
        if new := [part for part in self._todo if id(part) not in before]:
            self._todo.remove(max(new))
        return divided

    Coverage.divide = half


@bug
def budget_of_each_process() -> None:
    """Each process spends the whole budget: what the file says is not looked at."""
    from pipelines.run.machine.budget import SharedBucket

    SharedBucket._load = lambda *_: None


@bug
def tokens_hoarded() -> None:
    """A process takes many tokens at once; what it did not use is lost with it."""
    from pipelines.run.machine.budget import SharedBucket

    reserve = SharedBucket.reserve

    def hoard(self, now, **_):
        own = self.__dict__.setdefault("_hoard", [])
        if not own:
            own.extend(now + reserve(self, now) for _ in range(AT_A_TIME))
        return max(0.0, own.pop(0) - now)

    SharedBucket.reserve = hoard


@bug
def all_tenants_at_once() -> None:
    """`tenants_at_once` is not looked at."""
    from pipelines.run import sync

    take_turns = sync.take_turns
    sync.take_turns = lambda tenants, run, stop, **_: take_turns(tenants, run, at_once=len(tenants), stop=stop)


@bug
def words_shown_as_they_came() -> None:
    """What an identifier does to a terminal is not thought of."""
    from pipelines.report import problem_lines, text

    for module in (problem_lines, text):
        module.printable = lambda words, **_: words


@bug
def late_rows_passed_over() -> None:
    """Rows that come late are taken in, and nobody asks why an earlier answer did not show them."""
    from sources.aleta.planning.trials.prover import Prover

    Prover.suspect = lambda *_: None


@bug
def doubted_days_stay_marked() -> None:
    """Days that turn out not to be proven stay in the mark."""
    from pipelines.ledger.marks import Mark

    Mark.without = lambda self, _: self
