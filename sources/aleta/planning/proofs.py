"""The largest answers: what an earlier run's can clear; which windows may bring a larger one (W3, W4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .cap import RowCap
from .coverage import Coverage
from .questions import Proof, Question
from .windows import Window


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
    """

    earlier: Proof | None = None
    asked: bool = False  # the earlier one, in this run
    failed: bool = False  # what was to clear a day in doubt could not be read
    largest: Proof | None = None
    reach: Window | None = None  # from the first day that any parent is asked for to the last
    widest: int = 0  # days of the widest proof that the API may take, once it refused one

    def extend(self, span: Window) -> None:
        """Some parent is asked for *span*."""
        self.reach = self.reach.hull(span) if self.reach else span

    def see(self, question: Question, count: int, cap: RowCap) -> None:
        """An answer came: is it the largest of this run?"""
        if count > cap.largest:
            self.largest = Proof(question.parent, question.window, count)

    def spare(self, cap: RowCap) -> Proof | None:
        """The proof of an earlier run, if it was not asked for yet and may clear what is suspect."""
        if self.asked or cap.configured or self.earlier is None or self.earlier.count <= cap.largest:
            return None
        return self.earlier

    def take(self, cap: RowCap) -> Proof | None:
        """The same, to be asked for now."""
        spare = self.spare(cap)
        self.asked |= spare is not None
        return spare

    def wider(self, held: Iterable[Suspect], plans: Mapping[str, Coverage]) -> tuple[str, Window] | None:
        """A window around the day of an answer that nothing parts, for its parent; None where all were asked."""
        for suspect in held:
            if suspect.wider is None:
                plan = plans[suspect.question.parent]
                widths = [width for width in (plan.max_days, self.widest) if width]
                suspect.wider = self.around(suspect.question, span=plan.span, width=min(widths, default=0))
            if suspect.wider:
                return suspect.question.parent, suspect.wider.pop()
        return None

    def refuse(self, window: Window, held: Iterable[Suspect]) -> None:
        """The API refused *window* as too wide (W5): half of it may still clear what is held."""
        self.widest = (window.days + 1) // 2
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
