"""The largest answers: what an earlier run's can clear; which windows may bring a larger one (W3, W4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from .cap import RowCap
from .coverage import Coverage
from .questions import Proof, Question, larger
from .windows import Window

OTHERS = 3  # parents that are asked for more than their span, where nothing else may clear a day


@dataclass(slots=True)
class Suspect:
    """An answer that waits for evidence.

    Args:
        wider: windows around its day that may bring a larger answer; None before they were thought of.
    """

    question: Question
    days: Sequence[date]
    wider: list[Window] | None = None


@dataclass(slots=True)
class Proofs:
    """The largest answer of an earlier run, and that of this one.

    Args:
        earlier: None if there was none.
        again: the largest answer of this run that another planner asked for, until it is asked for again.
    """

    earlier: Proof | None = None
    again: Proof | None = None
    asked: bool = False  # the earlier one, in this run
    failed: bool = False  # what was to clear a day in doubt could not be read
    largest: Proof | None = None
    reach: Window | None = None  # from the first day that any parent is asked for to the last
    widest: int = 0  # days of the widest proof that the API may take, once it refused one
    fullest: dict[str, int] = field(default_factory=dict)  # parent -> its largest answer in this run
    spans: dict[str, Window] = field(default_factory=dict)  # what each is asked for
    others: set[str] = field(default_factory=set)  # that were asked for more than that
    narrower: Window | None = None  # the newest days of the earlier proof, once it was refused as too wide

    def cover(self, parent: str, span: Window) -> None:
        """*parent* is asked for *span*."""
        self.spans[parent] = span
        self.extend(span)

    def extend(self, span: Window) -> None:
        """Some parent is asked for *span*."""
        self.reach = self.reach.hull(span) if self.reach else span

    def see(self, question: Question, count: int, cap: RowCap) -> None:
        """An answer came: is it the largest of this run?"""
        self.fullest[question.parent] = max(count, self.fullest.get(question.parent, 0))
        if count > cap.largest:
            self.largest = Proof(question.parent, question.window, count)

    def fail(self, parent: str) -> None:
        """*parent* cannot be read: nor can the earlier proofs, if they are its."""
        if self.again is not None and self.again.parent == parent:
            self.again = None
        if self.earlier is not None and self.earlier.parent == parent:
            self.asked = self.failed = True
            self.narrower = None

    @property
    def next(self) -> Proof | None:
        """The largest answer of this run, or that of the earlier one where it is larger and nothing says otherwise."""
        return self.largest if self.largest and self._is_over else larger(self.largest, self.earlier)

    @property
    def _is_over(self) -> bool:
        """Whether the earlier one was asked for again, or its parent was read on all of its days and had fewer rows."""
        if self.asked or self.earlier is None:
            return True
        span = self.spans.get(self.earlier.parent)
        read = span is not None and span.covers(self.earlier.window)
        return read and self.fullest.get(self.earlier.parent, self.earlier.count) < self.earlier.count

    def spare(self, cap: RowCap) -> Proof | None:
        """A proof of earlier, if it was not asked for yet and may clear what is suspect: rather one of this run."""
        there = (self.again, None if self.asked else self.earlier)
        return next((proof for proof in there if proof and proof.count > cap.largest and not cap.configured), None)

    def take(self, cap: RowCap) -> Proof | None:
        """The same, to be asked for now."""
        spare = self.spare(cap)
        if spare is not None and spare is self.again:
            self.again = None
        else:
            self.asked |= spare is not None
        return spare

    def wider(self, held: Iterable[Suspect], plans: Mapping[str, Coverage]) -> tuple[str, Window] | None:
        """A window around the day of an answer that nothing parts, for its parent; None where all were asked.

        Then what is left of an earlier proof that was too wide; and the history of one that had many rows tonight, as
        whose largest answer the earlier proof may have gone.
        """
        for suspect in held:
            if suspect.wider is None:
                plan = plans[suspect.question.parent]
                widths = [width for width in (plan.max_days, self.widest) if width]
                suspect.wider = self.around(suspect.question, span=plan.span, width=min(widths, default=0))
            if suspect.wider:
                return suspect.question.parent, suspect.wider.pop()
        if self.earlier and self.narrower:
            narrower, self.narrower = self.narrower, None
            return self.earlier.parent, narrower
        return self._of_another({suspect.question.parent for suspect in held}, plans)

    def _of_another(self, held: AbstractSet[str], plans: Mapping[str, Coverage]) -> tuple[str, Window] | None:
        if self.reach is None or len(self.others) == OTHERS:
            return None
        width = min([days for days in (self.widest, *(plans[parent].max_days for parent in held)) if days], default=0)
        window = self.reach.part(width, back=True) if width else self.reach
        parents = self.fullest.keys() & self.spans.keys() - held - self.others
        able = [parent for parent in parents if not self.spans[parent].covers(window)]
        if not able:
            return None
        parent = max(able, key=lambda parent: (self.fullest[parent], parent))
        self.others.add(parent)
        return parent, window

    def refuse(self, window: Window, held: Iterable[Suspect]) -> None:
        """The API refused *window* as too wide (W5): half of it may still clear what is held."""
        self.widest = (window.days + 1) // 2
        if window.days > 1 and self.earlier and self.earlier.window.covers(window) and not self.failed:
            self.narrower = window.part(self.widest, back=True)
        for suspect in held:
            suspect.wider = None

    def around(self, question: Question, *, span: Window, width: int) -> list[Window]:
        """The widest windows that hold the day of *question*, but for what was asked already.

        Args:
            span: what is asked of its parent.
            width: the widest window that may be asked; 0 for no limit.
        """
        reach = self.reach or question.window
        if self.earlier:
            reach = reach.hull(self.earlier.window)
        if not width:
            return [] if span.covers(reach) else [reach]
        day = question.window.first
        wider = [Window(reach.first, day).part(width, back=True), Window(day, reach.last).part(width)]
        return [window for window in wider if window.days > 1]
