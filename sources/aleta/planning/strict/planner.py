"""Reads the windows of an endpoint whose cap is no constant number: an answer counts if its parts agree (W6). Pure.

Each span is read as a tree. An answer that may have been cut is asked for in two parts. Where both show the same rows
as the whole, the whole counts; where they do not, each part is judged by itself. An answer so small that nothing near
its size was ever proven cut counts without.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from ..cap import MOVED, RowCap
from ..coverage import Asked
from ..evidence import borders
from ..evidence.kept import largest_divisible
from ..evidence.rows import Rows, contrast
from ..questions import Decision, Fate, Question
from ..windows import Window
from .nodes import CutSizes, Node, State

EMPTY = 2  # times an answer without rows is to come: it has no parts
SAME = 3  # times a single day is to show the same rows, where nothing can part it
TRIES = 6  # to get there, while rows move
UNBELIEVED = (
    "answers of {} rows leave out rows that others show, so that no answer can be believed: tell Aleta; the next run "
    "tries again"
)


@dataclass(slots=True, kw_only=True)
class StrictPlanner:
    """Spans that are read strictly, parent by parent, the spans of one in turn.

    Args:
        cut: what was proven cut; grows.
        max_days: the widest window that the API takes; 0 for no limit.
        cap: what this run's answers prove; the planner adds to it.
        vouched: rows of the largest answer of this run before.
        all_read: no larger answer comes any more, that could vouch for a full day.
    """

    cut: CutSizes
    rng: Random
    max_days: int = 0
    cap: RowCap = field(default_factory=RowCap)
    vouched: int = 0
    all_read: bool = False
    requests: int = 0
    _widest: int = 0  # days of a window that was answered
    _roots: dict[str, deque[Node]] = field(default_factory=dict)
    _todo: list[Node] = field(default_factory=list)  # the last is asked first
    _out: dict[Asked, Node] = field(default_factory=dict)
    _made: list[Decision] = field(default_factory=list)
    _kept: list[Node] = field(default_factory=list)  # since the last call of `kept`
    _parted: list[Node] = field(default_factory=list)  # since the last call of `parted`

    def add(self, parent: str, window: Window, rows: Rows | None = None, *, owed: Collection[int] = ()) -> None:
        """Read *window* of *parent*.

        Args:
            rows: what an answer to it showed, if there is one to begin with.
            owed: rows that another answer showed, and this one lacks.
        """
        node = Node(parent, window, rows=rows, asks=int(rows is not None), owed=set(owed))
        waiting = self._roots.setdefault(parent, deque())
        waiting.append(node)
        if waiting[0] is node:
            self._begin(node)

    @property
    def parents(self) -> int:
        """Parents with a span that is not settled."""
        return len(self._roots)

    def covers(self, parent: str) -> bool:
        return parent in self._roots

    def ask(self) -> Question | None:
        """The next window to read; None when there is none before another answer comes."""
        while self._todo:
            node = self._todo.pop()
            if node.parent in self._roots:
                self.requests += 1
                asked = Asked(node.window)
                self._out[asked] = node
                return Question(node.parent, asked)
        return None

    def follows(self, question: Question) -> bool:
        return question.asked in self._out and question.parent in self._roots

    def answer(self, question: Question, rows: Rows) -> None:
        """Take in an answer."""
        node = self._out.pop(question.asked)
        if node.parent not in self._roots:
            return
        self._take(node, rows)
        if node.above is not None and node.above.comparing:
            self._compare(node.above)
        else:
            self._judge(node)
        self._emit(node.parent)

    def refuse(self, question: Question) -> bool:
        """The API refused the window as too wide; False for a single day: that cannot be why."""
        node = self._out.pop(question.asked)
        if node.window.days == 1:
            self._out[question.asked] = node
            return False
        half = (node.window.days + 1) // 2
        if node.window.days > self._widest:  # otherwise it has days that are refused (`Planner.refuse`)
            self.max_days = min(half, self.max_days or half)
        self._made.append(Decision(node.parent, node.window, Fate.TOO_WIDE))
        if node.above is not None and node.above.comparing:  # both parts are then read by themselves
            self._part(node.above)
            for part in node.above.parts:
                if part.rows is not None:
                    self._judge(part)
        self._divide(node)
        return True

    def fail(self, question: Question) -> None:
        """The window could not be read: its parent is given up."""
        node = self._out.pop(question.asked)
        self._roots.pop(node.parent, None)
        self._todo = [waiting for waiting in self._todo if waiting.parent != node.parent]
        self._out = {asked: out for asked, out in self._out.items() if out.parent != node.parent}

    def abandon(self) -> list[str]:
        """Give up whatever is not settled. Returns the parents."""
        parents = list(self._roots)
        for pending in (self._roots, self._todo, self._out):
            pending.clear()
        return parents

    def decisions(self) -> list[Decision]:
        made, self._made = self._made, []
        return made

    def kept(self) -> list[Node]:
        """What was kept since the last call."""
        kept, self._kept = self._kept, []
        return kept

    def parted(self) -> list[Node]:
        """Whose parts count in their place, since the last call: what they showed is to be in these (rule W7)."""
        parted, self._parted = self._parted, []
        return parted

    def _begin(self, node: Node) -> None:
        if node.rows is None:
            self._want(node)
        else:
            node.same = 1
            self._judge(node)
            self._emit(node.parent)

    def _want(self, node: Node) -> None:
        if 0 < self.max_days < node.window.days:
            self._divide(node)
        else:
            self._todo.append(node)

    def _divide(self, node: Node) -> None:
        """Read the days of *node*, which cannot be asked for at once, by themselves."""
        width = min(self.max_days or node.window.days, (node.window.days + 1) // 2)
        node.parts = tuple(Node(node.parent, window) for window in node.window.tiles(width))
        node.state = State.PARTED
        for part in reversed(node.parts):
            self._want(part)

    def _take(self, node: Node, rows: Rows) -> None:
        node.asks += 1
        self._widest = max(self._widest, node.window.days)
        if not rows.whole:
            self.cap.see(len(rows))
        differing = (node.rows.known() if node.rows is not None else set()) ^ rows.known()
        if node.rows is not None:
            fewer = min(node.rows, rows, key=len)
            self.cut.note(len(fewer), by=len(differing), weight=fewer.size)
            if not len(node.rows) and len(differing) > MOVED:
                self.cut.give_up()
        node.same = 1 if differing else node.same + 1
        node.rows = rows

    def _judge(self, node: Node) -> None:
        """May what *node* shows count?"""
        assert node.rows is not None
        count = len(node.rows)
        lost = len(node.owed - node.rows.known())
        if self.cut.hopeless and (count or self.cut.suspects(0)) and not node.rows.whole:
            node.state, node.why = State.QUARANTINED, UNBELIEVED.format(self.cut.least)
        elif (lost and node.same < SAME) or (self._is_doubted_empty(node) and node.asks < TRIES):
            self._ask_again(node)
        elif node.rows.whole or (not self.cut.suspects(count, node.rows.size) and (lost <= MOVED or not count)):
            self._accept(node, proven=node.rows.whole or (not count and self.cut.empties))
        elif node.window.days > 1:
            self._test(node)
        else:
            self._judge_day(node, node.rows)

    def _is_doubted_empty(self, node: Node) -> bool:
        return self.cut.empties and not node.rows and node.same < EMPTY

    def _judge_day(self, node: Node, rows: Rows) -> None:
        if node.asks >= TRIES or self.cut.reached(len(rows), rows.size) or self.is_unvouched(len(rows)):
            node.state = State.QUARANTINED
        elif node.same < SAME:
            self._ask_again(node)
        else:
            node.undivided = True
            self._accept(node, proven=True)

    def is_unvouched(self, count: int) -> bool:
        """Whether no larger answer got through: a lower cap than any before may have made it so (`RowCap.judge`)."""
        return self.all_read and 1 < count >= max(self.cap.largest, self.vouched)

    def _ask_again(self, node: Node) -> None:
        if node.asks >= TRIES:
            node.owed = set()
            self._judge(node)
        else:
            self._todo.append(node)

    def _test(self, node: Node) -> None:
        assert node.rows is not None
        days = node.rows.days(node.window)
        node.comparing = True
        windows = borders.parts(node.window, days, self.rng)
        node.parts = tuple(Node(node.parent, window, node) for window in windows)
        for part in reversed(node.parts):
            self._todo.append(part)

    def _compare(self, node: Node) -> None:
        """Hold the parts against the whole, once both have come."""
        assert node.rows is not None
        shown = [(part.window, part.rows) for part in node.parts if part.rows is not None]
        if len(shown) < len(node.parts):
            return
        found = contrast(node.rows, shown)
        if not found.count and not any(len(rows) in self.cut.sizes for _, rows in shown):
            node.undivided = any(len(rows) == len(node.rows) for _, rows in shown)
            if node.undivided and self.is_unvouched(len(node.rows)):
                self._judge_parts(node)
                return
            if self.cut.may_lack(largest_divisible(shown)):
                self._part(node)
                for part in node.parts:
                    self._judge(part) if part.window.days > 1 else self._accept(part, proven=True)
                return
            node.comparing = False
            node.rests_on = largest_divisible(shown)
            self._made += [Decision(node.parent, window, Fate.CHECKED) for window, _ in shown]
            self._accept(node, proven=True)
            return
        if found.more:
            self.cut.note(len(node.rows), by=len(found.more), weight=node.rows.size)
        for part in node.parts:
            assert part.rows is not None
            part.owed = found.lacking.get(part.window, set()) | (node.owed & node.rows.within(part.window))
            self.cut.note(len(part.rows), by=len(part.owed - part.rows.known()), weight=part.rows.size)
        self._judge_parts(node)

    def _judge_parts(self, node: Node) -> None:
        self._part(node)
        for part in node.parts:
            self._judge(part)

    def _part(self, node: Node) -> None:
        """The parts count in place of *node*."""
        node.comparing = False
        node.state = State.PARTED
        self._parted.append(node)
        self._made.append(Decision(node.parent, node.window, Fate.SPLIT, len(node.rows or ())))

    def _accept(self, node: Node, *, proven: bool) -> None:
        node.state, node.proven = State.ACCEPTED, proven

    def _emit(self, parent: str) -> None:
        """Hand on the roots of *parent* that are settled; what is doubted by now is tested first."""
        waiting = self._roots.get(parent)
        while waiting and waiting[0].settled:
            leaves = list(waiting[0].leaves())
            if self._doubt(leaves):
                return
            waiting.popleft()
            for leaf in leaves:
                fate = Fate.KEPT if leaf.state is State.ACCEPTED else Fate.QUARANTINED
                self._made.append(Decision(leaf.parent, leaf.window, fate, len(leaf.rows or ()), leaf.why))
            self._kept += [leaf for leaf in leaves if leaf.state is State.ACCEPTED]
            if waiting:
                self._begin(waiting[0])
                return
            del self._roots[parent]

    def _doubt(self, leaves: list[Node]) -> bool:
        """Judge again what was accepted by its size, where answers as small were proven cut since."""
        doubted = [
            leaf for leaf in leaves if leaf.state is State.ACCEPTED and self._is_doubted(leaf, leaf.rows or Rows())
        ]
        for leaf in doubted:
            leaf.state = State.OPEN
            self._judge(leaf)
        return any(leaf.state is State.OPEN for leaf in doubted)

    def _is_doubted(self, leaf: Node, rows: Rows) -> bool:
        if leaf.undivided:  # asked again and again, it showed the same: of its own size alone, that proves nothing
            return len(rows) in self.cut.sizes
        return self.cut.may_lack(leaf.rests_on) if leaf.proven else self.cut.suspects(len(rows), rows.size)
