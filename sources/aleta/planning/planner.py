"""Which windows of which parents to ask next, and which answers may be kept (rules W1 to W5). Pure.

The planner of one endpoint: it hands out windows, is told how many rows came, and says what became of each window. An
answer that may have been cut is never kept: where the evidence is not in yet it is held, until a larger answer clears
it or its parts do.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from .cap import Judgement, RowCap
from .coverage import Asked, Coverage, Skips
from .density import Density
from .experience import Experience
from .proofs import Proofs, Suspect
from .questions import Decision, Fate, Proof, Question
from .turns import Turns
from .windows import Window

FEW = 3  # windows of one parent that may be ahead, however many rows they hold


@dataclass(slots=True, kw_only=True)
class Planner:
    """All plans of one endpoint.

    Args:
        cap: what is believed of the row cap; the planner adds to it.
        proof: the largest answer of an earlier run, if there was one.
        max_days: the widest window that the API takes; 0 for no limit. Learned from refusals.
        ahead: windows of one parent that may be out or kept behind an older one, while no cap is known.
        rows: rows that may wait behind older ones, of all parents, most of them on disk (rule C5).
        hold: answers of the same, largest size that are held before one is put to the test.
        border: the day that nightly windows begin with, where those are to be asked by themselves from the first.
        vouched: rows of the largest answer of this run that other planners asked for.
    """

    cap: RowCap
    proof: Proof | None = None
    max_days: int = 0
    ahead: int = 16
    rows: int = 3_000_000
    hold: int = 4
    border: date | None = None
    vouched: int = 0
    proofs: Proofs = field(default_factory=Proofs)
    experience: Experience = field(default_factory=Experience)
    _fresh: OrderedDict[str, Window] = field(default_factory=OrderedDict)
    _plans: dict[str, Coverage] = field(default_factory=dict)
    _turns: Turns = field(default_factory=Turns)
    _held: list[Suspect] = field(default_factory=list)
    _out: dict[Asked, str] = field(default_factory=dict)  # whose answers are of use, and their parents
    _testing: Asked | None = None
    _made: list[Decision] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.proofs.earlier = self.proof

    def resume(self, largest: Proof) -> None:
        """Go on where another planner of this run ended: its *largest* answer can be asked again, and clears (W3)."""
        self.proofs.again, self.vouched = largest, largest.count

    def add(self, parent: str, span: Window) -> None:
        """Cover *span* for *parent*; one span at a time for each parent."""
        assert not self.covers(parent), "its other span would never be settled"
        if not self.parents:  # a proof that is still out clears nobody any more, and nobody waits for it
            self._out.clear()
            self._testing = None
        self._fresh[parent] = span
        self.proofs.cover(parent, span)

    @property
    def parents(self) -> int:
        """Parents whose span is not settled (kept, quarantined or given up)."""
        return len(self._fresh) + len(self._plans)

    def ask(self) -> Question | None:
        """The next window to read; None when there is none before another answer comes. Few parents are open."""
        question = (self._prove() if len(self._held) > self.hold else None) or self._next()
        while question is None and not self._out and self._held:
            question = self._prove() or self._widen()
            if question is None:
                self._force()
                question = self._next()
        return question

    def answer(self, question: Question, count: int, days: Sequence[date], *, whole: bool = False) -> None:
        """Take in an answer: *count* rows, whose dates are *days*; *whole*: no cap cuts it, and it tells of none."""
        plan = self._plan_of(question)
        self._came(question)
        question.asked.count = count
        known = (self.cap.known, self.cap.largest)
        if not whole:
            self.proofs.see(question, count, self.cap)
            self.cap.see(count)
        self._sum_up(question.asked)
        if known != (self.cap.known, self.cap.largest):
            self._settle()  # what is held may be clear by now
        if plan is not None:
            self.max_days = min(plan.max_days, self.max_days or plan.max_days)  # it was narrow enough
            self._judge(Suspect(question, days), whole=whole)
        if self._testing is None and len(self._held) > self.hold and self.proofs.spare(self.cap) is None:
            self._test()

    def refuse(self, question: Question) -> bool:
        """The API refused the window as too wide; False when it cannot be divided, so that is not why."""
        plan = self._plan_of(question)
        if not self.cap.divisible or (plan is not None and not plan.halve(question.asked)):
            return False
        self._came(question)
        if question.proof:
            self.proofs.refuse(question.window, self._held)
        elif plan is not None:
            self._made.append(Decision(question.parent, question.window, Fate.TOO_WIDE))
            self._turns.queue(question.parent)
        return True

    def divide(self, question: Question, *, why: str, skips: Skips) -> bool:
        """The answer cannot be taken in: ask its days in parts (`Coverage.divide`); False where that is no way out."""
        plan, asked = self._plan_of(question), question.asked
        if plan is None or not (self.cap.divisible or plan.max_days == 1) or not plan.divide(asked, skips=skips):
            return False
        self._came(question)
        if asked.whole is self._testing:
            self._testing = None  # its parts will not add up
        fate = Fate.QUARANTINED if asked.gap else Fate.SPLIT
        self._made.append(Decision(question.parent, question.window, fate, why=why))
        self._close(question.parent)
        return True

    def follows(self, question: Question) -> bool:
        """Whether an answer to *question* is still of use: its parent was not given up since."""
        return self._plan_of(question) is not None

    def _plan_of(self, question: Question) -> Coverage | None:
        return None if question.proof or question.asked not in self._out else self._plans.get(question.parent)

    def fail(self, question: Question) -> None:
        """The window could not be read: its parent is given up; what was kept of it stays kept."""
        parent, plan = question.parent, self._plan_of(question)
        self._came(question)
        self.proofs.failed |= question.proof
        if plan is None:
            return
        del self._plans[parent]
        self._out = {asked: own for asked, own in self._out.items() if own != parent}
        self.proofs.fail(parent)
        self._held = [suspect for suspect in self._held if suspect.question.parent != parent]
        self._testing = None  # the others no longer wait for it
        self._emit(parent, plan.take_rest())

    def abandon(self) -> list[str]:
        """Give up every parent that is not settled; what was kept of them stays kept. Returns their names."""
        parents = [*self._plans, *self._fresh]
        for parent, plan in self._plans.items():
            self._emit(parent, plan.take_rest())
        for pending in (self._plans, self._fresh, self._held, self._out):
            pending.clear()
        self._testing = None
        return parents

    def covers(self, parent: str) -> bool:
        """Whether *parent* has a span that is not settled."""
        return parent in self._plans or parent in self._fresh

    def surrender(self) -> list[tuple[str, Window]]:
        """Stop, for somebody else goes on; returns what is not settled, parent by parent. What was kept stays kept."""
        left = [(parent, window) for parent, plan in self._plans.items() for window in plan.open_windows()]
        left += self._fresh.items()
        self.abandon()
        return left

    @property
    def next_proof(self) -> Proof | None:
        """What the next run may ask again."""
        return self.proofs.next

    def decisions(self) -> list[Decision]:
        """What was decided since the last call."""
        made, self._made = self._made, []
        return made

    def _came(self, question: Question) -> None:
        self._out.pop(question.asked, None)
        if question.asked is self._testing:  # a proof; a test ends with its parts
            self._testing = None

    def _next(self) -> Question | None:
        question = self._going_on(busy=False) or (self._start() if self._room > 0 else None)
        return question or self._going_on(busy=True) or self._start()

    def _going_on(self, *, busy: bool) -> Question | None:
        found = self._turns.next(self._plans, busy=busy, least=FEW, room=self._room)
        return self._question(found, self._plans[found]) if found else None

    def _start(self) -> Question | None:
        if not self._fresh:
            return None
        parent, span = self._fresh.popitem(last=False)
        self._plans[parent] = plan = Coverage(span, self.max_days, Density(self.experience), border=self.border)
        return self._question(parent, plan)

    def _question(self, parent: str, plan: Coverage) -> Question:
        plan.narrow(self.max_days)
        cap = self.cap.value if self.cap.divisible else None
        question = Question(parent, plan.ask(cap, may_wait=self._room > 0 or plan.ahead < FEW))
        self._out[question.asked] = parent
        self._turns.queue(parent, first=False)
        return question

    @property
    def _room(self) -> int:
        """How many more windows may be out or kept behind an older one."""
        most = self.rows // self.cap.value if self.cap.value else self.ahead * max(1, len(self._plans))
        return most - sum(plan.ahead for plan in self._plans.values())

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
        """Judge everything held again."""
        held, self._held = self._held, []
        for suspect in held:
            self._judge(suspect)

    def _judge(self, suspect: Suspect, *, whole: bool = False) -> None:
        question = suspect.question
        judgement = Judgement.WHOLE if whole else self.cap.judge(question.asked.count)
        if judgement is Judgement.WHOLE:
            self._plans[question.parent].keep(question.asked, suspect.days)
            self._close(question.parent)
        elif judgement is Judgement.CUT and self._divisible(question):
            self._drop(question)
            self._plans[question.parent].again(question.asked, suspect.days)
        else:
            self._held.append(suspect)

    def _test(self) -> bool:
        """Put held answers to the test: ask their spans in parts.

        One test can show the cap and so spare the others theirs. Once it came out whole, it can not: test them all.
        """
        divisible = [suspect for suspect in self._held if self._divisible(suspect.question)]
        for suspect in divisible if self.cap.proven_whole else divisible[:1]:
            self._held.remove(suspect)
            self._testing = suspect.question.asked
            self._drop(suspect.question)
            self._plans[suspect.question.parent].test(suspect.question.asked, suspect.days)
        return bool(divisible)

    def _divisible(self, question: Question) -> bool:
        return self.cap.divisible and question.window.days > 1

    def _prove(self) -> Question | None:
        """Ask an earlier run's largest window again: one request that may clear all that is held."""
        spare = self.proofs.take(self.cap)
        return self._proof_of(spare.parent, spare.window) if spare else None

    def _widen(self) -> Question | None:
        """Ask for the days around one that nothing parts: they hold more rows, unless the cap is what it holds."""
        parted = any(suspect.question.window.days > 1 for suspect in self._held)
        if self.cap.configured or not self.cap.divisible or parted:
            return None
        found = self.proofs.wider(self._held, self._plans)
        return self._proof_of(*found) if found else None

    def _proof_of(self, parent: str, window: Window) -> Question:
        self._testing = Asked(window)
        self._out[self._testing] = ""
        return Question(parent, self._testing, proof=True)

    def _force(self) -> None:
        """Nothing is out and nothing can be asked: test what is held, quarantine what no test can clear (W4)."""
        if not self._test():
            while self._held:
                self._quarantine(self._held.pop(0).question)

    def _drop(self, question: Question) -> None:
        self._made.append(Decision(question.parent, question.window, Fate.SPLIT, question.asked.count))
        self._turns.queue(question.parent)

    def _quarantine(self, question: Question) -> None:
        self._made.append(Decision(question.parent, question.window, Fate.QUARANTINED, question.asked.count))
        self._plans[question.parent].skip(question.asked)
        self._close(question.parent)

    def _close(self, parent: str) -> None:
        """Hand on what is settled without a gap; end the plan when it is done."""
        plan = self._plans[parent]
        self._emit(parent, plan.take())
        if plan.done:
            del self._plans[parent]
            plan.density.end(self.cap.value or 0)
        else:
            self._turns.queue(parent)

    def _emit(self, parent: str, kept: Sequence[Asked]) -> None:
        self._made.extend(Decision(parent, asked.window, Fate.KEPT, asked.count) for asked in kept)
