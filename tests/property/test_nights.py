"""Night after night against a world that changes, and against one that does not.

The suite plays a few nights, `make nights` thirty or as many as it is told.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import duckdb
import pytest

from tests.histories.all_tables import EVERYTHING_EVERY_NIGHT, KINDS, AllTables, AnyChange
from tests.histories.cuts import draw
from tests.histories.runner import Ended, Runner
from tests.histories.scene import Scene

pytestmark = pytest.mark.long

NIGHTS = int(os.environ.get("NIGHTS", "0"))
SEED = int(os.environ.get("NIGHT_SEED", "1"))
WORLD = {"seed": SEED, "row_cap": 150} | ({"accounts": 40, "rows": 2000} if NIGHTS else {"accounts": 12, "rows": 400})
WORLD_OF_ALL = {"seed": SEED, "instruments": 8, "computed_days": 25, "prefix": "v3"} | (
    {"accounts": 12, "rows": 400, "row_cap": 60} if NIGHTS else {}
)
FIXED_NIGHTS = (("holdings", "prices", "limits", "accounts"), ("instruments", "objects", "names"))
SHARES = {"late": 0.01, "edited": 0.01, "deleted": 0.005}
KILLED_EVERY = 3 if NIGHTS else 2

Tell = Callable[[str], None]
BOOKS = ("sync_runs", "sync_windows", "sync_marks")


@pytest.mark.timeout(0 if NIGHTS else 300)
@pytest.mark.parametrize(
    ("within_days", "aleta"),
    [
        pytest.param(25, {}, id="changes-within-the-look-back"),
        pytest.param(0, {"reverify_days": 0}, id="changes-of-any-age-all-read-again"),
    ],
)
def test_every_night_ends_exact(runner: Runner, tmp_path: Path, within_days: int, aleta: dict[str, object], tell: Tell):
    """1 % of rows late, 1 % edited, 0.5 % deleted, accounts that come and go, runs that are killed: each is exact."""
    nights, rng, seen = NIGHTS or 2, Random(SEED), Counter()
    # a small account may lose all of its few rows in one night, and that is to be believed here
    with Scene(runner, tmp_path, aleta=aleta | {"max_removed_share": 1.0}, **WORLD) as scene:
        scene.sync()
        assert scene.differences() == []
        for number in range(1, nights + 1):
            scene.pass_time(days=1)
            scene.night("acme", number, within_days, shares=SHARES)
            seen.update(_come_and_go(scene, rng))
            if number % KILLED_EVERY == 0:
                seen["kills"] += _killed(scene, rng)

            ended = scene.sync()

            assert ended.report.status == "complete", ended.report
            assert scene.differences() == []
            seen.update(_counts(ended))
            if NIGHTS:
                days = f"of the last {within_days} days" if within_days else "of any day"
                tell(f"NIGHT_SEED={SEED} changes {days}: {number} nights, each exact: {dict(seen)}")

    assert seen["kills"] == nights // KILLED_EVERY
    assert all(seen[name] for name in ("added", "modified", "removed"))


def _come_and_go(scene: Scene, rng: Random) -> list[str]:
    """Some nights an account is new, gone, or back; what happened."""
    kind = rng.choice(["new_account", "account_gone", "account_back", ""])
    return [kind] if kind and scene.change(kind) else []


def _killed(scene: Scene, rng: Random) -> int:
    """A run that is killed at random; a run that ended before is none, and is followed by another."""
    while not scene.sync(cut=draw(rng)).signal:
        pass
    return 1


def _counts(ended: Ended) -> dict[str, int]:
    found = ended.report.tenants[0].of("transactions")
    return {name: getattr(found, name) for name in ("added", "modified", "removed")}


@pytest.mark.timeout(0 if NIGHTS else 300)
def test_every_night_over_all_resources_ends_exact(runner: Runner, tmp_path: Path, tell: Tell):
    """Rows of any age, computed figures, prices, instruments, limits, objects: each night all tables equal the API."""
    nights, rng, seen = NIGHTS or len(FIXED_NIGHTS), Random(SEED), Counter()
    with Scene(runner, tmp_path, aleta=EVERYTHING_EVERY_NIGHT, **WORLD_OF_ALL) as scene:
        tables, changes = AllTables(scene=scene, first_sync=scene.now.date()), AnyChange(scene=scene, rng=rng)
        scene.sync()
        assert tables.differences() == []
        for number in range(1, nights + 1):
            scene.pass_time(days=1)
            scene.night("acme", number, shares=SHARES)
            seen.update(changes.happen(*(rng.sample(KINDS, 4) if NIGHTS else FIXED_NIGHTS[number - 1])))
            tables.tonight()
            if number % KILLED_EVERY == 0:
                seen["kills"] += _killed(scene, rng)

            ended = scene.sync()

            assert ended.report.status == "complete", ended.report
            assert tables.differences() == []
            if NIGHTS:
                tell(f"NIGHT_SEED={SEED} all resources: {number} nights, each exact: {dict(seen)}")

    assert seen["kills"] == nights // KILLED_EVERY
    assert all(seen[kind] for kind in KINDS)


@pytest.mark.timeout(0 if NIGHTS else 300)
def test_a_quiet_night_loads_no_row_and_costs_accounts_and_crawl(runner: Runner, tmp_path: Path, tell: Tell):
    """D1, D2: beyond one request an account and the crawl there is only what reading whole histories again adds."""
    nights, extra, lowest = NIGHTS or 2, [], 0
    with Scene(runner, tmp_path, **WORLD) as scene:
        scene.sync()
        lowest = _crawl(scene) + len(scene.accounts())
        before = _content(scene)
        for _ in range(nights):
            scene.pass_time(days=1)

            [said] = scene.sync().report.tenants

            assert said.status == "complete"
            assert {op: said.total(op) for op in ("added", "modified", "removed")} == {
                "added": 0,
                "modified": 0,
                "removed": 0,
            }
            assert _content(scene) == before
            extra.append(said.requests - lowest)
            if NIGHTS:
                tell(f"NIGHT_SEED={SEED} quiet: no row loaded, {lowest} requests and on top {extra}")

    assert min(extra) >= 0
    assert sum(extra) <= max(2, 0.03 * lowest) * nights  # two: what proves the cap, and the one account in turn


def _crawl(scene: Scene) -> int:
    """Requests that list all objects: clients, and what hangs below each."""
    shown = scene.box.truth("acme")
    weights = {"clients": 3, "legal_entities": 2, "reporting_entities": 1, "portfolios": 1}
    return 1 + sum(weight * len(getattr(shown, name)) for name, weight in weights.items())


def _content(scene: Scene) -> dict[str, set[str]]:
    """Every row of every table but the books of the runs, with all we note of it."""
    with duckdb.connect(f"{scene.oracles['acme'].copy}", read_only=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {
            name: {repr(row) for row in connection.execute(f"SELECT * FROM aleta.{name}").fetchall()}
            for name in tables
            if name not in BOOKS
        }
