"""What the trials of the cap model find, by simulation: worlds whose cap is no constant number (rules W6, W7, W8).

    python -m benchmarks.trials [--worlds 50] [--accounts 16] [--rows 12000] [--models NAME ...]

No HTTP: the planner as it is in `sources/aleta`, against servers that cut their answers in every way that was thought
of. A lie is a world that ends without a complaint and with a row missing. The bound is the sum of
max(1, ceil(rows / cap)) over all accounts, for the largest cap that the model ever has; a model that mostly has a
smaller one cannot be read for that. Rows of 400 to 800 bytes, six at most a day, Zipf over the accounts; rows kept
first, last and at random in turn.
"""

from __future__ import annotations

import argparse
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeAlias
from zlib import crc32

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate, Question
from sources.aleta.planning.trials.budget import Budget
from sources.aleta.planning.trials.ends import Ends
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import ONE_DAY, Window

TODAY = date(2026, 11, 25)
SPAN = Window(date(1970, 1, 1), TODAY + timedelta(days=31))
WORKERS = 8
SHOWN = ("first", "last", "any")
NOT_READ = ((True, False), (False, True), (False, False))  # the last day of a window, or the first, or both (W8)
World: TypeAlias = Mapping[str, Sequence[tuple[date, int, int]]]  # account -> day, id, bytes of each row, by day


@dataclass(slots=True, kw_only=True)
class Server:
    """Rows of each account, behind a model of a cap.

    Args:
        model: how many rows of those found are shown.
        shown: which.
        ends: whether the first and the last day of a window are read.
        max_days: a wider window is refused; 0 for no limit.
    """

    world: World
    model: Callable[[Server, str, Sequence[tuple[date, int, int]]], int]
    shown: str
    rng: Random
    cap: int
    ends: tuple[bool, bool] = (True, True)
    max_days: int = 0
    requests: int = 0

    def found(self, parent: str, window: Window) -> Sequence[tuple[date, int, int]]:
        rows = self.world[parent]
        first = window.first if self.ends[0] else window.first + ONE_DAY
        last = window.last if self.ends[1] else window.last - ONE_DAY
        return rows[bisect_left(rows, (first,)) : bisect_right(rows, (last, 1 << 62))]

    def read(self, parent: str, window: Window) -> Sequence[tuple[date, int, int]]:
        self.requests += 1
        rows = self.found(parent, window)
        cap = self.model(self, parent, rows)
        if len(rows) <= cap:
            return rows
        if self.shown == "any":
            return sorted(self.rng.sample(rows, cap))
        return rows[:cap] if self.shown == "first" else rows[len(rows) - cap :]


def constant(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001 - as the others
    return server.cap


def two_nodes(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    """Half as much on every other node."""
    return server.cap // server.rng.choice((1, 2))


def in_turn(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    return server.cap // (1 + server.requests % 2)


def per_parent(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    return server.cap * (2 + crc32(parent.encode()) % 9) // 10


def by_bytes(server: Server, parent: str, rows: Sequence[tuple[date, int, int]]) -> int:  # noqa: ARG001
    total = 0
    for count, (_, _, size) in enumerate(rows):
        total += size
        if total > server.cap * 600:
            return count
    return len(rows)


def lowered(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    """A third, from the twentieth answer on."""
    return server.cap if server.requests < 20 else server.cap * 3 // 10


def raised(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    return server.cap * 3 // 10 if server.requests < 20 else server.cap


def wavering(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    return server.cap - server.rng.randint(0, server.cap // 20)


def by_width(server: Server, parent: str, rows: Sequence[tuple[date, int, int]]) -> int:  # noqa: ARG001
    """Less for more days, as a server does that stops after some seconds."""
    days = (rows[-1][0] - rows[0][0]).days if rows else 0
    return max(server.cap // 4, server.cap - days // 10)


def at_random(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    """Now and then, an answer is cut by a third."""
    return server.cap if server.rng.random() > 0.2 else min(server.cap, max(1, len(rows) * 2 // 3))


def per_year(server: Server, parent: str, rows: Sequence[tuple[date, int, int]]) -> int:  # noqa: ARG001
    """An archive holds what is older than three years, with a cap of its own."""
    old = sum(day < TODAY - timedelta(days=1100) for day, _, _ in rows)
    return server.cap // 3 if old else server.cap


def two_kinds(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    """One account of three has a third of the cap."""
    return server.cap if crc32(parent.encode()) % 3 else server.cap * 3 // 10


def every_tenth(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    return server.cap if server.requests % 10 else server.cap // 2


def empty(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    """One answer of seven shows nothing."""
    return server.cap if server.rng.randrange(7) else 0


def a_few(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    """Of answers of 50 rows or more, three of ten leave out three of a hundred rows."""
    size = len(rows)
    return server.cap if size < 50 or server.rng.random() < 0.7 else size - max(1, size * 3 // 100)


def one_less(server: Server, parent: str, rows: Sequence[object]) -> int:  # noqa: ARG001
    """Of answers of 50 rows or more, three of ten leave out the last that would be shown."""
    size = len(rows)
    return server.cap if size < 50 or server.rng.random() < 0.7 else size - 1


MODELS: Mapping[str, Callable[..., int]] = {
    "constant": constant,
    "two nodes": two_nodes,
    "in turn": in_turn,
    "per parent": per_parent,
    "bytes": by_bytes,
    "lowered": lowered,
    "raised": raised,
    "wavering": wavering,
    "by width": by_width,
    "now and then": at_random,
    "per year": per_year,
    "two kinds": two_kinds,
    "every tenth": every_tenth,
    "empty": empty,
    "a few": a_few,
    "one less": one_less,
    "ends skipped": constant,
}


def world(rng: Random, accounts: int, rows: int) -> World:
    """Zipf over the accounts; a quarter of the rows at month ends, no more than six a day."""
    weights = [1 / (rank + 1) for rank in range(accounts)]
    numbers, made = iter(range(1, 1 << 40)), dict[str, Sequence[tuple[date, int, int]]]()
    for name, weight in enumerate(weights):
        years = 1 + 9 * rng.random()
        first = TODAY - timedelta(days=int(365 * years))
        days = Counter[date]()
        for _ in range(int(rows * weight / sum(weights))):
            day = first + timedelta(days=int((TODAY - first).days * rng.random() ** 0.7))
            if rng.random() < 0.25:
                day = max(first, day.replace(day=1) - ONE_DAY)
            days[day] += days[day] < 6
        made[f"a{name}"] = sorted((day, next(numbers), rng.randint(400, 800)) for day in days.elements())
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one world ended. *missing* rows of a *complete* one are a lie."""

    requests: int
    tried: int
    bound: int
    missing: int
    complete: bool
    noticed: str
    strict: bool
    ends: Ends


def play(
    rows: World,
    server: Server,
    prover: Prover,
    *,
    span: Window = SPAN,
    between: Callable[[int], object] = lambda _: None,
) -> Outcome:
    """Read *rows* with *prover*, and see what is there in the end.

    Args:
        span: of each parent.
        between: called after every answer, with how many there were.
    """
    for parent in rows:
        prover.add(parent, span)
    out: list[Question] = []
    answers: dict[tuple[str, Window], Sequence[tuple[date, int, int]]] = {}
    kept: dict[tuple[str, Window], Sequence[tuple[date, int, int]]] = {}
    complete = True
    while True:
        while len(out) < WORKERS and (question := prover.ask()):
            out.append(question)
        for decision in prover.decisions():
            key = decision.parent, decision.window
            if decision.fate is Fate.KEPT:
                kept[key] = answers[key]
            complete &= decision.fate is not Fate.QUARANTINED
        if not out and prover.parents:
            raise AssertionError("neither asks nor ends")
        if not out:
            break
        question = out.pop(server.rng.randrange(len(out)))
        answer_one(question, server, prover, answers)
        between(server.requests)
    found = {own for shown in kept.values() for _, own, _ in shown}
    sizes = [len(days) for days in rows.values()]
    return Outcome(
        requests=server.requests,
        tried=prover.tried,
        bound=sum(max(1, -(-size // server.cap)) for size in sizes),
        missing=sum(sizes) - len(found),
        complete=complete,
        noticed=prover.noticed,
        strict=prover.strict,
        ends=prover.ends,
    )


def answer_one(question: Question, server: Server, prover: Prover, answers: dict) -> None:  # type: ignore[type-arg]
    window, more = question.window, timedelta(days=prover.overlap)
    if 0 < server.max_days < window.days:
        prover.refuse(question)
        return
    shown = server.read(question.parent, Window(window.first - more, window.last + more))
    if prover.follows(question):
        answers[question.parent, window] = shown
    days = [day for day, _, _ in shown if day in window]
    rows = Rows.of_days([own for _, own, _ in shown], [day for day, _, _ in shown], size=sum(row[2] for row in shown))
    prover.answer(question, rows, days)


def simulate(name: str, worlds: int, accounts: int, rows: int, caps: Sequence[int], budget: Budget) -> list[Outcome]:
    outcomes = []
    for number in range(worlds):
        rng = Random(f"{name} {number}")
        cap, shown = caps[number % len(caps)], SHOWN[number % len(SHOWN)]
        ends = NOT_READ[number // len(SHOWN) % len(NOT_READ)] if name == "ends skipped" else (True, True)
        made = world(rng, accounts, rows)
        server = Server(world=made, model=MODELS[name], shown=shown, rng=rng, cap=cap, ends=ends)
        prover = Prover(planner=Planner(cap=RowCap()), budget=budget, rng=Random(number))
        outcomes.append(play(made, server, prover))
    return outcomes


def line(name: str, outcomes: Sequence[Outcome]) -> str:
    lies = sum(outcome.complete and outcome.missing > 0 for outcome in outcomes)
    partial = sum(not outcome.complete for outcome in outcomes)
    strict = sum(outcome.strict for outcome in outcomes)
    ratio = sum(outcome.requests for outcome in outcomes) / sum(outcome.bound for outcome in outcomes)
    tried = sum(outcome.tried for outcome in outcomes) / sum(outcome.requests for outcome in outcomes)
    first = Counter(outcome.noticed for outcome in outcomes if outcome.noticed).most_common()
    noticed = ", ".join(f"{why} {count}" for why, count in first)
    return f"| {name} | {len(outcomes)} | {lies} | {partial} | {strict} | {ratio:.2f} | {tried:.1%} | {noticed} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=16)
    parser.add_argument("--rows", type=int, default=12_000)
    parser.add_argument("--caps", type=int, nargs="+", default=[1000, 250, 500, 100])
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--least", type=int, default=8)
    args = parser.parse_args()
    print("| model | worlds | lies | partial | strict | requests / bound | trials | noticed by |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for name in args.models:
        began = time.process_time()
        outcomes = simulate(name, args.worlds, args.accounts, args.rows, args.caps, Budget(least=args.least))
        print(line(name, outcomes), f"{time.process_time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
