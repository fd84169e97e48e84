"""Which windows of which parents to ask next, and which answers may be kept (rules W1 to W5). Pure.

The planner of one endpoint: it hands out windows, is told how many rows came, and says what became of each window. An
answer that may have been cut is never kept: where the evidence is not in yet it is held, until a larger answer clears
it or its parts do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from .cap import Judgement, RowCap
from .windows import Asked, Plan, Window


class Fate(StrEnum):
    """What became of a window."""

    KEPT = "kept"
    SPLIT = "split"
    TOO_WIDE = "too_wide"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a window of *parent*. Kept ones come oldest first, so that a mark can follow them."""

    parent: str
    window: Window
    fate: Fate
    count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A window to read for one parent."""

    parent: str
    asked: Asked

    @property
    def window(self) -> Window:
        return self.asked.window


@dataclass(slots=True)
class _Held:
    """An answer that waits for evidence."""

    question: Question
    days: Sequence[date]


@dataclass(slots=True, kw_only=True)
class Planner:
    """All plans of one endpoint.

    Args:
        cap: what is believed of the row cap; the planner adds to it.
        max_days: the widest window that the API takes; 0 for no limit. Learned from refusals.
        ahead: windows of one parent that may be out or kept behind an older one: bounds the rows in memory (C5).
        hold: answers of the same, largest size that are held before one is put to the test.
    """

    cap: RowCap
    max_days: int = 0
    ahead: int = 16
    hold: int = 4
    _plans: dict[str, Plan] = field(default_factory=dict)
    _turn: deque[str] = field(default_factory=deque)
    _held: list[_Held] = field(default_factory=list)
    _out: int = 0
    _testing: Asked | None = None
    _made: list[Decision] = field(default_factory=list)
    _counts: dict[tuple[str, date], int] = field(default_factory=dict)

    def add(self, parent: str, span: Window) -> None:
        """Cover *span* for *parent*; one span at a time for each parent."""
        self._plans[parent] = Plan(span, self.max_days)
        self._turn.append(parent)

    def ask(self) -> Question | None:
        """The next window to read, parent by parent in turn; None when there is none to ask before an answer comes."""
        for _ in range(len(self._turn)):
            parent = self._turn[0]
            self._turn.rotate(-1)
            plan = self._plans[parent]
            if plan.waiting and plan.ahead < self.ahead:
                self._out += 1
                return Question(parent, plan.ask())
        return None if self._out or not self._force() else self.ask()

    def answer(self, question: Question, count: int, days: Sequence[date]) -> None:
        """Take in an answer: *count* rows, whose dates are *days*."""
        self._out -= 1
        asked = question.asked
        asked.count = count
        self.cap.see(count)
        self._sum_up(asked)
        if question.parent in self._plans:
            self._held.append(_Held(question, days))
        self._settle()

    def refuse(self, question: Question) -> bool:
        """The API refused the window as too wide; False when it was a single day, so that is not why."""
        plan = self._plans.get(question.parent)
        if plan is None:
            self._out -= 1
            return True
        if not plan.halve(question.asked):
            return False
        self._out -= 1
        self._made.append(Decision(question.parent, question.window, Fate.TOO_WIDE))
        return True

    def fail(self, question: Question) -> None:
        """The window could not be read: its parent is given up, what was kept of it before the gap stays."""
        self._out -= 1
        self._give_up(question.parent)

    def decisions(self) -> list[Decision]:
        """What was decided since the last call."""
        made, self._made = self._made, []
        return made

    @property
    def done(self) -> bool:
        """Whether every span is settled (kept, quarantined or given up)."""
        return not self._plans

    @property
    def parents(self) -> int:
        """Parents not settled yet."""
        return len(self._plans)

    def _sum_up(self, asked: Asked) -> None:
        """Hold the part against the whole it was split from."""
        whole = asked.whole
        if whole is None:
            return
        whole.parts_sum += asked.count
        whole.open_parts -= 1
        self.cap.add_up(whole.count, whole.parts_sum, complete=not whole.open_parts)
        if whole is self._testing and (not whole.open_parts or whole.parts_sum > whole.count):
            self._testing = None

    def _settle(self) -> None:
        """Judge everything held again: the evidence may be in by now."""
        held, self._held = self._held, []
        for one in held:
            self._judge(one)
        if self._testing is None and len(self._held) > self.hold:
            self._test()

    def _judge(self, one: _Held) -> None:
        judgement = self.cap.judge(one.question.asked.count)
        if one.question.parent not in self._plans:
            return
        if judgement is Judgement.WHOLE:
            self._keep(one.question)
        elif judgement is Judgement.CUT and one.question.window.days > 1:
            self._split(one)
        else:
            self._held.append(one)

    def _test(self) -> bool:
        """Put one held answer to the test: ask its span in parts."""
        divisible = next((one for one in self._held if one.question.window.days > 1), None)
        if divisible is None:
            return False
        self._held.remove(divisible)
        self._testing = divisible.question.asked
        self._split(divisible)
        return True

    def _force(self) -> bool:
        """Nothing is out and nothing can be asked: test what is held, and quarantine what no test can clear."""
        if self._held and not self._test():
            for one in self._held:
                self._quarantine(one.question)
            self._held.clear()
            return False
        return bool(self._plans)

    def _keep(self, question: Question) -> None:
        plan = self._plans[question.parent]
        plan.keep(question.asked)
        self._counts[question.parent, question.window.first] = question.asked.count
        self._emit(question.parent, plan.take())
        self._close(question.parent)

    def _emit(self, parent: str, windows: Sequence[Window]) -> None:
        for window in windows:
            self._made.append(Decision(parent, window, Fate.KEPT, self._counts.pop((parent, window.first))))

    def _split(self, one: _Held) -> None:
        question = one.question
        self._made.append(Decision(question.parent, question.window, Fate.SPLIT, question.asked.count))
        self._plans[question.parent].split(question.asked, one.days)

    def _quarantine(self, question: Question) -> None:
        self._made.append(Decision(question.parent, question.window, Fate.QUARANTINED, question.asked.count))
        self._plans[question.parent].drop()
        self._close(question.parent)

    def _close(self, parent: str) -> None:
        """End the plan of *parent* when it is done; a width that was refused on the way is remembered."""
        plan = self._plans[parent]
        if plan.done:
            self._emit(parent, plan.take_rest())
            self.max_days = plan.max_days or self.max_days
            self._remove(parent)

    def _give_up(self, parent: str) -> None:
        if parent in self._plans:
            self._emit(parent, self._plans[parent].take_rest())
            self._held = [one for one in self._held if one.question.parent != parent]
            self._remove(parent)

    def _remove(self, parent: str) -> None:
        del self._plans[parent]
        self._turn.remove(parent)
