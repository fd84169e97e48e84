"""Histories in which days were taken for other than they were, kept as they were found (W3, D6, D7)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.histories.cuts import Cut
from tests.histories.far_days import backfill_far_ahead
from tests.histories.happenings import Happenings
from tests.histories.runner import Runner
from tests.histories.scene import TODAY, Scene
from tests.property.test_kept_conflicts import backfill_of_one, backfill_of_one_who_has_it_too

pytestmark = pytest.mark.long


def day(ago: int):
    return TODAY - timedelta(days=ago)


def scene_of(runner: Runner, folder: Path, *, start: int, share: float = 0.5, **more) -> Scene:
    """A tenant whose runs have one worker and small packages."""
    world = {"date_filter": "trade", "keep": "first", "dialect": "kinds", "busy_day": False}
    settings = {name: more.pop(name) for name in ("look_back_days", "look_ahead_days", "reverify_days") if name in more}
    aleta = {"history_start": day(start), "workers": 1, "max_removed_share": share} | settings
    scene = Scene(runner, folder, tenants=("acme",), aleta=aleta, **world | more)
    scene.package_rows = 10
    return scene


def test_w3_a_day_is_not_quarantined_beside_a_larger_answer_of_the_same_run(runner: Runner, tmp_path: Path):
    """A history is read once more for a conflict; who had the largest answer of the last run is forbidden since."""
    spans = {"look_back_days": 10, "look_ahead_days": 2, "reverify_days": 0}
    with scene_of(runner, tmp_path, start=200, seed=149391, accounts=4, rows=100, row_cap=36, **spans) as scene:
        happens = Happenings(scene)
        scene.sync()
        scene.sync()
        scene.change("double", within_days=0)
        happens.settings(look_back=30, reverify=1)
        happens.account_moves(skip=1)
        backfill_of_one(scene, 8)
        scene.change("double", within_days=3)
        happens.account_moves(skip=3)
        happens.settings(look_back=10, reverify=0)
        happens.lists(keep="random", caps={})
        backfill_of_one(scene, 2)
        scene.sync()
        scene.sync()
        backfill_far_ahead(scene, day(-3000))
        happens.renamed(collection="portfolios")
        scene.sync()
        happens.account(kind="account_forbidden")
        happens.mishap(times=2, kind="200_errors")
        backfill_of_one_who_has_it_too(scene, within_days=3, which=8)
        scene.sync()

        scene.sync()  # the oracle looks


def test_w3_a_day_that_an_odd_row_names_is_cleared_by_what_the_run_has_read(runner: Runner, tmp_path: Path):
    """A night asks for a day far ahead by itself, when all else is read."""
    spans = {"look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0}
    with scene_of(runner, tmp_path, start=500, seed=5964, accounts=3, rows=30, row_cap=36, **spans) as scene:
        happens = Happenings(scene)
        scene.sync()
        happens.account_moves(skip=0)
        happens.night(number=0, within_days=0)
        scene.verify()
        scene.sync()
        backfill_far_ahead(scene)
        scene.sync()
        happens.breakdown(kind="reset", place="/users")
        happens.widest(days=200)
        happens.account(kind="account_forbidden")

        scene.sync()  # the oracle looks


def test_d7_days_that_odd_rows_name_are_no_part_of_an_accounts_history(runner: Runner, tmp_path: Path):
    """Rows moved to an account from days before its history, and are gone with all others."""
    spans = {"look_back_days": 1, "look_ahead_days": 31, "reverify_days": 3}
    world = {"seed": 7170, "accounts": 2, "rows": 100, "row_cap": 27}
    with scene_of(runner, tmp_path, start=200, share=1.0, **world, **spans) as scene:
        happens, first = Happenings(scene), scene.accounts()[:1]
        happens.object(kind="client_back")
        scene.sync_with_the_clock_ahead(1)
        scene.sync()
        happens.row_meanwhile(days=20, skip=8, kind="replace")
        happens.parents(cut=2, say="cut")
        happens.account_moves(skip=0)
        happens.account_moves(skip=1)
        scene.backfill(day(469), day(469 - 225), "acme", accounts=first, cut=Cut(how="stop", at="http", nth=35))
        happens.parents(cut=2, say="links")
        happens.odd(kind="nul", within_days=0, value="instant", count=2)
        happens.account(kind="new_account")
        scene.backfill(day(-7), day(-108), "acme", accounts=first, cut=Cut(how="kill", at="copy", nth=10, after_us=0))
        happens.settings(look_back=30, reverify=30)
        happens.parents(say="full", cut=2)
        happens.night(number=165422, within_days=20)
        happens.busy_day(ago=0, count=2)
        scene.sync()
        scene.sync()
        backfill_far_ahead(scene, day(-40))
        happens.account(kind="empty_account")
        happens.rows(count=4, within_days=0, kind="replace")
        happens.busy_day(ago=300, count=45)

        scene.sync()  # the oracle looks


def test_d6_what_a_run_that_was_cut_short_left_open_a_backfill_need_not_settle(runner: Runner, tmp_path: Path):
    """The next sync does: the account is due."""
    spans = {"look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0}
    with scene_of(runner, tmp_path, start=500, seed=921, accounts=1, rows=100, row_cap=23, **spans) as scene:
        happens, first = Happenings(scene), scene.accounts()[:1]
        for number in (32, 505799, 0):
            happens.night(number=number, within_days=0)
        scene.sync()
        scene.sync()
        scene.backfill(day(474), day(274), "acme", accounts=first, cut=Cut(how="stop", at="sql", nth=29))
        happens.account_moves(skip=2)
        happens.row_meanwhile(skip=4, days=0, kind="delete")
        scene.backfill(day(398), day(252), "acme", cut=Cut(how="stop", at="sql", nth=13))
        happens.renamed(collection="portfolios")
        happens.rows(kind="replace", within_days=3, count=2)
        happens.cleared_day(ago=1, keep=0)
        happens.time(hours=792)
        scene.backfill(day(77), day(-178), "acme", accounts=first, cut=Cut(how="full", at="file", nth=83))
        happens.cleared_day(ago=60, keep=2)
        happens.cap(rows=27)
        scene.backfill(day(214), day(125), "acme")

        scene.sync()  # the oracle looks
        assert scene.differences() == []


def test_d7_a_far_day_that_is_asked_again_removes_what_it_misses_though_a_day_is_quarantined(
    runner: Runner, tmp_path: Path
):
    """An id with two contents has the far day read, after a history that was read but for a day over the cap."""
    far = TODAY + timedelta(days=3000)
    spans = {"look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0}
    with scene_of(runner, tmp_path, start=500, seed=668, accounts=4, rows=30, row_cap=30, **spans) as scene:
        happens = Happenings(scene)
        backfill_far_ahead(scene, far)
        happens.night(number=11803, within_days=0)
        happens.rows(count=5, within_days=3, kind="unlink_transfer")
        happens.widest(days=60)
        scene.sync()
        scene.change("double", within_days=3)
        happens.revoked()
        happens.time(hours=24)
        happens.parents(cut=2, say="empty")
        happens.row_meanwhile(kind="edit", days=150, skip=1)
        backfill_of_one(scene, 4)
        scene.change("double", within_days=0)
        happens.row_meanwhile(kind="edit", days=150, skip=11)
        happens.odd(kind="far_date", count=1, within_days=3, value="2036-03-02")
        happens.revoked()
        happens.object(kind="new_client")
        backfill_of_one(scene, 9)
        backfill_far_ahead(scene, far)
        scene.sync()
        backfill_far_ahead(scene, far)
        scene.clear_day(scene.accounts()[0], far, keep=1)
        happens.account_moves(skip=2)

        scene.sync()  # the oracle looks
