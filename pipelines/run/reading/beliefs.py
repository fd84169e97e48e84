"""What one run believes of each endpoint's cap and windows. What disproves a belief is told at once (W6, W8, C1).

What had counted as whole is then read again in the same run, which may take hours. Its rows and marks may be committed
by then: a run that is killed meanwhile must not leave the next one with the old belief.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.trials.prover import Prover

from ...ledger.ledger import Learned, Ledger
from ...report.report import TrialRecord
from ...settings import TenantSettings
from ..events import Doubted, Put, Rereading, Taught
from .planners import lesson
from .trying import learned_so_far, next_run, record_of, strict_from


@dataclass(slots=True, kw_only=True)
class Beliefs:
    """By endpoint: as an earlier run left it, or as this one found it since."""

    tenant: TenantSettings
    ledger: Ledger
    put: Put
    _learned: dict[str, Learned] = field(default_factory=dict)
    _readings: Counter[str] = field(default_factory=Counter)  # each with a prover of its own
    _disproved: dict[str, int] = field(default_factory=dict)  # the reading that disproved what was believed
    _again: dict[str, AbstractSet[str]] = field(default_factory=dict)  # parents to be read again, until all are

    def of(self, endpoint: Endpoint) -> Learned:
        """What was learned of it: in this run, or before."""
        before = self.ledger.learned.get(lesson(endpoint, self.tenant), Learned())
        return self._learned.setdefault(endpoint.name, next_run(before))

    def begin(self, endpoint: Endpoint) -> Learned:
        """Another prover reads it from now on; what it begins with."""
        self._readings[endpoint.name] += 1
        return self.of(endpoint)

    def watch(self, endpoint: Endpoint, prover: Prover, doubtful: Callable[[], AbstractSet[str]]) -> None:
        """Tell what is new, before anything is handed on that *prover* read since.

        Args:
            doubtful: parents of which more was believed than *prover* reads: once that is disproved, it is read again.
        """
        name, known, reading = endpoint.name, self.of(endpoint), self._readings[endpoint.name]
        learned, disproved = learned_so_far(prover, known), prover.disproved and self._disproved.get(name) != reading
        before = self._again.get(name, frozenset())
        again = before | prover.reread | (doubtful() if disproved else frozenset())
        if len(again) > len(before):
            self._again[name] = again
            self.put(Rereading(name, again))
        if learned != known or disproved:
            self._learned[name] = learned
            record = replace(record_of(prover), passed=0, requests=0)
            self.put(Taught(name, learned, record, lesson(endpoint, self.tenant), ended=False))
        if disproved:  # another reading of this run believed it, too
            self._disproved[name] = reading
            self.put(Doubted(name, in_this_run=reading > 1))

    def note_cut(self, endpoint: Endpoint, sizes: Sequence[int]) -> None:
        """Answers of such *sizes* left out rows: it is read strictly from now on, and what was read of it is due."""
        strict = strict_from(known := self.of(endpoint), sizes)
        if strict is not known:
            self._learned[endpoint.name] = strict
            self.put(Taught(endpoint.name, strict, None, lesson(endpoint, self.tenant), ended=False))
            self.put(Doubted(endpoint.name, in_this_run=True))

    def learn(self, endpoint: Endpoint, learned: Learned, trials: TrialRecord) -> None:
        """What a reading taught that has come to its end."""
        self._learned[endpoint.name] = learned
        self.put(Taught(endpoint.name, learned, trials, lesson(endpoint, self.tenant)))

    def end(self, endpoint: Endpoint) -> None:
        """All is read again."""
        if self._again.pop(endpoint.name, None):
            self.put(Rereading(endpoint.name, frozenset()))
