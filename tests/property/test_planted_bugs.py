"""Planted bugs: for each rule a way to break it, and a short history in which the oracle sees that it is broken.

Each history is played twice from the same state: with the bug the oracle must object, without it must not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from tests.histories.bugs import BUGS
from tests.histories.cuts import Cut
from tests.histories.replaced import strangers
from tests.histories.runner import Runner
from tests.histories.scene import TODAY, Kept, Scene

Play = Callable[[Scene], object]
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A history that gives a bug away.

    Args:
        objection: what the oracle says.
        synced: whether it begins with a sync without the bug.
        then: what happens after that, and before what is played.
        play: what is run with the bug, and then without.
        world: settings of the sandbox; *aleta*: of the program.
        package_rows: rows a package.
    """

    objection: str
    synced: bool = True
    then: Play = lambda _: None
    play: Play = Scene.sync
    world: Mapping[str, object] = field(default_factory=dict)
    aleta: Mapping[str, object] = field(default_factory=dict)
    package_rows: int = 100_000


def days(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def fullest(scene: Scene) -> str:
    return max(scene.accounts(), key=lambda account: (len(scene.rows_of(account)), account))


def all_recent_rows_vanish(scene: Scene) -> None:
    account = fullest(scene)
    scene.change("late", account=account, within_days=10, count=2)
    scene.sync()
    for row_id, row in scene.rows_of(account).items():
        if max(row["attributes"]["tradeDate"], row["attributes"]["valueDate"]) >= f"{days(40)}":
            scene.change("delete", id=row_id)


def a_day_passes_with_changes(scene: Scene) -> None:
    scene.night("acme", 1)
    scene.pass_time(days=1)


def three_nights(scene: Scene) -> None:
    for _ in range(3):
        scene.pass_time(days=1)
        scene.sync()


def two_backfills_that_cut_rows_in_two(scene: Scene) -> None:
    """The server goes by value date; of some rows the trade date is inside, the value date is not."""
    for ago in (200, 150):
        scene.backfill(days(300), days(ago))


def killed(at: str, nth: int, *, table: str = "") -> Play:
    return lambda scene: scene.sync(cut=Cut(how="kill", at=at, nth=nth, table=table))


def killed_then_again(at: str, nth: int, *, table: str = "") -> Play:
    return lambda scene: (killed(at, nth, table=table)(scene), scene.sync())


def half_written_then_a_late_row(scene: Scene) -> None:
    killed("sql", 20)(scene)
    scene.change("late", count=3)


def lists_are_cut(scene: Scene) -> None:
    """Two accounts that the list of their legal entity does not show, but the entity itself names."""
    owner = min(scene.box.truth("acme").legal_entities)
    for _ in range(3):
        scene.change("new_account", id=owner)
    scene.sync()
    scene.change("new_account", id=owner)
    scene.box.set(list_caps={"accounts": 2}, keep="first")


def away_for_a_night(scene: Scene) -> None:
    """Meanwhile old rows of an account are deleted."""
    account = fullest(scene)
    old = sorted(scene.rows_of(account), key=lambda row_id: scene.box._stores["acme"].find(row_id).trade)
    scene.change("account_gone", account=account)
    scene.sync()
    for row_id in old[:2]:
        scene.change("delete", id=row_id)
    scene.change("account_back", account=account)
    scene.sync()


def dated_far_away(scene: Scene) -> None:
    """A row leaves the look-back by its dates."""
    [row_id] = scene.change("late", account=fullest(scene), within_days=9)["added"]
    scene.sync()
    scene.change("redate", id=row_id, days=100)


def dateless_row_deleted(scene: Scene) -> None:
    [row_id] = scene.change("dateless", account=fullest(scene), value="null")["edited"]
    scene.sync()
    scene.change("delete", id=row_id)


def clock_was_ahead(scene: Scene) -> None:
    """For one run, by 45 days; then rows come late."""
    right = scene.now
    scene.now += timedelta(days=45)
    scene.sync()
    scene.now = right
    scene.pass_time(days=1)
    scene.change("late", account=fullest(scene), within_days=9, count=2)


def later_pages_are_edited(scene: Scene) -> None:
    """Of the fullest account, rows that no first page of ten shows; v1 has them in the order of their ids."""
    for own_id in sorted(scene.rows_of(fullest(scene)))[10:20]:
        scene.change("edit", id=own_id)


CASES: Mapping[str, Case] = {
    "cap_judged_too_late": Case(synced=False, aleta={"row_cap": 25}, objection="there were"),
    "cap_of_another_night_believed": Case(
        aleta={"reverify_days": 0}, then=lambda scene: scene.box.set(row_cap=20), objection="there were"
    ),
    "cut_answers_kept": Case(synced=False, objection="there were"),
    "trials_left_out": Case(
        synced=False,
        world={"cap_model": "alternating", "rows": 400, "keep": "first"},
        objection="there were|is missing",
    ),
    "strict_reading_believes_sizes": Case(
        synced=False,
        world={"cap_model": "alternating", "rows": 400, "keep": "first"},
        objection="there were|is missing",
    ),
    "parts_overlap_by_a_day": Case(synced=False, world={"rows": 240}, objection="was read"),  # much to be parted
    "parts_leave_a_day_out": Case(synced=False, world={"rows": 240}, objection="was read"),
    "quarantined_day_marked": Case(
        synced=False,
        then=lambda scene: scene.change("late", account=fullest(scene), date=f"{days(50)}", count=30),
        objection="not covered by receipts",
    ),
    "mark_grows_over_a_gap": Case(
        play=lambda scene: scene.backfill(days(800), days(700)), objection="not covered by receipts"
    ),
    "mark_outruns_the_day": Case(synced=False, objection="later than the last elapsed day"),
    "new_account_starts_at_the_look_back": Case(
        then=lambda scene: scene.change("new_account", count=9), objection="was not read since"
    ),
    "state_written_before_rows": Case(synced=False, play=killed_then_again("step", 2), objection="is missing"),
    "look_back_left_out": Case(then=a_day_passes_with_changes, objection="was read"),
    "nothing_read_again": Case(aleta={"reverify_days": 2}, play=three_nights, objection="was last verified"),
    "removal_by_one_date": Case(
        world={"date_filter": "value"},
        aleta={"max_removed_share": 1.0},
        then=lambda scene: (scene.change("late", account=fullest(scene), count=40), scene.sync()),
        play=two_backfills_that_cut_rows_in_two,
        objection="is missing",
    ),
    "ghosts_of_empty_windows": Case(
        aleta={"max_removed_share": 1.0}, then=all_recent_rows_vanish, objection="is left over"
    ),
    "straddling_rows_forgotten": Case(
        world={"row_cap": 20, "accounts": 1, "rows": 80},
        aleta={"reverify_days": 0, "workers": 1},
        package_rows=10,
        objection="the feed does not lead|is missing",
    ),
    "one_row_loaded_twice": Case(synced=False, objection="the report counts"),
    "vanished_accounts_are_emptied": Case(
        aleta={"reverify_days": 0, "max_removed_share": 1.0},
        then=lambda scene: scene.change("account_forbidden", account=fullest(scene)),
        objection="could not be read",
    ),
    "mass_removal_believed": Case(
        aleta={"reverify_days": 0},
        then=lambda scene: scene.change("empty_account", account=fullest(scene)),
        objection="at once",
    ),
    "no_answer_read_as_no_rows": Case(
        aleta={"reverify_days": 0},
        then=lambda scene: scene.break_down("200_no_data", fullest(scene)),
        objection="counts 0 rows",
    ),
    "failed_account_passed_over": Case(
        then=lambda scene: scene.break_down("500", fullest(scene)), objection=r"was read \[\]"
    ),
    "pending_package_skipped": Case(synced=False, then=half_written_then_a_late_row, objection="sync_runs calls run"),
    "rows_appended": Case(
        synced=False, play=killed_then_again("merged", 0, table="transactions"), objection="is there twice"
    ),
    "copy_written_in_place": Case(play=killed("copy", 4), objection="is gone"),
    "list_believed": Case(then=lists_are_cut, objection="is missing"),
    "left_out_means_removed": Case(then=lists_are_cut, objection="were marked as gone"),
    "back_and_not_read_whole": Case(play=away_for_a_night, objection="was away"),
    "missed_in_part_means_removed": Case(then=dated_far_away, objection="is missing"),
    "dateless_ghosts": Case(aleta={"reverify_days": 0}, then=dateless_row_deleted, objection="is left over"),
    "conflict_passed_over": Case(
        aleta={"reverify_days": 0}, then=lambda scene: scene.change("double"), objection="nobody says so"
    ),
    "mark_ahead_believed": Case(then=clock_was_ahead, objection="later than the last elapsed day"),
    "first_304_believed": Case(
        world={"v1_page_rows": 5, "v1_spelling": "jsonapi", "plain": True},
        aleta={"track": "v1", "look_back_days": 1000},
        then=later_pages_are_edited,
        objection=", not ",
    ),
    "token_of_another_tenant": Case(
        synced=False, world={"tenants": ("acme", "bolt")}, objection="could not be read|without a reason"
    ),
}


@pytest.fixture(scope="session")
def first_night(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What the first sync of the plain world leaves."""
    folder = tmp_path_factory.mktemp("first_night")
    with Scene(runner, folder) as scene:
        scene.sync()
        return scene.keep(folder / "kept")


SOME = (
    *("trials_left_out", "cut_answers_kept", "parts_leave_a_day_out"),
    *("list_believed", "mark_outruns_the_day", "missed_in_part_means_removed"),
    *("no_answer_read_as_no_rows", "pending_package_skipped", "state_written_before_rows"),
    *("first_304_believed", "shown_rows_forgotten"),
)
"""Four of the rules W, one of L, M, D, F and V each, two of C; `make oracle` plants all of them."""
PLANTED = BUGS if os.environ.get("EVERY_STEP") else SOME


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in PLANTED])
def test_a_planted_bug_is_caught(runner: Runner, first_night: Kept, tmp_path: Path, name: str):
    """The oracle objects to the bug, in words that fit, and to nothing where it is not there."""
    case = CASES[name]
    with Scene(runner, tmp_path, aleta=case.aleta, **case.world) as scene:
        scene.package_rows = case.package_rows
        if case.synced and case.world:
            scene.sync()
        elif case.synced:
            scene.resume(first_night)
        case.then(scene)

        with scene.rehearsal(name), pytest.raises(AssertionError, match=case.objection) as caught:
            case.play(scene)

        assert "unforeseen" not in str(caught.value), "caught for how it is planted, not for what it does"
        case.play(scene)


def test_every_bug_replaces_something_that_is_there():
    """Also those that the suite does not plant: none of them outlives what it breaks."""
    command = [sys.executable, "-m", "tests.histories.replaced"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_a_bug_that_replaces_nothing_is_seen(monkeypatch: pytest.MonkeyPatch):
    """Sabotage: a function of that name is gone, or the module has moved."""
    module = ModuleType("module")
    monkeypatch.setitem(BUGS, "adds", lambda: setattr(module, "gone", None))
    monkeypatch.setitem(BUGS, "fails", lambda: module.moved)

    assert strangers("adds", [module]) == ["adds adds module.gone"]
    assert "AttributeError" in strangers("fails", [module])[0]


def test_the_page_on_reliability_names_every_planted_bug():
    """docs/reliability.md has a row for each, and for no other."""
    section = PAGE.read_text().partition("## Planted bugs")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip(" `") for line in section.splitlines() if line.startswith("| `")]

    assert sorted(rows) == sorted(BUGS)
