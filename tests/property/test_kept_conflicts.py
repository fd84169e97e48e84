"""Histories of ids with two contents that once ended wrong, kept as they were found (D8)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.histories.cuts import Cut
from tests.histories.doubles import doubles, edit_in
from tests.histories.far_days import backfill_far_ahead
from tests.histories.happenings import Happenings
from tests.histories.runner import Runner
from tests.histories.scene import TODAY, Scene

pytestmark = pytest.mark.long


def backfill_of_one_who_has_it_too(scene: Scene, *, within_days: int, which: int) -> None:
    """One id of two accounts with two contents: one of them is read, on that day alone."""
    scene.change("double", within_days=within_days)
    backfill_of_one(scene, which)


def backfill_of_one(scene: Scene, which: int) -> None:
    """An account that has an id which another has with another content, on that day alone."""
    found = doubles(scene)
    account, day = found[which % len(found)]
    scene.backfill(day, day, "acme", accounts=[account])


def test_a_conflict_is_told_though_the_row_that_is_kept_moved_beyond_any_night(runner: Runner, tmp_path: Path):
    """A clock that was ahead read both days that an id has; the row that is stored is on a third now (D8)."""
    start = TODAY - timedelta(days=500)
    aleta = {"history_start": start, "look_back_days": 30, "look_ahead_days": 2, "reverify_days": 0, "workers": 3}
    world = {"seed": 5354, "accounts": 2, "rows": 100, "row_cap": 21, "keep": "first", "date_filter": "trade"}
    with Scene(runner, tmp_path, aleta=aleta | {"max_removed_share": 0.5}, dialect="kinds", **world) as scene:
        scene.package_rows = 10
        happens = Happenings(scene)
        scene.change("double", within_days=0)
        happens.cleared_day(ago=9, keep=2)
        backfill_of_one(scene, 7)
        scene.sync(cut=Cut(how="kill", at="copy", nth=1, after_us=300))
        scene.sync_with_the_clock_ahead(3)
        scene.change("double", within_days=3)
        happens.odd(kind="double", count=3, within_days=3, value="null")
        happens.widest(days=200)
        happens.account_moves(skip=0)
        happens.account_moves(skip=3)
        backfill_of_one(scene, 5)
        happens.time(hours=5)
        happens.odd(kind="far_date", count=2, within_days=0, value="2036-03-02")
        scene.verify()
        happens.night(number=2147, within_days=20)
        happens.parents(cut=2, say="links")

        scene.sync()  # the oracle looks


def test_an_account_that_cannot_be_asked_for_in_the_night_its_client_goes_goes_in_another(
    runner: Runner, tmp_path: Path
):
    """Then nothing else answers any more, and the conflict that it is part of is over (L2, D8)."""
    world = {"seed": 2, "accounts": 2, "rows": 60, "row_cap": 40}
    with Scene(runner, tmp_path, tenants=("acme",), **world) as scene:
        happens = Happenings(scene)
        happens.odd(kind="double", value="null", count=1, within_days=0)
        scene.sync()
        happens.breakdown(place="", kind="203")
        happens.object(kind="client_gone")
        assert scene.sync().report.status == "partial"
        happens.repair()

        assert scene.sync().report.status == "complete"


def test_a_row_without_days_that_a_far_day_showed_is_not_removed_by_the_history_read_next(
    runner: Runner, tmp_path: Path
):
    """The day is read for another row, the history for a conflict: it does not show the row (D7, D8)."""
    start, soon = TODAY - timedelta(days=200), TODAY + timedelta(days=40)
    aleta = {"history_start": start, "look_back_days": 30, "look_ahead_days": 2, "reverify_days": 1, "workers": 1}
    world = {"seed": 470, "accounts": 5, "rows": 30, "row_cap": 30, "keep": "last", "date_filter": "trade"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta | {"max_removed_share": 0.5}, **world) as scene:
        happens = Happenings(scene)
        scene.sync()
        backfill_far_ahead(scene, soon)
        scene.sync()
        happens.cleared_day(keep=4, ago=2)
        backfill_of_one_who_has_it_too(scene, within_days=0, which=5)
        backfill_of_one_who_has_it_too(scene, within_days=20, which=3)
        backfill_far_ahead(scene, soon)
        scene.clear_day(scene.accounts()[0], soon, keep=1)
        happens.odd(within_days=0, kind="far_date", value="0001-01-01", count=2)
        happens.odd(kind="dateless", value="null", within_days=3, count=2)

        scene.sync()  # the oracle looks


def test_a_row_of_two_contents_goes_to_a_third_account_while_a_run_reads(runner: Runner, tmp_path: Path):
    """Whoever lists it then, with whichever content, was asked before it went or after (D8)."""
    aleta = {"reverify_days": 1, "workers": 1}
    world = {"seed": 33, "accounts": 5, "rows": 30, "row_cap": 33, "keep": "random"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, **world) as scene:
        scene.sync()
        scene.change("double", within_days=0, count=1)

        scene.rows_change_meanwhile("move", skip=3, id=next(iter(scene._night("acme").doubled)))
        scene.sync()  # the oracle looks


def test_a_row_without_its_days_is_asked_for_on_the_day_that_showed_it(runner: Runner, tmp_path: Path):
    """Years ahead: the whole history, which would be asked otherwise, does not show it (D8)."""
    start, ahead = TODAY - timedelta(days=500), TODAY + timedelta(days=3000)
    aleta = {"history_start": start, "look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0, "workers": 1}
    world = {"seed": 3837, "accounts": 3, "rows": 100, "row_cap": 31, "keep": "first", "date_filter": "value"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, dialect="kinds", **world) as scene:
        scene.package_rows = 10
        happens = Happenings(scene)
        backfill_far_ahead(scene, ahead)
        scene.clear_day(scene.accounts()[0], ahead, keep=1)
        happens.odd(kind="far_date", value="9999-12-31", within_days=20, count=2)
        scene.sync()
        scene.change("double", within_days=3)
        happens.odd(kind="dateless", value="null", within_days=20, count=3)
        backfill_of_one(scene, 7)  # the oracle looks

        scene.sync()
        scene.sync_with_the_clock_ahead(1)  # the whole history does not show it: it is gone, and the conflict is not


def test_a_conflict_with_an_account_that_went_is_over_when_the_other_is_read_for_it(runner: Runner, tmp_path: Path):
    """What was read for the question was compared after the answer, and found the conflict once more."""
    start, soon = TODAY - timedelta(days=200), TODAY + timedelta(days=40)
    aleta = {"history_start": start, "look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0, "workers": 1}
    world = {"seed": 2220, "accounts": 5, "rows": 100, "row_cap": 40, "keep": "first", "date_filter": "trade"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, busy_day=False, **world) as scene:
        scene.package_rows = 10
        happens = Happenings(scene)
        scene.change("double", within_days=3)
        happens.night(number=408, within_days=0)
        happens.busy_day(ago=2, count=30)
        happens.packages(rows=30)
        backfill_of_one(scene, 0)
        backfill_far_ahead(scene, soon)
        happens.object(kind="new_client")
        happens.mishap(kind="cut_body", times=2)
        scene.sync()
        happens.account_moves(skip=3)
        happens.repair()
        happens.odd(kind="retype", value="null", within_days=3, count=2)
        happens.odd(kind="far_date", count=2, within_days=0, value="0001-01-01")
        scene.verify()
        scene.change("double", within_days=3)
        happens.account(kind="account_gone")
        happens.parents(say="cut", cut=1)

        backfill_far_ahead(scene, soon)  # the oracle looks


def test_a_row_without_its_days_is_asked_for_where_another_account_shows_it_ahead(runner: Runner, tmp_path: Path):
    """Backfills of tomorrow, in two runs, showed it with two contents; no whole history reaches that day."""
    start = TODAY - timedelta(days=500)
    aleta = {"history_start": start, "look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0, "workers": 1}
    world = {"seed": 1143, "accounts": 3, "rows": 60, "row_cap": 31, "keep": "first", "date_filter": "value"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, busy_day=False, **world) as scene:
        scene.package_rows = 10
        happens = Happenings(scene)
        scene.sync()
        scene.sync()
        happens.parents(cut=2, say="full")
        happens.odd(kind="dateless", value="absent", count=2, within_days=3)
        happens.account_moves(skip=3)
        happens.renamed(collection="clients")
        first = TODAY - timedelta(days=367)
        cut = Cut(how="stop", at="sql", nth=10)
        scene.backfill(first, first + timedelta(days=25), "acme", accounts=scene.accounts()[:1], cut=cut)
        scene.change("double", within_days=3)
        happens.cleared_day(ago=9, keep=7)
        happens.rows(within_days=0, kind="delete", count=5)
        happens.account_moves(skip=2)
        happens.account_moves(skip=1)
        backfill_of_one(scene, 3)
        backfill_far_ahead(scene)
        scene.sync()
        backfill_of_one_who_has_it_too(scene, within_days=3, which=7)
        scene.change("double", within_days=0)
        happens.odd(kind="far_date", within_days=3, value="2036-03-02", count=2)

        backfill_of_one(scene, 6)  # the oracle looks


@pytest.mark.parametrize("package", [100_000, 10], ids=["one package", "small packages"])
def test_a_row_that_moves_before_the_look_back_while_another_account_shows_its_id(
    runner: Runner, tmp_path: Path, package: int
):
    """A part of its account's history misses it, and the other's answer seemed to say where it went."""
    aleta = {"look_back_days": 10, "look_ahead_days": 2, "reverify_days": 30, "workers": 1}
    world = {"seed": 33, "accounts": 2, "rows": 30, "row_cap": 40, "date_filter": "trade"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, busy_day=False, **world) as scene:
        scene.package_rows = package
        account = scene.accounts()[0]
        [own_id] = scene.change("late", account=account, date=f"{TODAY - timedelta(days=3)}", count=1)["added"]
        scene.sync()
        scene.change("double", id=own_id)
        old = f"{TODAY - timedelta(days=60)}"
        edit_in(scene, account, own_id, tradeDate=old, valueDate=old)

        scene.sync()  # the oracle looks
