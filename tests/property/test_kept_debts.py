"""Histories in which a run forgot what an earlier one owed: rows missed, days unread, beliefs that do not hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests import truth
from tests.histories import debt_cases
from tests.histories.cuts import Cut
from tests.histories.runner import Runner
from tests.histories.scene import TODAY, Scene

pytestmark = pytest.mark.long
ALETA = debt_cases.ALETA | {"history_start": TODAY - timedelta(days=500)}


def scene_of(runner: Runner, folder: Path, *, aleta: dict[str, object] | None = None, **world: object) -> Scene:
    return Scene(runner, folder, tenants=("acme",), aleta=ALETA | (aleta or {}), seed=1, **world)


def sync_that(scene: Scene, how: str, place: str, *, nth: int) -> None:
    """`fails` where a request has *place* in its URL, or is `killed` before the *nth* request, which is that one."""
    if how == "fails":
        scene.break_down("200_errors", place)
        assert scene.sync().report.status == "partial"
    else:
        assert scene.sync(cut=Cut(how="kill", at="http", nth=nth)).signal


def next_night_is_equal(scene: Scene) -> None:
    """All is well again: the run is complete, whatever the one before left open."""
    scene.mend()
    scene.pass_time(hours=24)
    assert scene.sync().report.status == "complete"
    assert scene.differences() == []


@pytest.mark.parametrize("how", ["fails", "killed"])
def test_d6_a_row_that_was_missed_is_looked_for_by_the_next_run_if_not_by_this_one(runner, tmp_path, how):
    """The look-back has left its day behind by then."""
    with scene_of(runner, tmp_path, accounts=4, rows=60, row_cap=200) as scene:
        debt_cases.a_row_leaves_the_look_back(scene)
        sync_that(scene, how, f"{scene.accounts()[-1]}&fromDate={ALETA['history_start']}", nth=18)

        next_night_is_equal(scene)


def test_w4_a_day_that_a_backfill_had_read_and_a_first_load_could_not_is_read_the_night_after(runner, tmp_path):
    """It is not under the mark any more."""
    with scene_of(runner, tmp_path, accounts=1, rows=60, row_cap=29) as scene:
        (account,), day = scene.accounts(), TODAY - timedelta(days=100)
        scene.change("late", account=account, date=f"{day}", count=5)
        scene.backfill(day - timedelta(days=40), day + timedelta(days=40), "acme")
        scene.change("late", account=account, date=f"{day}", count=40)
        assert scene.sync().report.status == "partial"
        scene.clear_day(account, day, keep=3)
        scene.change("late", account=account, date=f"{day}", count=2)

        next_night_is_equal(scene)


@pytest.mark.parametrize("hours", [0, 24], ids=["again", "another-night"])
def test_w4_a_deep_day_that_could_not_be_read_is_asked_for_until_it_can(runner, tmp_path, hours):
    """Whoever's turn it is in the next run."""
    with scene_of(runner, tmp_path, accounts=4, rows=120, row_cap=29) as scene:
        account, recent = scene.accounts()[-1], TODAY - timedelta(days=3)
        scene.change("late", account=account, date=f"{recent}", count=1)
        scene.sync()
        scene.pass_time(hours=24)
        scene.change("late", account=account, date=f"{TODAY - timedelta(days=100)}", count=40)
        scene.clear_day(account, recent)  # so that its whole history is read
        assert scene.sync().report.status == "partial"
        scene.pass_time(hours=hours)

        assert scene.sync().report.status == "partial"


@pytest.mark.parametrize("kind", ["reset", "503_now"])
def test_d1_a_history_whose_end_came_before_days_that_failed_does_not_count_as_read(runner, tmp_path, kind):
    """The end is loaded, for it was read; the oracle looks at the marks."""
    aleta = {"reverify_days": 1, "workers": 4, "row_cap": 29}
    with scene_of(runner, tmp_path, aleta=aleta, accounts=3, rows=600, row_cap=29, skew=0.0, keep="last") as scene:
        scene.sync()
        scene.pass_time(hours=48)
        for month in ("2024-12", "2025-01", "2025-02"):
            scene.break_down(kind, f"toDate={month}")
        assert scene.sync().report.status == "partial"

        next_night_is_equal(scene)


def test_w6_what_a_backfill_of_one_account_finds_of_the_cap_is_held_against_all_others(runner, tmp_path):
    """Earlier runs read them in a belief that does not hold, and tried nothing; that they lost rows is chance (W6)."""
    world = {"accounts": 5, "rows": 100, "row_cap": 29, "skew": 0.0, "cap_model": "alternating"}
    with scene_of(runner, tmp_path, **world) as scene:
        scene.oracles["acme"].look = lambda _: None  # the first load loses rows, and cannot know it
        account, scene.bug = scene.accounts()[0], "trials_left_out"
        scene.sync()
        scene.bug = ""
        scene.change("late", account=account, count=150)
        end = TODAY + timedelta(days=31)
        [found] = scene.backfill(ALETA["history_start"], end, "acme", accounts=[account]).report.tenants
        assert (found.cap_rule, found.status) == ("strict", "complete")
        scene.pass_time(hours=24)

        assert scene.sync().report.status == "complete"
        assert truth.differences(scene.oracles["acme"].copy, scene.box.truth("acme"), tables=("transactions",)) == []


@pytest.mark.parametrize("how", ["fails", "killed"])
def test_d7_a_day_that_a_deleted_row_names_is_asked_for_by_the_next_run_if_not_by_this_one(runner, tmp_path, how):
    """Its account's whole history was read, and is not due otherwise."""
    with scene_of(runner, tmp_path, accounts=2, rows=60, row_cap=200, date_filter="trade") as scene:
        debt_cases.a_far_row_is_deleted(scene)
        sync_that(scene, how, f"fromDate={debt_cases.FAR}", nth=19)

        next_night_is_equal(scene)


def test_l4_an_account_that_a_stopped_run_found_gone_is_read_whole_when_it_is_back(runner, tmp_path):
    """That it is gone is committed with the first package; so is that all of it is due."""
    with scene_of(runner, tmp_path, accounts=4, rows=60, row_cap=200) as scene:
        account = scene.accounts()[-1]
        scene.sync()
        scene.pass_time(hours=24)
        scene.change("account_gone", id=account)
        scene.sync(cut=Cut(how="stop", at="http", nth=15))
        scene.change("account_back", id=account)
        scene.change("late", account=account, date=f"{TODAY - timedelta(days=100)}", count=3)

        next_night_is_equal(scene)


def test_m6_a_mark_of_which_nothing_is_left_claims_nothing(runner, tmp_path):
    """A clock was ahead for a backfill of days that were yet to come; the next run does not read that account."""
    with scene_of(runner, tmp_path, accounts=2, rows=60, row_cap=200) as scene:
        ahead, other = scene.accounts()
        right = scene.now
        scene.now += timedelta(days=30, seconds=7)
        scene.backfill(TODAY + timedelta(days=5), TODAY + timedelta(days=10), "acme", accounts=[ahead])
        scene.now = right + timedelta(minutes=1)

        scene.backfill(
            TODAY - timedelta(days=9), TODAY - timedelta(days=7), "acme", accounts=[other]
        )  # the oracle looks


def test_w8_ends_are_probed_in_windows_as_narrow_as_the_api_takes(runner, tmp_path):
    """A third of the rows were on days that such windows end with."""
    world = {"accounts": 2, "rows": 400, "row_cap": 0, "skew": 0.0, "skipped_end": "last", "max_window_days": 10}
    with scene_of(runner, tmp_path, keep="last", **world) as scene:
        assert scene.sync().report.status == "complete"
        assert scene.differences() == []


def test_f3_old_days_that_cannot_be_read_do_not_keep_the_newest_back(runner, tmp_path):
    """Night after night all of the account's history is due, and fails; its look-back is read all the same."""
    aleta = {"reverify_days": 1, "workers": 4}
    with scene_of(runner, tmp_path, aleta=aleta, accounts=3, rows=60, row_cap=200) as scene:
        account = scene.accounts()[-1]
        scene.sync()
        scene.break_down("500", f"{account}&fromDate={ALETA['history_start']}")
        for _ in range(2):
            scene.pass_time(hours=24)
            scene.change("late", account=account, date=f"{scene.now.date() - timedelta(days=1)}", count=1)
            assert scene.sync().report.status == "partial"
            assert scene.differences() == []

        next_night_is_equal(scene)
