"""The benchmark's scenarios for aleta-sync alone: counts instead of seconds, so that a lost optimisation fails."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from benchmarks import worlds
from benchmarks.contenders import OURS
from benchmarks.measure import Usage
from benchmarks.results import AGAIN, CHANGED, FIRST, KILLED, RESUMED, UNCHANGED, Result
from benchmarks.scenarios import Round
from benchmarks.worlds import World
from sandbox import Sandbox
from tests.e2e import warm
from tests.e2e.program import OVERRIDES

WORLD = World(name="smoke", accounts=6, rows=240, years=2, row_cap=40, busy=False, changes=4)
LEARNING = 10
"""Requests that a first load may send besides the fewest, and its trials: what it takes to find the cap, and windows
not quite full. Which answer comes first is chance: of four loads each cost 4 to 6.
"""
IN_FLIGHT = 8
"""Requests of a run that was killed may be counted to the next one: one a worker."""
TRIALS = 40
"""Requests that put the model of the cap on trial (W6), of a first load: 32, and sizes that come often."""
TRIALS_OF_A_NIGHT = 12
"""The same, of a night that reads whole histories twice: four each, and sizes that come often."""
LOOKING = 24
"""Requests of a night that look for rows it missed (D6): a day and the whole history of each of the six accounts, two
of which need several windows. Which of these come is chance: of twenty nights most cost 12 or fewer, three cost 20.
"""
MIDWAY = 2
"""Packages of such a night besides the last: what was read is committed before rows are looked for, and before what was
only shown is held against it (W7).
"""
PROOF = 1
"""Requests that a night may send besides: what proves that the largest answer was not cut (W3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One run: what the benchmark measured, what the program reported, how many packages it committed."""

    result: Result
    counts: dict[str, int]
    packages: int

    @property
    def loaded(self) -> int:
        return sum(self.counts[name] for name in ("added", "modified", "removed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A whole round, and what may be asked of its runs."""

    seen: dict[str, Seen]
    rows: int
    recent: int
    old: int
    fewest: int
    nightly: int


def run_warm(command: Sequence[str], *, log: Path, enough: Callable[[], bool]) -> Usage:
    """As `measure.run`, but measures nothing, and the process need not import anything."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(OVERRIDES)}
    process = warm.Process(warm.Order(argv=command, cwd=f"{log.parent}", environ=environ))
    while process.poll() is None:
        if enough():
            process.kill()
        time.sleep(0.005)
    out, err = process.communicate()
    log.with_name("out").write_text(out)
    log.write_text(err)
    return Usage(seconds=0.0, cpu_s=0.0, megabytes=0.0, exit=process.returncode)


def packages(folder: Path) -> int:
    """How many load packages dlt has committed so far."""
    with duckdb.connect(f"{folder / 'data/acme/private/store.duckdb'}", read_only=True) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM aleta._dlt_loads").fetchall()
    return count


def watched(playing: Round) -> Iterator[tuple[str, Seen]]:
    """Each run that came to its end, looked at before the next."""
    before = {"kept": 0, "killed": 0}
    for result in playing.play():
        life = "killed" if result.scenario == RESUMED else "kept"
        if result.exit == 0:
            folder = playing.place(OURS, life).folder
            total = packages(folder)
            report = json.loads((folder / "out").read_text())
            counts = report["tenants"]["acme"]["resources"]["transactions"]
            yield result.scenario, Seen(result=result, counts=counts, packages=total - before[life])
            before[life] = total


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """One round of the benchmark with nobody but us."""
    with Sandbox(WORLD.settings()) as box:
        worlds.begin(box, WORLD)
        shown, truth = worlds.rows(box), box.truth("acme")
        fewest = worlds.fewest_requests(box, shown)
        playing = Round(
            box=box, world=WORLD, number=0, folder=tmp_path_factory.mktemp("bench"), contenders=[OURS], runner=run_warm
        )
        seen = dict(watched(playing))
    return Played(
        seen=seen,
        rows=len(shown),
        recent=len(playing.recent or ()),
        old=len(playing.old),
        fewest=fewest,
        nightly=2 + len(truth.clients) + len(truth.legal_entities) + len(truth.accounts),
    )


def wrong(seen: Seen) -> Iterator[str]:
    """What every run must be: complete and exact, but for changes that no night looks for."""
    result = seen.result
    if result.exit or any((result.missing, result.extra, result.stale, result.digits)):
        yield f"not exact: {result}"


def wasteful_first(seen: Seen, played: Played, *, besides: int = 0) -> Iterator[str]:
    """What a first load must not cost."""
    yield from wrong(seen)
    trials = seen.counts["trial_requests"]
    if seen.result.requests - trials > played.fewest + LEARNING + besides:
        yield f"{seen.result.requests} requests where {played.fewest} are the fewest"
    if trials > TRIALS:
        yield f"{trials} requests of trials"
    if seen.packages != 1:
        yield f"{seen.packages} packages for {played.rows} rows"


def wasteful_night(seen: Seen, played: Played, *, changes: range, looking: int = 0) -> Iterator[str]:
    """What a night must not cost: a token, the crawl, one request an account; only changes are loaded."""
    yield from wrong(seen)
    trials = seen.counts["trial_requests"] if looking else 0  # none else is to put anything on trial
    if not 0 <= seen.result.requests - trials - played.nightly <= PROOF + looking:
        yield f"{seen.result.requests} requests, not {played.nightly}"
    if trials > TRIALS_OF_A_NIGHT:
        yield f"{trials} requests of trials"
    if seen.loaded not in changes:
        yield f"{seen.loaded} rows loaded, not {changes}"
    if seen.packages > 1 + MIDWAY * bool(looking):
        yield f"{seen.packages} packages"


def test_a_first_load_costs_few_requests_and_one_package(played):
    """W1, W3: hardly more requests than the rows need at this cap; every row loaded once."""
    seen = played.seen[FIRST]

    assert list(wasteful_first(seen, played)) == []
    assert seen.loaded == played.rows


def test_an_unchanged_night_costs_one_request_an_account_and_loads_nothing_d2(played):
    """D2: receipts, and not one row."""
    assert list(wasteful_night(played.seen[UNCHANGED], played, changes=range(1))) == []


def test_a_changed_night_costs_no_more_requests_and_loads_the_changes_d2(played):
    """D2: the rows that changed within the look-back, and at most those just before it besides."""
    changes = range(played.recent, played.recent + played.old + 1)

    assert played.recent > 5
    assert list(wasteful_night(played.seen[CHANGED], played, changes=changes, looking=LOOKING)) == []


def test_a_load_after_a_kill_costs_no_more_than_a_first_one_c1(played):
    """C1: exact, and at most the uncommitted is read again, which is all of so small a world."""
    assert KILLED not in played.seen
    assert list(wasteful_first(played.seen[RESUMED], played, besides=IN_FLIGHT)) == []


def test_the_guard_sees_a_night_that_reads_everything(played):
    """Sabotage: a run with `reverify_days = 1` is exact, and still no unchanged night."""
    [requests] = wasteful_night(played.seen[AGAIN], played, changes=range(played.old + 1))

    assert requests == f"{played.seen[AGAIN].result.requests} requests, not {played.nightly}"


def test_the_guard_sees_rows_that_are_loaded_without_need(played):
    """Sabotage: the changed night is no unchanged one, and a first load no night."""
    wasted = list(wasteful_night(played.seen[CHANGED], played, changes=range(1), looking=LOOKING))

    assert wasted == [f"{played.seen[CHANGED].loaded} rows loaded, not range(0, 1)"]
    assert len(list(wasteful_night(played.seen[FIRST], played, changes=range(1)))) == 2


def test_the_guard_sees_a_night_of_trials(played):
    """Sabotage: what reads whole histories may put them to the test, and not as often as it likes."""
    seen = played.seen[CHANGED]
    tried = replace(seen, counts=seen.counts | {"trial_requests": TRIALS_OF_A_NIGHT + 1})

    wasted = list(wasteful_night(tried, played, changes=range(99), looking=LOOKING))

    assert f"{TRIALS_OF_A_NIGHT + 1} requests of trials" in wasted
