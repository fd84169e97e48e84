"""Hands out the requests of trials, within their budget, and judges the answers (rule W6). Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ..cap import MOVED
from ..coverage import Asked
from ..evidence.kept import Evidence, KeptWindow
from ..evidence.proven import Contradiction
from ..evidence.rows import Rows
from ..questions import Proof, Question
from ..windows import Window
from .budget import FEW, Budget
from .trial import Choice, Trial, Verdict


@dataclass(slots=True)
class ProofAgain:
    """The largest answer, asked for once more at the end."""

    proof: Proof


@dataclass(slots=True, kw_only=True)
class Testing:
    """The trials of one endpoint in one run.

    Args:
        moved: told of a window of which a row moved while it was tested.
    """

    budget: Budget
    evidence: Evidence
    choice: Choice
    moved: Callable[[KeptWindow], None]
    tried: int = 0  # requests
    passed: int = 0  # trials
    spent: int = 0  # requests of those that the budget is for
    probed: int = 0  # requests that find out about the ends of windows
    _wanted: deque[Question] = field(default_factory=deque)
    _out: dict[Asked, Question] = field(default_factory=dict)
    _stage: int = 0

    @property
    def pending(self) -> int:
        """Requests to send, or out."""
        return len(self._wanted) + len(self._out)

    def probe(self, questions: Sequence[Question]) -> None:
        """Ask these, which find out about the ends of windows."""
        self.probed += len(questions)
        self._wanted.extend(questions)

    def suspect(self, parents: Iterable[str]) -> None:
        """Test an answer of each of these, whatever is left of the budget."""
        for parent in parents:
            self._spend(self.choice.suspect(parent))

    def ask(self) -> Question | None:
        """The next request, if there is one."""
        if not self._wanted:
            return None
        question = self._wanted.popleft()
        self._out[question.asked] = question
        self.tried += 1
        return question

    def came(self, question: Question) -> None:
        """It is not out any more."""
        self._out.pop(question.asked, None)

    def abandon(self) -> list[Trial]:
        """Ask and wait for nothing more; the trials that do not come to their ends."""
        left = {id(asked.trial): asked.trial for asked in (*self._wanted, *self._out.values())}
        self._wanted.clear()
        self._out.clear()
        return [trial for trial in left.values() if isinstance(trial, Trial)]

    def while_reading(self, read: int) -> None:
        """Begin a trial if one is due after *read* requests that read."""
        if not self._wanted and self.budget.on and self.budget.due(read, self.spent):
            self._spend(self.choice.while_reading())

    def restart(self) -> None:
        """Something was contradicted, another belief is on trial: all of the end come again, and may cost anew."""
        self._stage = self.spent = 0

    def at_the_end(self, read: int, largest: Proof | None, *, proved: bool = False) -> None:
        """All is read: begin with the next kind of trial; nothing happens when there is none left.

        Args:
            largest: the answer to ask for once more; None where its size is no proof.
            proved: the largest answer of the last run was asked for again: in a small run that counts.
        """
        proves = self.budget.proves(read) and largest is not None and largest.count > 1

        def left() -> int:
            return self.budget.left(read, self.spent, probed=self.probed) - int(proved and read < FEW)

        steps: Sequence[Callable[[], None]] = (
            lambda: self._begin_suspects(self.choice.sizes, left() - int(proves), on_top=self.budget.sizes),
            lambda: self._begin_suspects(self.choice.bytes, left() - int(proves), on_top=self.budget.bytes),
            lambda: self._spend_rest(left() - int(proves)),
            lambda: self._prove(largest if proves else None),
        )
        while self.budget.on and self._stage < len(steps) and not self._wanted:
            steps[self._stage]()
            self._stage += 1

    def answer_proof(self, proof: Proof, count: int) -> Contradiction | None:
        """The largest answer, asked for again: fewer rows say that the cap came down meanwhile."""
        if count < proof.count - MOVED:
            return Contradiction(sizes=[count], why="proof")
        self.passed += 1
        return None

    def answer(self, trial: Trial, window: Window, rows: Rows, *, cut_sizes: set[int]) -> Contradiction | None:
        """Take in a part of what is tested, or the whole."""
        if trial.forgotten and not trial.failed:
            return self._recall(trial, rows)
        trial.take(window, rows)
        if trial.failed:
            return self.judge_failed(trial)
        if trial.waits or not self.evidence.holds(trial.kept):
            return None
        match trial.judge(cut_sizes):
            case Verdict.PASSED:
                self._pass(trial)
            case Verdict.UNDECIDED:
                trial.again()
                self._ask_parts(trial)
            case Verdict.MOVED:
                self._ask_whole(trial)
            case Verdict.CUT:
                return Contradiction(sizes=trial.sizes(), why=trial.why, doubted=[trial.kept])
        return None

    def judge_failed(self, trial: Trial) -> Contradiction | None:
        """One request of *trial* failed: what the others showed contradicts the model all the same."""
        trial.failed = True
        if trial.forgotten or not self.evidence.holds(trial.kept) or trial.contrast().count <= MOVED:
            return None
        return Contradiction(sizes=trial.sizes(), why=trial.why, doubted=[trial.kept])

    def _recall(self, trial: Trial, rows: Rows) -> Contradiction | None:
        """All of a window whose rows are not remembered, asked for once more: their number is."""
        kept = trial.kept
        if not self.evidence.holds(kept):
            return None
        if abs(len(rows) - kept.count) > MOVED:
            return Contradiction(sizes=[min(len(rows), kept.count)], why=trial.why, doubted=[kept])
        if len(rows) != kept.count:
            self.moved(kept)
            return None
        trial.recall(rows)
        self._ask_parts(trial)
        return None

    def _begin(self, trials: Iterable[Trial]) -> None:
        for trial in trials:
            if trial.forgotten:
                self._ask_whole(trial)
            else:
                self._ask_parts(trial)

    def _ask_whole(self, trial: Trial) -> None:
        self._wanted.append(Question(trial.kept.parent, Asked(trial.kept.window), trial=trial))

    def _ask_parts(self, trial: Trial) -> None:
        trial.part(self.choice.rng)
        self._wanted.extend(Question(trial.kept.parent, Asked(window), trial=trial) for window in trial.parts)

    def _begin_suspects(self, choose: Callable[[int], Sequence[Trial]], left: int, *, on_top: int) -> None:
        """Trials of what looks like a cap: those that come *on_top*, or as many as are *left* for."""
        trials = choose(on_top or max(0, left // 2))
        self.spent += 0 if on_top else sum(trial.requests for trial in trials)
        self._begin(trials)

    def _spend(self, trial: Trial | None) -> None:
        if trial is not None:
            self.spent += trial.requests
            self._begin([trial])

    def _spend_rest(self, left: int) -> None:
        while left > 0 and (trial := self.choice.at_the_end()):
            left -= trial.requests
            self._spend(trial)

    def _prove(self, largest: Proof | None) -> None:
        if largest is not None:
            self._wanted.append(Question(largest.parent, Asked(largest.window), trial=ProofAgain(largest)))

    def _pass(self, trial: Trial) -> None:
        self.passed += 1
        if len(trial.asks) > 1:
            trial.kept.prove(trial.shown)
        if trial.whole is not None:
            self.moved(trial.kept)
