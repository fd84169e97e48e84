"""Reads the spans of one endpoint: in the belief that the cap is one number of rows, or strictly (rule W6). Pure.

What is kept becomes evidence. What contradicts the belief while reading is said as a `Contradiction`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from ..coverage import Asked, Skips
from ..evidence.kept import Evidence, KeptWindow
from ..evidence.proven import LARGER, Contradiction, ProvenCaps
from ..evidence.rows import Rows
from ..evidence.shown import ShownRows
from ..planner import Planner
from ..questions import Decision, Fate, Question
from ..strict.nodes import CutSizes
from ..strict.planner import StrictPlanner
from ..windows import Window


@dataclass(slots=True, kw_only=True)
class Plans:
    """All spans of one endpoint.

    Args:
        planner: reads as long as nothing contradicts it.
        cut: sizes that were proven cut; it begins strictly where there is any.
        watches: whether answers are held against what was shown before.
        reread: parents of whom something that counted as whole did not in the end, and is read again.
    """

    planner: Planner
    cut: CutSizes
    rng: Random
    watches: bool = True
    overlaps: bool = False
    strict: StrictPlanner | None = None
    requests: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    spans: dict[str, Window] = field(default_factory=dict)
    kept: list[KeptWindow] = field(default_factory=list)  # since it was last emptied
    reread: set[str] = field(default_factory=set)
    _shown: ShownRows = field(default_factory=ShownRows)
    _rows: dict[tuple[str, Window], Rows] = field(default_factory=dict)  # answers not decided on
    _asked: set[Asked] = field(default_factory=set)  # whose answers are of use
    _made: list[Decision] = field(default_factory=list)
    _proven: ProvenCaps = field(default_factory=ProvenCaps)
    _later: list[tuple[str, Window]] = field(default_factory=list)  # to be read again, once the rest is read

    def __post_init__(self) -> None:
        if self.cut.sizes:
            self._be_strict()

    def add(self, parent: str, span: Window) -> None:
        """Cover *span* for *parent*."""
        self.spans[parent] = span
        self._read(parent, span)

    @property
    def parents(self) -> int:
        """Parents with something left to read."""
        return len(self._later) + (self.strict.parents if self.strict is not None else self.planner.parents)

    @property
    def cut_sizes(self) -> set[int]:
        """Sizes of answers that were proven cut, in whatever belief."""
        return self.cut.sizes | self._proven.sizes

    def ask(self) -> Question | None:
        """The next window to read; None when there is none before another answer comes."""
        question = self.strict.ask() if self.strict is not None else self.planner.ask()
        if question is not None:
            self.requests += 1
            self._asked.add(question.asked)
        return question

    def follows(self, question: Question) -> bool:
        """Whether an answer to *question* is still of use."""
        if question.asked not in self._asked:
            return False
        return self.strict.follows(question) if self.strict is not None else self.planner.follows(question)

    def answer(self, question: Question, rows: Rows, days: Sequence[date]) -> Contradiction | None:
        """Take in an answer to what was asked here."""
        if question.asked not in self._asked:
            return None  # whoever asked was stopped
        if self.strict is None:
            return self._answer(question, rows, days)
        before = self.cut.reach
        if self.strict.follows(question):
            if not rows.whole:
                self.planner.proofs.see(question, len(rows), self.planner.cap)
            self.strict.answer(question, rows)
        self.take_in()
        if self.cut.reach != before:
            self.doubt()
        return None

    def _answer(self, question: Question, rows: Rows, days: Sequence[date]) -> Contradiction | None:
        cap, before = self.planner.cap, self.planner.cap.known
        if self.planner.follows(question):
            self._rows[question.parent, question.window] = rows
        self.planner.answer(question, len(rows), days, whole=rows.whole)
        if cap.known is not None and cap.known != before:
            self._proven.sizes.add(cap.known)
        found = self.take_in()
        if found is None and cap.overtaken and self.watches and not self.overlaps:
            return Contradiction(sizes=[cap.overtaken], why=LARGER)
        return found

    def see(self, count: int) -> Contradiction | None:
        """An answer, to whatever question, that beats a cap proven in this run contradicts it."""
        return self._proven.see(count) if self.watches and self.strict is None else None

    def refuse(self, question: Question) -> bool:
        """The API refused the window as too wide; False when it cannot be divided, so that is not why."""
        if question.asked not in self._asked:
            return True
        if self.strict is None:
            return self.planner.refuse(question)
        refused = not self.strict.follows(question) or self.strict.refuse(question)
        self.planner.max_days = self.strict.max_days
        return refused

    def divide(self, question: Question, *, why: str, skips: Skips) -> bool:
        """The answer cannot be taken in (F7, F8): see `Planner.divide`. Strictly, nothing is left out."""
        if question.asked not in self._asked:
            return True
        return self.strict is None and self.planner.divide(question, why=why, skips=skips)

    def fail(self, question: Question) -> None:
        """The window could not be read: its parent is given up; what was kept of it stays kept."""
        if question.asked not in self._asked:
            return
        if self.strict is None:
            self.planner.fail(question)
        elif self.strict.follows(question):
            self.strict.fail(question)
        if not question.proof:
            self._shown.give_up(question.parent)

    def abandon(self) -> list[str]:
        """Give up every parent that is not settled, or has windows to be read again. Returns their names."""
        unread = {parent: None for parent, _ in self._later}
        self._later.clear()
        unread |= dict.fromkeys(self.strict.abandon() if self.strict is not None else self.planner.abandon())
        for parent in unread:
            self._shown.give_up(parent)
        return list(unread)

    def decisions(self) -> list[Decision]:
        """What was decided since the last call."""
        made, self._made = self._made, []
        return made

    def take_in(self, *, closes: bool = True) -> Contradiction | None:
        """What the planners decided becomes evidence; what was shown of a parent must be in it (rule W7)."""
        decisions, closed = self.planner.decisions(), dict[str, None]()
        if self.strict is not None:
            for node in self.strict.parted():
                self._show(node.parent, node.window, node.rows or Rows())
            for node in self.strict.kept():
                kept = self._keep(node.parent, node.window, node.rows or Rows())
                kept.proven, kept.rests_on = kept.proven or (node.proven and not node.undivided), node.rests_on
            decisions += self.strict.decisions()
        for decision in decisions:
            self._made.append(decision)
            rows = self._rows.pop((decision.parent, decision.window), None)
            closed[decision.parent] = None
            if decision.fate is Fate.QUARANTINED:
                self._shown.forgive(decision.parent, decision.window)
            elif decision.fate is Fate.KEPT and rows is not None:
                self._keep(decision.parent, decision.window, rows)
            elif rows is not None:
                self._show(decision.parent, decision.window, rows)
        closes &= self.strict is None
        found = [self._close(parent) for parent in closed if closes and not self.planner.covers(parent)]
        return next(filter(None, found), None)

    def _keep(self, parent: str, window: Window, rows: Rows) -> KeptWindow:
        entire, explained = window == self.spans.get(parent), self._shown.keep(parent, rows) and self.strict is None
        kept = KeptWindow.of(parent, window, rows, entire=entire, explained=explained)
        self.evidence.keep(kept)
        self.kept.append(kept)
        return kept

    def _close(self, parent: str) -> Contradiction | None:
        """*parent* is read: a row that was shown of it and is nowhere is looked for once more."""
        missing = self._shown.missing(parent, self.evidence.of(parent))
        if self.strict is not None and (holes := self._shown.not_sought(parent, missing)):
            for kept, rows in holes.items():
                self._void(kept, Fate.DOUBTED)
                self.strict.add(parent, kept.window, kept.rows, owed=rows)
            return None
        self._shown.forget(parent)
        if self.strict is None and missing.sizes:
            return Contradiction(sizes=missing.sizes, why="rows that were shown", doubted=missing.holes)
        if missing.rows and self._shown.again(parent):
            span = self.spans[parent]  # there may have been others before
            for kept in filter(lambda kept: span.covers(kept.window), self.evidence.of(parent)):
                self._void(kept, Fate.DROPPED)
            self._read(parent, span)
        return None

    def notice(self, parent: str, rows: Rows) -> None:
        """Another answer showed *rows*: those that no window has that was kept are looked for at the end (W7)."""
        kept, span = self.evidence.of(parent), self.spans.get(parent)
        if self.watches and span and not any(window.rows is None for window in kept):
            known = {own for window in kept if window.rows for own in window.rows.ids}
            if more := rows.without(known):
                if not self._is_open(parent):
                    self.reread.add(parent)
                self._shown.show(parent, more, within=span)

    def close(self) -> Contradiction | None:
        """All is read: what was shown and is nowhere yet, as by trials, is looked for once more (rule W7)."""
        if (found := self.take_in()) or self.parents:
            return found
        if self.strict is not None and not self.strict.all_read:
            self.strict.all_read = True
            self.doubt(kept for kept in self.evidence.all() if not kept.proven and self.strict.is_unvouched(kept.count))
        return next(filter(None, [self._close(parent) for parent in self._shown.parents()]), None)

    def read_again(self, kept: KeptWindow) -> None:
        """Rows moved while *kept* was tested: what is shown now is to be kept, what it showed to be somewhere (W7)."""
        self._show(kept.parent, kept.window, kept.rows or Rows())
        self._void(kept, Fate.DROPPED)
        self._later.append((kept.parent, kept.window))

    def read_later(self) -> None:
        """Begin with what was put off."""
        later, self._later = self._later, []
        for parent, window in later:
            if self.strict is None and self.planner.covers(parent):
                self._later.append((parent, window))
            else:
                self._read(parent, window)

    def start_over(self) -> None:
        """Read everything again: windows overlap from now on. What contradicted the belief counts no more."""
        self.overlaps = True
        parents = {parent for parent, _ in self._surrender()}
        self._shown = ShownRows()
        if self.strict is not None:
            parents.update(self.strict.abandon())
            self.strict = None
            self._proven.sizes.clear()
            self.cut.sizes.clear()
        for kept in self.evidence.all():
            parents.add(kept.parent)
            self._void(kept, Fate.DROPPED)
        for parent in [name for name in self.spans if name in parents]:
            self._read(parent, self.spans[parent])

    def contradict(self, found: Contradiction) -> None:
        """Read strictly from now on, and what was kept in doubt again."""
        self.cut.add(*found.sizes)
        for kept in found.doubted:
            self.cut.weigh(kept.size)
        left = self._be_strict() if self.strict is None else []
        self.doubt(found.doubted, left)

    def doubt(self, also: Iterable[KeptWindow] = (), left: Iterable[tuple[str, Window]] = ()) -> None:
        """Read again what was kept and may have been cut by what is known now.

        Args:
            also: lacks rows, whatever its size.
            left: what was not read yet.
        """
        assert self.strict is not None
        doubted = {id(kept): kept for kept in also if self.evidence.holds(kept)}
        doubted |= {id(kept): kept for kept in self.evidence.all() if self.cut.doubts(kept)}
        again: list[tuple[str, Window, Rows | None]] = [(parent, window, None) for parent, window in left]
        for kept in doubted.values():
            self._void(kept, Fate.DOUBTED)
            again.append((kept.parent, kept.window, kept.rows))
        for parent, window, rows in sorted(again, key=lambda entry: (entry[0], entry[1].first)):
            self.strict.add(parent, window, rows)
        self.take_in()

    def _is_open(self, parent: str) -> bool:
        return self.planner.covers(parent) if self.strict is None else self.strict.covers(parent)

    def _read(self, parent: str, window: Window) -> None:
        if self.strict is not None:
            self.strict.add(parent, window)
        else:
            self.planner.add(parent, window)

    def _be_strict(self) -> list[tuple[str, Window]]:
        """From now on an answer counts only if its parts agree; returns what is not read yet."""
        self.cut.sizes |= self.cut_sizes
        of_run = self.planner
        self.strict = StrictPlanner(
            cut=self.cut, rng=self.rng, max_days=of_run.max_days, cap=of_run.cap, vouched=of_run.vouched
        )
        return self._surrender()

    def _surrender(self) -> list[tuple[str, Window]]:
        """What the planner did not read; answers that are still to come are of no use."""
        left = self.planner.surrender()
        self._asked.clear()
        self.take_in(closes=False)
        for (parent, window), rows in self._rows.items():
            self._show(parent, window, rows)
        self._rows.clear()
        return left

    def _show(self, parent: str, window: Window, rows: Rows) -> None:
        """An answer was not kept: what it showed is to be in windows that are (rule W7)."""
        if self.watches:
            self._shown.show(parent, rows, within=window if self.overlaps else None)

    def _void(self, kept: KeptWindow, fate: Fate) -> None:
        self.evidence.drop(kept.parent, kept.window)
        self.reread.add(kept.parent)
        self._made.append(Decision(kept.parent, kept.window, fate, kept.count))
