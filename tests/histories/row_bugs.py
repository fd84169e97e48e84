"""Planted bugs of what is one row, what is gone, and how that is told (rules D6 to D8)."""

from __future__ import annotations

from tests.histories.planting import bug


@bug
def conflict_passed_over() -> None:
    """Of one id with two contents the last is kept, and nobody says so."""
    from pipelines.compare.rows import differences

    differences.within_package = lambda *_: []
    differences.displaced = lambda *_: []


@bug
def displaced_row_passed_over() -> None:
    """A row takes the place of one that another account had, and nobody asks that account."""
    from pipelines.compare.rows import differences

    differences.displaced = lambda *_: []


@bug
def conflict_forgotten() -> None:
    """A conflict is named by the run that finds it; the next ones do not know of it."""
    from pipelines.ledger.ledger import Ledger

    restore = Ledger.from_state.__func__
    Ledger.from_state = classmethod(lambda cls, state: restore(cls, {**state, "conflicts": {}}))


@bug
def conflict_for_ever() -> None:
    """What was a conflict once stays one."""
    from pipelines.ledger.ledger import Ledger

    Ledger.forget_conflicts = lambda *_: None


@bug
def what_is_left_of_a_conflict_not_loaded() -> None:
    """One of two contents is gone; what the warehouse has is not looked at."""
    from pipelines.run.reading import conflicts
    from pipelines.run.reading.leftovers import Leftovers

    conflicts._read_whole = lambda *_, **__: conflicts.Contents(ids=())
    Leftovers._read_sighted = lambda *_: None  # which would load it, too (W7)


@bug
def verify_calls_a_conflict_equal() -> None:
    """A verification sees one id with two contents, and says nothing."""
    from pipelines.verification.verification import Verifier

    Verifier._confront = lambda *_: None


@bug
def verify_passes_over_what_is_gone() -> None:
    """A verification waits for the end of each history, and never sees it."""
    from pipelines.compare.coming import Coming

    Coming.is_over = property(lambda _: False)


@bug
def verify_leaves_out_what_was_never_read() -> None:
    """A verification reads again only what some run has read."""
    from pipelines.verification.windows import Windows

    whole = Windows.whole
    Windows.whole = lambda windows, endpoint, listed, marks: whole(windows, endpoint, marks.keys() & listed, marks)


@bug
def far_days_not_asked() -> None:
    """A whole history judges rows whose days it did not ask for."""
    from pipelines.compare.rows import missed_rows

    missed_rows._beyond = lambda _: "false"
    unseen = missed_rows._unseen

    def judged(days, first, last):
        return f"{unseen(days, first, last)} OR p.ended AND ({first} < p.first OR {last} > p.last)"

    missed_rows._unseen = judged


@bug
def far_rows_left_alone() -> None:
    """Days that no whole history reaches are never asked for."""
    from pipelines.run.reading.leftovers import Leftovers

    Leftovers._read_far = lambda *_: None


@bug
def sighted_rows_forgotten() -> None:
    """What the largest answer of the last run shows, asked for its size, is nobody's."""
    from pipelines.run.reading.leftovers import Leftovers

    Leftovers._read_sighted = lambda *_: None


@bug
def each_step_is_told() -> None:
    """What a later package of a run changes again is told as if the run had not told of it."""
    from pipelines.compare.rows.change_feed import ChangeFeed

    ChangeFeed._join_earlier_steps = lambda _: None
