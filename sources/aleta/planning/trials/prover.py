"""A planner whose model of the cap is on trial in every run (rules W6, W7, W8). Pure.

It begins with the belief that the cap is one constant number of rows. Answers that were kept are tested; after one
contradiction, what is left, and what was kept in doubt, is read strictly.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Self

from ..coverage import Skips
from ..evidence.proven import Contradiction
from ..evidence.rows import Rows
from ..planner import Planner
from ..questions import Decision, Question
from ..strict.nodes import CutSizes
from ..windows import Window
from .budget import NO_TRIALS, Budget
from .ends import Ends, EndsCheck, EndsProbe
from .plans import Plans
from .testing import ProofAgain, Testing
from .trial import Choice, Trial


@dataclass(slots=True, kw_only=True)
class Prover:
    """All plans of one endpoint, and the trials of what was kept.

    Args:
        planner: with what earlier runs learned.
        ends: what earlier runs found out of the ends of windows.
        cut: what earlier runs proved cut: it begins strictly where there is anything.
        noticed: what contradicted the model first; nothing, where nothing did in this run.
        answers: that came, those of trials too; *chained*: those that no cap cuts.
    """

    planner: Planner
    budget: Budget = field(default_factory=Budget)
    ends: Ends = Ends.UNKNOWN
    cut: CutSizes = field(default_factory=CutSizes)
    rng: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - no secret
    noticed: str = ""
    answers: int = 0
    chained: int = 0
    _plans: Plans = field(init=False)
    _testing: Testing = field(init=False)
    _check: EndsCheck = field(init=False)
    _believed: Ends = field(init=False)  # by earlier runs

    @classmethod
    def after(cls, planner: Planner, budget: Budget, *, ends: Ends, cut_sizes: Iterable[int], rng: Random) -> Self:
        """*planner* with its trials, after runs that found out *ends* and *cut_sizes*.

        What cannot be asked for in parts cannot be tried.
        """
        if not planner.cap.divisible:
            return cls(planner=planner, budget=NO_TRIALS)
        return cls(planner=planner, budget=budget, ends=ends, cut=CutSizes(sizes=set(cut_sizes)), rng=rng)

    def __post_init__(self) -> None:
        self._believed = self.ends
        self._check = EndsCheck(self.ends)
        self._plans = Plans(
            planner=self.planner,
            cut=self.cut,
            rng=self.rng,
            watches=self.budget.on,
            overlaps=self.ends is Ends.SKIPPED,
        )
        evidence = self._plans.evidence
        choice = Choice(evidence=evidence, experience=self.planner.experience, rng=self.rng)
        self._testing = Testing(budget=self.budget, evidence=evidence, choice=choice, moved=self._plans.read_again)

    def add(self, parent: str, span: Window) -> None:
        """Cover *span* for *parent*; one span at a time for each parent."""
        self._plans.add(parent, span)

    @property
    def spans(self) -> Mapping[str, Window]:
        """What is read of each parent."""
        return self._plans.spans

    def suspect(self, parents: Iterable[str]) -> None:
        """Put the largest answer of each of *parents* to the test, whose rows came late (rule 10 of the trials)."""
        self._testing.suspect(parents)

    @property
    def parents(self) -> int:
        """Parents whose span is not settled, and requests of trials that are not answered."""
        return self._plans.parents + self._testing.pending

    @property
    def strict(self) -> bool:
        """Whether the model was contradicted, in this run or an earlier one."""
        return self._plans.strict is not None

    @property
    def disproved(self) -> str:
        """What was found that earlier runs did not know when they believed answers; nothing, where nothing was."""
        return self.noticed or ("ends" if self.ends is Ends.SKIPPED is not self._believed else "")

    @property
    def reread(self) -> AbstractSet[str]:
        """Parents of whom something that counted as whole did not in the end: all that was read again, or is to be."""
        return self._plans.reread

    @property
    def requests(self) -> int:
        """Requests that read."""
        return self._plans.requests

    @property
    def tried(self) -> int:
        """Requests of trials."""
        return self._testing.tried

    @property
    def passed(self) -> int:
        """Trials that found nothing."""
        return self._testing.passed

    @property
    def overlap(self) -> int:
        """Days that each window is to be asked wider at both ends."""
        return self._check.overlap

    def ask(self) -> Question | None:
        """The next window to read; None when there is none before another answer comes."""
        if self._plans.parents:
            self._testing.while_reading(self.requests)
        question = self._testing.ask() or self._plans.ask()
        if question is None and not self._testing.pending:
            self._end()
            question = self._testing.ask() or self._plans.ask()
        return question

    def answer(self, question: Question, rows: Rows, days: Sequence[date]) -> None:
        """Take in an answer: its *rows*, and their *days* as the planner is told them."""
        self.answers += 1
        self.chained += rows.whole
        self._testing.came(question)
        self._heed(self._judge(question, rows, days))
        if not rows.whole:
            self._plans.evidence.most_bytes = max(self._plans.evidence.most_bytes, rows.size)
            self._heed(self._plans.see(len(rows)))
        self._look_at_ends()

    def refuse(self, question: Question) -> bool:
        """The API refused the window as too wide; False when it cannot be divided, so that is not why."""
        self._testing.came(question)
        self._fail_trial(question.trial)
        return question.trial is not None or self._plans.refuse(question)

    def divide(self, question: Question, *, why: str, skips: Skips) -> bool:
        """The answer cannot be taken in (F7, F8): see `Planner.divide`."""
        self._testing.came(question)
        self._fail_trial(question.trial)
        return question.trial is not None or self._plans.divide(question, why=why, skips=skips)

    def follows(self, question: Question) -> bool:
        """Whether an answer to *question* may be kept: its parent was not given up."""
        return question.trial is None and self._plans.follows(question)

    def takes_none(self, question: Question) -> bool:
        """Whether a 404 may stand for no rows. Against another answer (W6) it is no evidence; of ends it tells (W8)."""
        return question.trial is None or isinstance(question.trial, EndsProbe)

    def fail(self, question: Question) -> None:
        """The window could not be read: its parent is given up; what was kept of it stays kept."""
        self._testing.came(question)
        self._fail_trial(question.trial)
        if question.trial is None:
            self._plans.fail(question)

    def abandon(self) -> list[str]:
        """Give up every parent that is not settled; what was kept of them stays kept. Returns their names."""
        for trial in self._testing.abandon():
            self._fail_trial(trial)
        return self._plans.abandon()

    def decisions(self) -> list[Decision]:
        """What was decided since the last call."""
        self._heed(self._plans.take_in())
        return self._plans.decisions()

    def _fail_trial(self, trial: Hashable) -> None:
        """A request of *trial* got no answer: what its other requests showed is not lost (W6, W7)."""
        if isinstance(trial, EndsProbe):
            self._testing.probe(self._check.fail(trial))
        elif isinstance(trial, Trial):
            for _, rows in trial.shown:
                self._plans.notice(trial.kept.parent, rows)
            self._heed(self._testing.judge_failed(trial))

    def _judge(self, question: Question, rows: Rows, days: Sequence[date]) -> Contradiction | None:
        match question.trial:
            case EndsProbe():
                if self._check.take(question.trial, question.window, rows):
                    self.ends, self.noticed = self._check.ends, ""
                    self._plans.start_over()
                self._testing.probe(self._check.again())
                self.ends = self._check.ends
                self._plans.notice(question.parent, rows)
                return None
            case ProofAgain():
                self._plans.notice(question.parent, rows)
                return self._testing.answer_proof(question.trial.proof, len(rows))
            case Trial():
                if question.trial.failed:
                    self._plans.notice(question.parent, rows)
                sizes = self._plans.cut_sizes
                return self._testing.answer(question.trial, question.window, rows, cut_sizes=sizes)
            case _:
                if question.proof:
                    self._plans.notice(question.parent, rows)
                return self._plans.answer(question, rows, days)

    def _heed(self, found: Contradiction | None) -> None:
        if found is not None:
            self.noticed = self.noticed or found.why
            before = self.strict, self._plans.cut.reach
            self._plans.contradict(found)
            if before != (self.strict, self._plans.cut.reach):  # else it would never end
                self._testing.restart()

    def _look_at_ends(self) -> None:
        kept, self._plans.kept = self._plans.kept, []
        for window in kept if self.budget.on else ():
            self._testing.probe(self._check.look(window, max_days=self.planner.max_days))

    def _end(self) -> None:
        """Nothing is left to read, but what was put off."""
        self._plans.read_later()
        if not self._plans.parents:
            self._heed(self._plans.close())
        if not self._plans.parents:
            proofs = self.planner.proofs
            self._testing.at_the_end(self.requests, None if self.strict else proofs.largest, proved=proofs.asked)
