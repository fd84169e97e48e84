"""The matrix: us and the peers on the same server, in pairs, with the limiter off and on. `make bench` runs this.

python -m benchmarks.matrix [--small] [--peers ours,dlt,...] [--pairs N] [--limiter off|on|both] ...
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks import environments, worlds
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.publish import publish
from benchmarks.results import FIRST, SCENARIOS, Report, Result, machine, today
from benchmarks.scenarios import Round
from benchmarks.worlds import World
from pipelines.report.version import VERSION
from sandbox import Sandbox

HERE = Path(__file__).parent
MATRIX = World(name="limiter off", accounts=30, rows=15_000, years=3, row_cap=250)
LIMITED = World(name="limiter on", accounts=12, rows=6_000, years=3, row_cap=250, per_minute=1_000)
FIGURE = World(name="200 x 1,000", accounts=200, rows=200_000, years=6, row_cap=1_000, skew=0.0, busy=False)
SMALL = {
    MATRIX.name: replace(MATRIX, accounts=20, rows=10_000, years=2),
    LIMITED.name: replace(LIMITED, accounts=16, rows=2_000, years=2),
}


def main() -> None:
    """Play what is asked for; write the results, and with the default worlds the README and its charts."""
    asked = _arguments()
    contenders = [CONTENDERS[name] for name in asked.peers]
    report = Report(date=today(), machine=machine(), worlds={}, contenders=_described(contenders))
    for contender in contenders:
        if contender.environment:
            environments.python(contender.environment)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for world, rounds, whole in _worlds(asked):
            racing = (
                contenders if whole else [contender for contender in contenders if contender.name in ("ours", "dlt")]
            )
            for result in _played(report, world, racing, rounds=rounds, whole=whole, folder=Path(folder)):
                report.results.append(result)
                _say(result)
    publish(report, asked.out)


def _played(
    report: Report, world: World, racing: Sequence[Contender], *, rounds: int, whole: bool, folder: Path
) -> Iterator[Result]:
    with Sandbox(world.settings()) as box:
        worlds.begin(box, world)
        fewest = worlds.fewest_requests(box, worlds.rows(box))
        report.worlds[world.name] = {**asdict(world), "today": f"{world.today}", "fewest_requests": fewest}
        for number in range(rounds):
            playing = Round(box=box, world=world, number=number, folder=folder, contenders=racing)
            yield from playing.play(tuple(SCENARIOS) if whole else (FIRST,))


def _worlds(asked: argparse.Namespace) -> Iterator[tuple[World, int, bool]]:
    """Each world, its rounds, and whether all is played in it or only the first load of design.md's figure."""
    chosen = SMALL if asked.small else {world.name: world for world in (MATRIX, LIMITED)}
    overrides = {
        name: getattr(asked, name) for name in ("accounts", "rows", "row_cap", "years") if getattr(asked, name)
    }
    if asked.limiter in ("off", "both"):
        yield replace(chosen[MATRIX.name], **overrides), asked.pairs, True
    if asked.limiter in ("on", "both"):
        yield chosen[LIMITED.name], 1, True
    if asked.figure_pairs and not asked.small:
        yield FIGURE, asked.figure_pairs, False


def _described(contenders: Sequence[Contender]) -> dict[str, dict[str, str]]:
    ours = f"aleta-sync {VERSION}"
    versions = {
        contender.name: environments.versions(contender.environment) if contender.environment else ours
        for contender in contenders
    }
    return {
        contender.name: {"title": contender.title, "versions": versions[contender.name]} for contender in contenders
    }


def _say(result: Result) -> None:
    print(
        f"{result.world:<12} {result.scenario:<10} {result.contender:<12} {result.seconds:7.1f} s"
        f"  cpu {result.cpu_s:6.1f} s"
        f"  {result.megabytes:5.0f} MB  {result.requests:6} requests, {result.refused} refused"
        f"  missing {result.missing}"
        f"  extra {result.extra}  stale {result.stale}  digits {result.digits}"
        f"  old {result.old_changes}  exit {result.exit}",
        file=sys.stderr,
        flush=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a few minutes: small worlds, one pair, no figure")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=list(CONTENDERS), help="who runs")
    parser.add_argument("--pairs", type=int, default=0, help="rounds in the matrix; ratios are medians of pairs")
    parser.add_argument("--figure-pairs", type=int, default=1, help="rounds of 200 accounts x 1,000 rows; 0: none")
    parser.add_argument("--limiter", choices=["off", "on", "both"], default="both")
    for name in ("accounts", "rows", "row-cap", "years"):
        parser.add_argument(f"--{name}", type=int, default=0, help="of the matrix with the limiter off")
    parser.add_argument("--out", type=Path, help="folder of results.json, README.md and charts")
    asked = parser.parse_args()
    asked.pairs = asked.pairs or (1 if asked.small else 3)
    asked.out = asked.out or (HERE / ".out" if asked.small else HERE)
    if unknown := set(asked.peers) - CONTENDERS.keys():
        parser.error(f"no contender {', '.join(sorted(unknown))}; there are {', '.join(CONTENDERS)}")
    return asked


if __name__ == "__main__":
    main()
