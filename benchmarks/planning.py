"""Requests of first loads, by simulation: the planner alone, against a server that cuts its answers silently.

    python -m benchmarks.planning [--accounts 100 1000 ...] > benchmarks/REQUESTS.md

No HTTP, no rows: only days. The bound is the sum of max(1, ceil(rows / cap)) over all accounts, without the crawl.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from benchmarks.histories import KINDS, TODAY, World, history
from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate, Question
from sources.aleta.planning.windows import Window

SPAN = Window(date(1970, 1, 1), TODAY + timedelta(days=31))
WORKERS = 8
WORLD_CAPS = (100, 137, 300, 1_000)
PER_MINUTE = 1000
HISTORIES = 400  # that the accounts of a large office share: planning one costs the same whose ever it is
SHOWN: Mapping[str, Callable[[Random, list[date], int], Sequence[date]]] = {
    "first": lambda _, days, cap: days[:cap],
    "last": lambda _, days, cap: days[-cap:],
    "any": lambda rng, days, cap: rng.sample(days, cap),
}


def office(rng: Random, years: float) -> int:
    """Rows of one account: few have many."""
    return int(min(rng.paretovariate(1.1), 300) * 12 * years)


@dataclass(slots=True)
class Server:
    """Sorted days of each parent's rows, behind a silent cap."""

    worlds: Mapping[str, list[date]]
    cap: int
    shown: str
    rng: Random
    requests: int = 0

    def read(self, question: Question) -> Sequence[date]:
        self.requests += 1
        days, window = self.worlds[question.parent], question.window
        found = days[bisect_left(days, window.first) : bisect_right(days, window.last)]
        return found if len(found) <= self.cap else SHOWN[self.shown](self.rng, found, self.cap)


@dataclass(frozen=True, slots=True)
class Played:
    """One first load: its requests, the fewest there can be, rows, accounts that fit under the cap, seconds."""

    requests: int
    bound: int
    rows: int
    fit: float
    seconds: float

    @property
    def ratio(self) -> float:
        return self.requests / self.bound


def play(worlds: Mapping[str, list[date]], cap: int, shown: str, planner: Planner | None = None) -> Played:
    """Plan a first load of *worlds*, with a *planner* as runs have it unless it is given; a lost row ends it."""
    server, began = Server(worlds, cap, shown, Random(cap)), time.process_time()
    planner = planner or Planner(cap=RowCap())
    for parent in worlds:
        planner.add(parent, SPAN)
    out: list[Question] = []
    kept = 0
    while True:
        while len(out) < WORKERS and (question := planner.ask()):
            out.append(question)
        kept += sum(decision.count for decision in planner.decisions() if decision.fate is Fate.KEPT)
        if not out:
            break
        question = out.pop(server.rng.randrange(len(out)))
        days = server.read(question)
        planner.answer(question, len(days), days)
    sizes = [len(days) for days in worlds.values()]
    if kept != sum(sizes):
        raise AssertionError(f"{sum(sizes) - kept:,} rows are missing")
    return Played(
        requests=server.requests,
        bound=sum(max(1, -(-size // cap)) for size in sizes),
        rows=kept,
        fit=sum(size <= cap for size in sizes) / len(sizes),
        seconds=time.process_time() - began,
    )


def fit_nine_in_ten(rng: Random, cap: int, account: int) -> int:
    return int(cap * (1.2 + 4 * rng.random())) if account % 10 == 0 else int(cap * 0.9 * rng.random())


def windows_dominate(rng: Random, cap: int, account: int) -> int:  # noqa: ARG001 - as the other
    return int(cap * (8 + 24 * rng.random()))


def ratios(caps: Sequence[int]) -> Iterator[str]:
    """Lines of the table of ratios."""
    yield "| cap | rows shown | nine accounts in ten fit | windows dominate |"
    yield "| ---: | --- | ---: | ---: |"
    for cap in caps:
        for shown in SHOWN:
            cells = []
            for size, accounts in ((fit_nine_in_ten, 400), (windows_dominate, 60 if cap < 10_000 else 30)):
                rng = Random(f"{size.__name__} {cap}")
                rows = [size(rng, cap, account) for account in range(accounts)]
                worlds = {f"a{n}": history(rng, count, 20, max(2, cap // 8)) for n, count in enumerate(rows)}
                cells.append(f"{play(worlds, cap, shown).ratio:.2f}")
            yield f"| {cap:,} | {shown} | {' | '.join(cells)} |"


def turned(world: World) -> World:
    """*world* with its oldest day as the newest: histories begin on one day, thin out, and end on any."""
    ends = SPAN.first.toordinal() + SPAN.last.toordinal()
    return {name: [date.fromordinal(ends - day.toordinal()) for day in reversed(days)] for name, days in world.items()}


def kinds(caps: Sequence[int], seeds: int, *, back: bool = False) -> Iterator[str]:
    """Lines of the table of kinds of worlds: the median of the seeds, and the worst; *back*: of those `turned`."""
    yield f"| world | rows shown | {' | '.join(f'{cap:,}' for cap in caps)} |"
    yield f"| --- | --- | {' | '.join('---:' for _ in caps)} |"
    for kind, make in KINDS.items():
        played = [(cap, make(Random(f"{kind} {cap} {seed}"), cap)) for cap in caps for seed in range(seeds)]
        if back:
            played = [(cap, turned(world)) for cap, world in played]
        for shown in SHOWN if not back else ("first", "last"):
            ratios = [play(world, cap, shown).ratio for cap, world in played]
            of_caps = [ratios[at : at + seeds] for at in range(0, len(ratios), seeds)]
            cells = [f"{statistics.median(of_cap):.2f} ({max(of_cap):.2f})" for of_cap in of_caps]
            yield f"| {kind} | {shown} | {' | '.join(cells)} |"


def curve(accounts: Sequence[int], years: Sequence[int], cap: int) -> Iterator[str]:
    """Lines of the table of sizes."""
    yield "| accounts | years | rows | fit under the cap | requests | / bound | minutes | monthly, minutes | s CPU |"
    yield "| ---: " * 9 + "|"
    for long in years:
        rng = Random(long)
        kinds = [history(rng, office(rng, long), long, cap // 8) for _ in range(HISTORIES)]
        for count in accounts:
            played = play({f"a{n}": rng.choice(kinds) for n in range(count)}, cap, "any")
            monthly = count * long * 12 / PER_MINUTE
            yield (
                f"| {count:,} | {long} | {played.rows:,} | {played.fit:.0%} | {played.requests:,} | {played.ratio:.2f} "
                f"| {played.requests / PER_MINUTE:,.1f} | {monthly:,.0f} | {played.seconds:.1f} |"
            )


HEAD = """\
# Requests of a first load

Written by `python -m benchmarks.planning{arguments}`: the planner as it is in `sources/aleta`, against a simulated
server that cuts answers at a cap nobody is told. Every history was read from 1970 on, by eight workers whose
answers come in any order, and every row was counted: a row missing ends the simulation. The bound is the sum of
max(1, ⌈rows / cap⌉) over all accounts; the crawl, which nobody can save, is left out of both.
"""
CURVE = """
## By size of the office

Cap 1,000, any rows shown; few accounts have many rows (Pareto, 1.1), a quarter of them at month ends, three times as
many a day at the end of a history as at its beginning. Next to it the usual script: one window a month and account,
without the months that it would have to ask again, and with every row lost of a month that was cut.
"""
WORLDS = """
## By kind of world

The median of {seeds} seeds, and the worst. *Zipf*: 300 accounts, 150,000 rows, of the n-th largest 1/n. *Equal*: 100
accounts of about 2,000 rows. *Bursts of migration*: up to 2,400 rows within three weeks, one to three times. *Seasons*:
two or three months a year, accounts closed on any day; no constant of the planner was chosen by it.
"""
TURNED = """
## The same worlds, turned round in time

Most histories above grow until today, and begin on a day that nobody knows. Turned round, they end so. Where this costs
with the last rows shown what the worlds above cost with the first, the way back by itself is no dearer.
"""
RATIOS = """
## By cap and by the rows that a cut answer shows

Histories of up to 20 years. *Nine in ten fit*: the tenth has 1.2 to 5.2 caps of rows. *Windows dominate*: every account
has 8 to 32 caps. No day holds more than an eighth of the cap.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--years", type=int, nargs="+", default=[10, 20, 40])
    parser.add_argument("--caps", type=int, nargs="+", default=[100, 300, 1_000, 3_000, 10_000])
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    arguments = "".join(f" {argument}" for argument in sys.argv[1:])
    print(HEAD.format(arguments=arguments) + WORLDS.format(seeds=args.seeds))
    print(*kinds(WORLD_CAPS, args.seeds), sep="\n")
    print(TURNED)
    print(*kinds(WORLD_CAPS, args.seeds, back=True), sep="\n")
    print(RATIOS)
    print(*ratios(args.caps), sep="\n")
    print(CURVE)
    print(*curve(args.accounts, args.years, 1_000), sep="\n")


if __name__ == "__main__":
    main()
