"""The planner against a server that hides its cap, keeps any rows, and answers in any order."""

import itertools
import random
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate, Proof
from sources.aleta.planning.windows import Window
from tests.lengths import examples

START = date(2015, 1, 1)
SPAN = Window(START, START + timedelta(days=3999))
FATES = st.sampled_from(["first", "last", "random"])


@dataclass
class Server:
    """Sorted days of the rows of each parent, behind a silent cap."""

    worlds: dict[str, list[date]]
    cap: int
    keep: str
    max_days: int = 0
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    requests: int = 0

    def whole(self, parent: str, window: Window) -> list[date]:
        days = self.worlds[parent]
        return days[bisect_left(days, window.first) : bisect_right(days, window.last)]

    def read(self, parent: str, window: Window) -> list[date] | None:
        """None: refused as too wide."""
        self.requests += 1
        if self.max_days and window.days > self.max_days:
            return None
        rows = self.whole(parent, window)
        if len(rows) > self.cap:
            kept = {"first": rows[: self.cap], "last": rows[-self.cap :]}.get(self.keep)
            rows = kept if kept is not None else self.rng.sample(rows, self.cap)
        return self.rng.sample(rows, len(rows))


@dataclass
class Outcome:
    kept: dict[str, list[Window]]
    quarantined: dict[str, list[Window]]
    splits: int
    lost: list[str]


def drive(planner: Planner, server: Server, *, workers: int = 8, span: Window = SPAN) -> Outcome:
    """Cover *span* for every parent, with up to *workers* questions out and answers coming in any order."""
    out: list = []
    answers: dict[tuple[str, Window], int] = {}
    result = Outcome({p: [] for p in server.worlds}, {p: [] for p in server.worlds}, 0, [])
    for parent in server.worlds:
        planner.add(parent, span)
    limit = 60 * (sum(len(days) for days in server.worlds.values()) + len(server.worlds)) + 20_000
    while True:
        while len(out) < workers and (question := planner.ask()):
            out.append(question)
        assert out or not planner.parents, "the planner neither asks nor ends"
        if out:
            question = out.pop(server.rng.randrange(len(out)))
            days = server.read(question.parent, question.window)
            if days is None:
                assert planner.refuse(question)
            elif question.proof:
                planner.answer(question, len(days), days)
            else:
                answers[question.parent, question.window] = len(days)
                planner.answer(question, len(days), days)
        finished = not out and not planner.parents
        for decision in planner.decisions():
            if decision.fate is Fate.KEPT:
                result.kept[decision.parent].append(decision.window)
                if answers[decision.parent, decision.window] != len(server.whole(decision.parent, decision.window)):
                    result.lost.append(f"{decision}")
            elif decision.fate is Fate.QUARANTINED:
                result.quarantined[decision.parent].append(decision.window)
            elif decision.fate is Fate.SPLIT:
                result.splits += 1
        if finished:
            return result
        assert server.requests < limit, "the planner does not come to an end"


def tiles(windows: list[Window], span: Window) -> bool:
    """Whether *windows* cover *span* without a gap or an overlap."""
    ordered = sorted(windows)
    ends = [ordered[0].first == span.first, ordered[-1].last == span.last] if ordered else [False]
    return all(ends) and all(a.last + timedelta(days=1) == b.first for a, b in itertools.pairwise(ordered))


def zipf_world(rng: random.Random, parents: int, rows: int, *, busiest_day: int) -> dict[str, list[date]]:
    """Accounts of very unequal size; no day of one holds more than *busiest_day* rows; month ends are busier."""
    weights = [1 / (rank + 1) for rank in range(parents)]
    world: dict[str, list[date]] = {}
    for name, weight in enumerate(weights):
        days: Counter[date] = Counter()
        for _ in range(int(rows * weight / sum(weights))):
            day = SPAN.first + timedelta(days=rng.randrange(SPAN.days))
            if rng.random() < 0.3:
                day = day.replace(day=28)
            if days[day] < busiest_day and day in SPAN:
                days[day] += 1
        world[f"a{name}"] = sorted(days.elements())
    return world


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["first", "last", "random"])
@pytest.mark.parametrize("caps", [range(2, 20), range(20, 80, 3), range(80, 201, 7)], ids=str)
def test_w3_every_cap_is_found_and_nothing_is_lost(caps, keep):
    """For every cap from 2 to 200 the kept windows hold every row and tile the span (W1, W2, W3, W5)."""
    for cap in caps:
        rng = random.Random(cap)
        world = zipf_world(rng, 12, 1500, busiest_day=max(1, cap - 1))
        server = Server(world, cap, keep)
        result = drive(Planner(cap=RowCap()), server)
        assert result.lost == []
        for parent in world:
            assert tiles(result.kept[parent] + result.quarantined[parent], SPAN), (cap, keep, parent)
            if cap > 2:
                assert result.quarantined[parent] == []


@settings(max_examples=examples(100), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    cap=st.integers(2, 60),
    keep=FATES,
    workers=st.integers(1, 12),
    max_days=st.sampled_from([0, 0, 1, 7, 31, 366]),
    believed=st.sampled_from([None, 3, 17, 40, 500]),
    proof=st.sampled_from([0, 5, 40, 500]),
    busiest=st.integers(1, 80),
)
def test_w_rules_hold_whatever_was_believed_before(seed, cap, keep, workers, max_days, believed, proof, busiest):
    """A cap that came down or went up, busy days, refused widths: what is kept is whole; all else is named."""
    rng = random.Random(seed)
    world = zipf_world(rng, rng.randrange(1, 8), rng.randrange(0, 500), busiest_day=busiest)
    span = Window(SPAN.first, SPAN.first + timedelta(days=399 if max_days in (1, 7) else SPAN.days - 1))
    server = Server(world, cap, keep, max_days, random.Random(seed))
    planner = Planner(cap=RowCap(known=believed), proof=Proof("a0", span, proof) if proof else None)
    result = drive(planner, server, workers=workers, span=span)
    assert result.lost == []
    for parent in world:
        assert tiles(result.kept[parent] + result.quarantined[parent], span)
        assert all(window.days == 1 for window in result.quarantined[parent])


def test_w4_a_day_over_the_cap_is_quarantined_and_nothing_else():
    """One busy day of one account is given up; every other day of it and of the others is kept whole."""
    busy = START + timedelta(days=700)
    world = {"busy": sorted([busy] * 50 + [START + timedelta(days=n * 3) for n in range(900)]), "calm": [START] * 3}
    server = Server(world, 20, "random")
    result = drive(Planner(cap=RowCap()), server)
    assert result.quarantined == {"busy": [Window(busy, busy)], "calm": []}
    assert result.lost == []


@pytest.mark.parametrize("keep", ["first", "last"])
def test_w4_a_day_that_fills_an_answer_alone_is_asked_alone(keep):
    """It was 437 requests: the days behind it were left out one by one, for each answer showed nothing but this day."""
    busy = SPAN.last - timedelta(days=400)
    world = {"busy": sorted([busy] * 1000 + [START + timedelta(days=n * 20) for n in range(200)])}
    server = Server(world, 300, keep)

    result = drive(Planner(cap=RowCap()), server)

    assert result.quarantined == {"busy": [Window(busy, busy)]}
    assert result.lost == []
    assert server.requests <= 10


def test_w1_a_quiet_night_costs_one_request_an_account():
    """Accounts far under the cap are asked once; only the largest answer of the night is proven by its parts."""
    world = {f"a{n}": [START + timedelta(days=k) for k in range(n % 7)] for n in range(300)}
    server = Server(world, 1000, "random")
    world["heavy"] = [START + timedelta(days=k) for k in range(3900)][:900]
    night = Window(START, START + timedelta(days=30))
    planner = Planner(cap=RowCap(), proof=Proof("heavy", SPAN, 900))
    result = drive(planner, server, span=night)
    assert result.lost == []
    assert result.splits == 0
    assert server.requests == 301 + 1


def test_w4_the_busiest_day_of_a_night_is_cleared_by_a_wider_window():
    """W4: where its history holds more rows than the day, the cap is higher than that: nothing is quarantined."""
    busy = START + timedelta(days=3990)
    world = {"busy": [START + timedelta(days=7 * k) for k in range(20)] + [busy] * 9, "calm": [busy] * 3}
    server = Server(world, 20, "random")
    night = Window(SPAN.last - timedelta(days=30), SPAN.last)

    result = drive(Planner(cap=RowCap(), proof=Proof("busy", SPAN, 5)), server, span=night)

    assert result.quarantined == {"busy": [], "calm": []}
    assert result.lost == []


@pytest.mark.parametrize("max_days", [3, 200, 2000])
def test_w4_a_wider_window_that_is_refused_is_asked_half_as_wide(max_days: int):
    """W5 for proofs: a day is not given up since the first window around it was too wide."""
    busy = START + timedelta(days=1000)
    world = {"busy": sorted([START + timedelta(days=999 + k) for k in range(3)] + [busy])}
    server = Server(world, 20, "random", max_days)

    result = drive(Planner(cap=RowCap(), proof=Proof("busy", SPAN, 4)), server, span=Window(busy, busy))

    assert result.quarantined == {"busy": []}
    assert result.lost == []


def test_w4_a_wider_window_that_brings_no_more_clears_nothing():
    """W4: the cap may be what the day holds."""
    busy = START + timedelta(days=3990)
    world = {"busy": [START + timedelta(days=7 * k) for k in range(20)] + [busy] * 12, "calm": [busy] * 3}
    server = Server(world, 9, "random")
    night = Window(SPAN.last - timedelta(days=30), SPAN.last)

    result = drive(Planner(cap=RowCap(), proof=Proof("busy", SPAN, 5)), server, span=night)

    assert result.quarantined == {"busy": [Window(busy, busy)], "calm": []}
    assert result.lost == []
