"""A planner whose model of the cap is on trial in every run (rules W6, W7, W8). Pure.

It begins with the belief that the cap is one constant number of rows (`Planner`). Answers that were kept are tested;
one contradiction, and what is left, and what was kept in doubt, is read strictly (`StrictPlanner`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from . import ends
from .budget import Budget
from .coverage import Asked
from .ends import Ends, EndsProbe
from .evidence import MOVED, Evidence, KeptWindow, Rows
from .planner import Planner
from .questions import Decision, Fate, Proof, Question
from .shown import Missing, ShownRows
from .strict import CutSizes, StrictPlanner
from .trials import Choice, Trial, Verdict
from .windows import Window


@dataclass(slots=True)
class ProofAgain:
    """The largest answer, asked for once more at the end."""

    proof: Proof


@dataclass(slots=True, kw_only=True)
class Prover:
    """All plans of one endpoint, and the trials of what was kept.

    Args:
        planner: reads as long as nothing contradicts it.
        ends: what earlier runs found out of the ends of windows.
        cut_sizes: what earlier runs proved cut: it begins strictly where there is anything.
    """

    planner: Planner
    budget: Budget = field(default_factory=Budget)
    ends: Ends = Ends.UNKNOWN
    cut: CutSizes = field(default_factory=CutSizes)
    rng: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - no secret
    strict: StrictPlanner | None = None
    requests: int = 0  # that read
    tried: int = 0  # requests of trials
    spent: int = 0  # of these, what the budget is for
    passed: int = 0  # trials
    noticed: str = ""  # what contradicted the model first
    _evidence: Evidence = field(default_factory=Evidence)
    _shown: ShownRows = field(default_factory=ShownRows)
    _spans: dict[str, Window] = field(default_factory=dict)
    _rows: dict[tuple[str, Window], Rows] = field(default_factory=dict)  # answers not decided on
    _wanted: deque[Question] = field(default_factory=deque)
    _asked: set[Asked] = field(default_factory=set)  # questions that read, whose answers are of use
    _open: set[Asked] = field(default_factory=set)  # questions of trials that are out
    _made: list[Decision] = field(default_factory=list)
    _stage: int = 0
    _sizes: Counter[int] = field(default_factory=Counter)
    _cap_proven: int = 0  # in this run
    _later: list[tuple[str, Window]] = field(default_factory=list)  # to be read again, once the rest is read
    _probe: EndsProbe | None = None
    _probes: int = 0
    _choice: Choice = field(init=False)

    def __post_init__(self) -> None:
        shows = lambda: self.planner.shows  # noqa: E731
        self._choice = Choice(evidence=self._evidence, shows=shows, rng=self.rng)
        if self.cut.sizes:
            self._be_strict()

    # -- what a planner does

    def add(self, parent: str, span: Window) -> None:
        """Cover *span* for *parent*; one span at a time for each parent."""
        self._spans[parent] = span
        if self.strict is not None:
            self.strict.add(parent, span)
        else:
            self.planner.add(parent, span)

    @property
    def parents(self) -> int:
        """Parents whose span is not settled; and what is on trial."""
        reading = self.strict.parents if self.strict is not None else self.planner.parents
        return reading + len(self._open) + len(self._wanted) + len(self._later)

    def ask(self) -> Question | None:
        """The next window to read; None when there is none before another answer comes."""
        if not self._wanted and self._reading and self.budget.due(self.requests, self.spent):
            self._try(self._choice.while_reading())
        if not self._wanted and (question := self._read()):
            return question
        if not self._wanted and not self._reading and not self._open:
            self._end()
            if question := self._read():
                return question
        if not self._wanted:
            return None
        question = self._wanted.popleft()
        self._open.add(question.asked)
        self.tried += 1
        return question

    def answer(self, question: Question, rows: Rows, days: Sequence[date]) -> None:
        """Take in an answer: its *rows*, and their *days* as the planner is told them."""
        self._evidence.most_bytes = max(self._evidence.most_bytes, rows.size)
        self._open.discard(question.asked)
        if self.strict is None and self.follows(question):
            self._rows[question.parent, question.window] = rows
        if question.trial is not None:
            self._answer_trial(question, rows)
        elif question.asked not in self._asked:
            pass  # the planner that asked has been stopped
        elif self.strict is not None:
            self._answer_strictly(self.strict, question, rows)
        else:
            self._answer_planner(question, rows, days)
        self._see(len(rows))

    def refuse(self, question: Question) -> bool:
        """The API refused the window as too wide; False when it cannot be divided, so that is not why."""
        if question.trial is not None:
            self._open.discard(question.asked)
            return True
        if question.asked not in self._asked:
            return True
        if self.strict is None:
            return self.planner.refuse(question)
        return not self.strict.follows(question) or self.strict.refuse(question)

    def follows(self, question: Question) -> bool:
        """Whether an answer to *question* is still of use: its parent was not given up."""
        if question.trial is not None or question.asked not in self._asked:
            return False
        return self.strict.follows(question) if self.strict is not None else self.planner.follows(question)

    def fail(self, question: Question) -> None:
        """The window could not be read: its parent is given up; what was kept of it stays kept."""
        self._open.discard(question.asked)
        if question.trial is not None or question.asked not in self._asked:
            return
        if self.strict is None:
            self.planner.fail(question)
        elif self.strict.follows(question):
            self.strict.fail(question)

    def abandon(self) -> list[str]:
        """Give up every parent that is not settled; what was kept of them stays kept. Returns their names."""
        self._wanted.clear()
        self._open.clear()
        return self.strict.abandon() if self.strict is not None else self.planner.abandon()

    def decisions(self) -> list[Decision]:
        """What was decided since the last call."""
        self._take_in()
        made, self._made = self._made, []
        return made

    @property
    def overlap(self) -> int:
        """Days that each window is to be asked wider at both ends."""
        return int(self.ends is Ends.SKIPPED)

    # -- answers

    @property
    def _reading(self) -> bool:
        return bool(self.strict.parents if self.strict is not None else self.planner.parents)

    def _read(self) -> Question | None:
        question = self.strict.ask() if self.strict is not None else self.planner.ask()
        if question is not None:
            self.requests += 1
            self._asked.add(question.asked)
        return question

    def _answer_planner(self, question: Question, rows: Rows, days: Sequence[date]) -> None:
        cap, before = self.planner.cap, self.planner.cap.known
        self.planner.answer(question, len(rows), days)
        if cap.known is not None and cap.known != before:
            self._cap_proven = cap.known
        self._take_in()

    def _see(self, count: int) -> None:
        """An answer larger than a cap that this run proved is a contradiction, not a new belief."""
        self._sizes[count] += 1
        proven = self._cap_proven if self.budget.on else 0
        if proven and count > proven and self._sizes[proven] > 1 and self.strict is None:
            self._contradict([proven], why="a larger answer")

    def _answer_strictly(self, strict: StrictPlanner, question: Question, rows: Rows) -> None:
        least = self.cut.least
        if strict.follows(question):
            strict.answer(question, rows)
        self._take_in()
        if self.cut.least < least:
            self._doubt()

    def _take_in(self) -> None:
        """What the planners decided becomes evidence."""
        if self.strict is not None:
            for node in self.strict.kept():
                self._keep(node.parent, node.window, node.rows or Rows(), proven=node.proven)
            self._made += self.strict.decisions()
        closed = set[str]()
        for decision in self.planner.decisions():
            self._made.append(decision)
            rows = self._rows.pop((decision.parent, decision.window), None)
            if decision.fate is Fate.KEPT and rows is not None:
                self._keep(decision.parent, decision.window, rows)
                closed.add(decision.parent)
            elif rows is not None:
                self._shown.show(decision.parent, rows, within=decision.window if self.overlap else None)
        for parent in closed:
            if self.strict is None and not self.planner.covers(parent):
                self._close(parent)

    def _keep(self, parent: str, window: Window, rows: Rows, *, proven: bool = False) -> None:
        kept = KeptWindow(
            parent=parent,
            window=window,
            count=len(rows),
            rows=rows,
            size=rows.size,
            entire=window == self._spans.get(parent),
            proven=proven,
            explained=self._shown.explain(parent, rows),
        )
        self._evidence.keep(kept)
        if self.ends is Ends.UNKNOWN and self._probe is None and self._probes < ends.ROWS_TRIED and self.budget.on:
            self._probe_ends(kept)

    def _close(self, parent: str) -> None:
        """A parent is read: what was shown of it must be in what was kept (rule W7)."""
        missing = self._shown.close(parent, self._evidence.of(parent)) if self.budget.on else Missing()
        if missing.sizes:
            self._contradict(missing.sizes, why="rows that were shown", also=missing.holes)
        elif missing.rows and self._shown.again(parent):
            for kept in self._evidence.of(parent):
                self._void(kept)
            self.planner.add(parent, self._spans[parent])

    # -- the ends of windows

    def _probe_ends(self, kept: KeptWindow) -> None:
        self._probe = ends.probe(kept, max_days=self.planner.max_days)
        if self._probe is not None:
            self._probes += 1
            self._wanted.extend(Question(kept.parent, Asked(one), trial=self._probe) for one in self._probe.windows)

    def _answer_probe(self, probe: EndsProbe, window: Window, rows: Rows) -> None:
        probe.take(window, rows)
        if len(probe.answers) < len(probe.windows):
            return
        self.ends, self._probe = probe.verdict, None
        if self.ends is Ends.SKIPPED:
            self._read_again()

    def _read_again(self) -> None:
        """All that was read so far, and is being read, with windows that overlap; what contradicted counts no more."""
        parents = {parent for parent, _ in self._surrender()}
        if self.strict is not None:
            parents.update(self.strict.abandon())
            self.strict, self.noticed, self._cap_proven = None, "", 0
            self.cut.sizes.clear()
        for kept in self._evidence.all():
            parents.add(kept.parent)
            self._void(kept)
        for parent in [one for one in self._spans if one in parents]:
            self.planner.add(parent, self._spans[parent])

    # -- trials

    def _try(self, trial: Trial | None) -> None:
        if trial is not None:
            self.spent += len(trial.parts)
            self._ask_parts(trial)

    def _ask_parts(self, trial: Trial) -> None:
        self._wanted.extend(Question(trial.kept.parent, Asked(window), trial=trial) for window in trial.parts)

    def _answer_trial(self, question: Question, rows: Rows) -> None:
        match question.trial:
            case EndsProbe():
                self._answer_probe(question.trial, question.window, rows)
            case ProofAgain():
                self._judge_proof(question.trial.proof, len(rows))
            case Trial():
                self._judge(question.trial, question.window, rows)

    def _judge(self, trial: Trial, window: Window, rows: Rows) -> None:
        if window in trial.parts:
            trial.parts[window] = rows
        else:
            trial.whole = rows
        if trial.waits or not self._evidence.holds(trial.kept):
            return
        match trial.judge(self._suspect_sizes()):
            case Verdict.PASSED:
                self._pass(trial)
            case Verdict.UNDECIDED:
                trial.tries += 1
                trial.parts = dict.fromkeys(self._choice.parts(trial.kept, trial.why, both=True))
                self._ask_parts(trial)
            case Verdict.MOVED:
                self._wanted.append(Question(trial.kept.parent, Asked(trial.kept.window), trial=trial))
            case Verdict.CUT:
                self._contradict(trial.sizes(), why=trial.why, also=[trial.kept])

    def _suspect_sizes(self) -> set[int]:
        return self.cut.sizes | ({self._cap_proven} - {0})

    def _pass(self, trial: Trial) -> None:
        self.passed += 1
        if len(trial.parts) > 1:
            trial.kept.proven = True
        if trial.whole is not None:  # rows moved while we read: what is shown now is kept
            self._void(trial.kept)
            self._later.append((trial.kept.parent, trial.kept.window))

    def _judge_proof(self, proof: Proof, count: int) -> None:
        self.passed += 1
        if count < proof.count - MOVED:
            self.passed -= 1
            self._contradict([count], why="proof")

    def _end(self) -> None:
        """Nothing is left to read: go on with the trials of the end, step by step."""
        if self._later:
            self._read_later()
        if not self.budget.on or self._reading:
            return
        steps: Sequence[Callable[[], object]] = (self._try_sizes, self._try_bytes, self._try_rest, self._prove)
        while self._stage < len(steps) and not self._wanted:
            steps[self._stage]()
            self._stage += 1

    def _read_later(self) -> None:
        later, self._later = self._later, []
        for parent, window in later:
            if self.strict is not None:
                self.strict.add(parent, window)
            elif not self.planner.covers(parent):
                self.planner.add(parent, window)
            else:
                self._later.append((parent, window))

    def _try_sizes(self) -> None:
        for trial in self._choice.sizes()[: self.budget.free]:
            self._ask_parts(trial)

    def _try_bytes(self) -> None:
        for trial in self._choice.bytes()[: self.budget.free]:
            self._ask_parts(trial)

    def _try_rest(self) -> None:
        proof = self.strict is None and self.budget.proves(self.requests)
        left = self.budget.left(self.requests, self.spent) - int(proof)
        while left > 0 and (trial := self._choice.at_the_end()):
            left -= len(trial.parts)
            self._try(trial)

    def _prove(self) -> None:
        proof = self.planner.largest
        if self.strict is None and proof is not None and self.budget.proves(self.requests) and proof.count > 1:
            self._wanted.append(Question(proof.parent, Asked(proof.window), trial=ProofAgain(proof)))

    # -- contradictions

    def _contradict(self, sizes: Sequence[int], *, why: str, also: Iterable[KeptWindow] = ()) -> None:
        for size in sizes:
            if size:
                self.cut.add(size)
        self.noticed = self.noticed or str(why)
        self._stage = 0
        roots = [] if self.strict is not None else self._be_strict()
        self._doubt(also, roots)

    def _be_strict(self) -> list[tuple[str, Window]]:
        """From now on an answer counts only if its parts agree; returns what is not read yet."""
        if self._cap_proven:
            self.cut.add(self._cap_proven)
        self.strict = StrictPlanner(cut=self.cut, rng=self.rng, max_days=self.planner.max_days)
        return self._surrender()

    def _surrender(self) -> list[tuple[str, Window]]:
        """What the planner did not read; answers that are still to come are of no use."""
        left = self.planner.surrender()
        self._asked.clear()
        self._shown = ShownRows()
        self._take_in()
        self._rows.clear()
        return left

    def _doubt(self, also: Iterable[KeptWindow] = (), roots: Iterable[tuple[str, Window]] = ()) -> None:
        """Read again what was kept, and may have been cut by what is known now."""
        assert self.strict is not None
        doubted = {id(one): one for one in also if self._evidence.holds(one)}
        doubted |= {id(one): one for one in self._evidence.all() if not one.proven and self.cut.suspects(one.count)}
        again: list[tuple[str, Window, Rows | None]] = [(parent, window, None) for parent, window in roots]
        for kept in doubted.values():
            self._void(kept)
            again.append((kept.parent, kept.window, kept.rows))
        for parent, window, rows in sorted(again, key=lambda one: (one[0], one[1].first)):
            self.strict.add(parent, window, rows)
        self._take_in()

    def _void(self, kept: KeptWindow) -> None:
        self._evidence.drop(kept.parent, kept.window)
        self._made.append(Decision(kept.parent, kept.window, Fate.VOIDED, kept.count))
