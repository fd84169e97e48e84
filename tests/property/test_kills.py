"""`kill -9` before every single step of a run, and at random; what follows must end as if nothing had happened.

The suite takes some of the steps, `make oracle` all of them; `make kills` takes hundreds of random instants.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from tests.histories.cuts import Cut, draw
from tests.histories.runner import Runner
from tests.histories.scene import Scene

pytestmark = pytest.mark.long

EVERY = int(os.environ.get("EVERY_STEP", "0"))
PARTS = 6 if EVERY else 1  # of the steps, for workers to share
KILLS = int(os.environ.get("KILLS", "0"))
SEED = int(os.environ.get("KILL_SEED", "1"))
SHARDS = 2

Tell = Callable[[str], None]
LAST = 1000  # no run of these worlds has as many
ON_V1 = {"aleta": {"track": "v1", "look_back_days": LAST}, "v1_page_rows": 5, "v1_spelling": "jsonapi", "plain": True}


def first(_: Scene) -> None:
    """A first load follows."""


def night(scene: Scene) -> None:
    """A night with changes of every kind follows, and whole histories are read again."""
    scene.sync()
    for kind in ("late", "edit", "delete", "move", "rename"):
        scene.change(kind, **{"count": 2} if kind != "rename" else {})
    scene.configure(reverify_days=0)


def quiet(scene: Scene) -> None:
    """A night without changes follows: its only package has nothing but records."""
    scene.sync()


def edit_last_pages(scene: Scene, accounts: Sequence[str], *, count: int) -> None:
    """Rows that no first page shows: v1 has them in the order of their ids, five a page."""
    for account in accounts:
        for own_id in sorted(scene.rows_of(account))[-count:]:
            scene.change("edit", id=own_id)


@pytest.mark.timeout(0 if EVERY else 300)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    ("at", "chosen"),
    [
        pytest.param("http", (30,), id="requests"),
        pytest.param("file", (60,), id="files"),
        pytest.param("step", (1, 2), id="steps"),
        pytest.param("merged", (0,), id="merged"),
    ],
)
def test_a_kill_on_v1_is_made_good_and_no_kept_page_is_believed_wrongly(
    runner: Runner, tmp_path: Path, at: str, chosen: tuple[int, ...], part: int
):
    """C1 on v1: pages are kept before their rows are committed; a 304 for them brings in the rows that were lost."""
    for nth in range(part * EVERY, LAST, PARTS * EVERY) if EVERY else chosen:
        with Scene(runner, tmp_path / f"{nth}", **ON_V1) as scene:
            scene.sync()
            edit_last_pages(scene, scene.accounts(), count=3)

            ended = scene.sync(cut=Cut(how="kill", at=at, nth=nth))

            edit_last_pages(scene, scene.accounts()[:1], count=1)
            scene.sync()
            asked = Counter(request.status for request in scene.box.requests if request.path == "/v1/transactions")
            assert asked[304] > 0
            assert scene.differences() == []
            if not ended.signal:
                break


@pytest.mark.timeout(0 if EVERY else 300)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    ("prepare", "at", "chosen"),
    [
        pytest.param(first, "file", (140,), id="first-file"),
        pytest.param(first, "sql", (10,), id="first-sql"),
        pytest.param(night, "file", (44,), id="night-file"),
        pytest.param(night, "sql", (8,), id="night-sql"),
        pytest.param(night, "copy", (5,), id="night-copy"),
        pytest.param(quiet, "sql", (0, 1, 2, 3, 4), id="quiet-sql"),
        pytest.param(quiet, "file", (3, 6, 9), id="quiet-file"),
    ],
)
def test_a_kill_before_any_step_is_made_good(
    runner: Runner, tmp_path: Path, prepare, at: str, chosen: tuple[int, ...], part: int
):
    """C1: the next run finishes or discards what is half written, and all checks of the oracle hold."""
    for nth in range(part * EVERY, LAST, PARTS * EVERY) if EVERY else chosen:
        with Scene(runner, tmp_path / f"{nth}") as scene:
            prepare(scene)

            ended = scene.sync(cut=Cut(how="kill", at=at, nth=nth))

            scene.sync()
            if not ended.signal:
                break


def test_a_kill_while_a_kill_is_made_good_is_made_good_too(runner: Runner, tmp_path: Path):
    """C1: also repeated."""
    with Scene(runner, tmp_path) as scene:
        night(scene)
        for nth in (44, 12, 71):
            scene.sync(cut=Cut(how="kill", at="file", nth=nth))

        scene.sync()


@pytest.mark.timeout(0 if KILLS else 300)
@pytest.mark.parametrize("shard", [pytest.param(shard, id=f"shard-{shard}") for shard in range(SHARDS)])
def test_random_kills_of_a_first_load_lose_and_double_nothing(runner: Runner, tmp_path: Path, shard: int, tell: Tell):
    """C1: of every load that was killed, once or more often, the next run makes just what the API shows."""
    kills: Counter[str] = Counter()
    loads = 0
    while kills.total() < (KILLS // SHARDS or 1):
        rng = Random(f"{SEED} {shard} {loads}")
        killed = _first_load(runner, tmp_path / f"{loads}", rng)
        shutil.rmtree(tmp_path / f"{loads}")
        kills.update(killed)
        loads += 1
        if KILLS:
            done = f"{loads} first loads, killed {kills.total()} times, all exact: {dict(kills)}"
            tell(f"KILL_SEED={SEED} shard {shard}: {done}")


def _first_load(runner: Runner, folder: Path, rng: Random) -> list[str]:
    """A first load, killed at random, at times again while that is made good; by what the kills were placed."""
    world = {
        "seed": rng.randrange(10**6),
        "date_filter": rng.choice(["trade", "value"]),
        "row_cap": rng.randint(20, 60),
    }
    killed = []
    with Scene(runner, folder, **world) as scene:
        scene.package_rows = rng.choice([10, 30, 100_000])
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            cut = draw(rng)
            killed += [cut.at] if scene.sync(cut=cut).signal else []

        scene.sync()

        assert scene.differences() == []
    return killed
