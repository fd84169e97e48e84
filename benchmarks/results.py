"""What was measured, as JSON and as medians."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

FIRST, UNCHANGED, CHANGED, AGAIN, KILLED, RESUMED = "first", "unchanged", "changed", "again", "killed", "resumed"
SCENARIOS = {
    FIRST: "First load",
    UNCHANGED: "Unchanged night",
    CHANGED: "Changed night",
    AGAIN: "Everything read again",
    KILLED: "First load, killed (-9) at half its requests",
    RESUMED: "The run after the kill",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one contender.

    Args:
        world: its name.
        round: runs of the same round are a pair.
        refused: answers with 429.
        old_changes: rows that are wrong because of changes before the look-back; not in the other counts.
        digits: numbers that lost digits.
    """

    world: str
    scenario: str
    contender: str
    round: int
    seconds: float
    cpu_s: float
    megabytes: float
    requests: int
    refused: int
    missing: int
    extra: int
    stale: int
    digits: int
    exit: int
    old_changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run of the matrix.

    Args:
        worlds: name -> what it was like, with the fewest requests that can do.
        contenders: name -> `title`, and `versions`: what ran.
    """

    date: str
    machine: dict[str, str | int]
    worlds: dict[str, dict[str, object]]
    contenders: dict[str, dict[str, str]]
    results: list[Result] = field(default_factory=list)

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def of_scenario(self, world: str, scenario: str) -> dict[str, list[Result]]:
        """Its runs by contender, in the order of `contenders`."""
        chosen = [result for result in self.results if (result.world, result.scenario) == (world, scenario)]
        by_name = {name: [result for result in chosen if result.contender == name] for name in self.contenders}
        return {name: runs for name, runs in by_name.items() if runs}

    @classmethod
    def of(cls, file: Path) -> Report:
        stored = json.loads(file.read_text())
        return cls(**{**stored, "results": [Result(**result) for result in stored["results"]]})


def machine() -> dict[str, str | int]:
    """What this was measured on."""
    with Path("/proc/meminfo").open() as lines:
        kilobytes = int(next(line for line in lines if line.startswith("MemTotal")).split()[1])
    with Path("/proc/cpuinfo").open() as lines:
        models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cores": os.cpu_count() or 0,
        "processor": models[0] if models else platform.machine(),
        "memory_gb": round(kilobytes / 2**20),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def median(results: Iterable[Result], measure: str) -> float:
    return float(statistics.median(getattr(result, measure) for result in results))


def ratio(ours: Iterable[Result], theirs: Iterable[Result], measure: str = "seconds") -> float:
    """The median of theirs to ours, each pair within its own round."""
    by_round = {result.round: getattr(result, measure) for result in ours}
    return float(statistics.median(getattr(result, measure) / by_round[result.round] for result in theirs))
