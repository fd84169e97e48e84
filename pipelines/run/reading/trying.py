"""Trials of the row cap's model in one run: what they may cost, what the next run remembers, what is reported. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.strict.strictness import STRICT_RUNS, Strictness
from sources.aleta.planning.trials.budget import FIRST_LOAD, NIGHT, REVERIFICATION, SIDE_TABLE, SIDE_TABLE_NIGHT, Budget
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import width_learned

from ...ledger.ledger import Learned
from ...ledger.readings import Reading
from ...report.report import TrialRecord

TINY = 10  # rows
LATE_SHARE = 0.01  # of a night's parents, those that are tested for it


def prover_of(planner: Planner, learned: Learned, budget: Budget, rng: Random) -> Prover:
    """*planner* with its trials, after what was learned before."""
    return Prover.after(planner, budget, ends=learned.ends, cut_sizes=learned.cut_sizes, rng=rng)


def budget_of(endpoint: Endpoint, readings: Mapping[str, Reading]) -> Budget:
    """What trials may cost: more where most of it is read whole, most on a first load; less beside the transactions."""
    verified = [reading.whole for reading in readings.values() if reading.mark.verified_at is not None]
    if 2 * (len(verified) - sum(verified)) > len(readings):
        return NIGHT if endpoint.guarded else SIDE_TABLE_NIGHT
    if not endpoint.guarded:
        return SIDE_TABLE
    return REVERIFICATION if 2 * len(verified) > len(readings) else FIRST_LOAD


def learned_of(prover: Prover, before: Learned, *, max_window_days: int = 0) -> Learned:
    """What a reading leaves that began with *before*, and with what the operator configured."""
    planner, left = prover.planner, _strictness(before).after(prover.cut.smallest)
    return Learned(
        known_cap=planner.cap.known,
        proof=planner.next_proof,
        max_days=width_learned(planner.max_days, configured=max_window_days, before=before.max_days),
        ends=prover.ends,
        cut_sizes=tuple(left.cut_sizes),
        strict_runs=left.runs,
    )


def learned_so_far(prover: Prover, before: Learned) -> Learned:
    """What a reading has disproved of what it began with, for a run that is killed before its end (C1).

    Of the sizes that were cut, the smallest says what may be cut.
    """
    ends = prover.ends if prover.disproved else before.ends
    known = sorted(before.cut_sizes)[:1]
    if not prover.planner.cap.divisible or ([*prover.cut.smallest[:1]], ends) == (known, before.ends):
        return before
    left = _strictness(before).after(prover.cut.smallest)
    return replace(before, ends=ends, cut_sizes=tuple(left.cut_sizes), strict_runs=left.runs)


def next_run(learned: Learned) -> Learned:
    """What a run begins with, of what the last one left."""
    begun = _strictness(learned).next_run()
    return replace(learned, cut_sizes=tuple(begun.cut_sizes), strict_runs=begun.runs)


def _strictness(learned: Learned) -> Strictness:
    return Strictness(cut_sizes=learned.cut_sizes, runs=learned.strict_runs)


def suspects_of(late: Mapping[str, int], *, parents: int) -> Sequence[str]:
    """Of so many *parents*, those to test because rows came *late*: how many, by parent (rule 10 of the trials)."""
    most = math.ceil(LATE_SHARE * parents)
    return [parent for parent, _ in sorted(late.items(), key=lambda item: -item[1])][:most]


def strict_from(learned: Learned, sizes: Iterable[int]) -> Learned:
    """What is known once answers of such *sizes* were found to leave out rows; tiny ones are no evidence of a cap."""
    cut = {size for size in sizes if size >= TINY} | set(learned.cut_sizes)
    return replace(learned, cut_sizes=tuple(sorted(cut)), strict_runs=STRICT_RUNS) if cut else learned


def record_of(prover: Prover, *, since: TrialRecord | None = None) -> TrialRecord:
    """How the trials of one endpoint went, in all or *since* an earlier record."""
    before = since or TrialRecord()
    return TrialRecord(
        strict=prover.strict,
        passed=prover.passed - before.passed,
        requests=prover.tried - before.requests,
        noticed=prover.noticed,
        chained=0 < prover.answers == prover.chained,
    )
