"""Histories that once ended wrong, kept as they were found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.histories.cuts import Cut
from tests.histories.far_days import FAR, backfill_far_ahead
from tests.histories.happenings import Happenings
from tests.histories.runner import Runner
from tests.histories.scene import TODAY, Scene

pytestmark = pytest.mark.long


@pytest.mark.parametrize("nth", [0, 6])
def test_a_kill_before_merged_rows_are_noted_doubles_nothing(runner: Runner, tmp_path: Path, nth: int):
    """dlt does a job again when a kill came before it noted the first time."""
    with Scene(runner, tmp_path) as scene:
        scene.sync(cut=Cut(how="kill", at="merged", nth=nth))

        scene.sync()


def test_a_row_seen_before_a_quarantined_day_is_not_removed_behind_it(runner: Runner, tmp_path: Path):
    """Listed by its trade date before the day, with a value date behind it, in a package that has the gap."""
    start = TODAY - timedelta(days=200)
    aleta = {"history_start": start, "look_back_days": 1, "look_ahead_days": 2, "reverify_days": 0}
    world = {"seed": 37366, "accounts": 1, "rows": 60, "row_cap": 28, "keep": "first", "date_filter": "trade"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta | {"max_removed_share": 0.5}, **world) as scene:
        scene.package_rows = 10
        Happenings(scene).busy_day(ago=-1, count=47)
        first = TODAY - timedelta(days=46)
        scene.backfill(first, first + timedelta(days=190), "acme")
        Happenings(scene).odd(kind="dateless", count=1, within_days=20, value="instant")

        scene.sync()  # the oracle looks


def test_verify_tells_of_a_transfer_that_moved_to_days_read_before_once(runner: Runner, tmp_path: Path):
    """It is different in the older half of the history, and not extra besides in the newer one, where it was."""
    start = TODAY - timedelta(days=500)
    aleta = {"history_start": start, "look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0, "workers": 1}
    world = {"seed": 88629, "accounts": 3, "rows": 30, "row_cap": 27, "keep": "first", "date_filter": "trade"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, busy_day=False, **world) as scene:
        happens = Happenings(scene)
        happens.lists(caps={"clients": 2, "legal_entities": 2}, keep="first")
        scene.sync()
        happens.lists(caps={}, keep="first")
        happens.night(number=457582, within_days=0)
        scene.sync()
        happens.busy_day(ago=-40, count=2)
        happens.busy_day(ago=-20, count=45)
        scene.sync()
        happens.cap(rows=54)
        happens.odd(kind="far_date", count=1, within_days=20, value="2036-03-02")
        happens.odd(kind="redate", count=1, within_days=0, value="instant")

        scene.verify()  # the oracle looks


def test_what_an_account_in_doubt_lacks_is_not_removed_by_a_day_beyond_its_history(runner: Runner, tmp_path: Path):
    """All its rows were gone at once, and not believed gone; one names the day behind the last of the history."""
    start = TODAY - timedelta(days=500)
    aleta = {"history_start": start, "look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0, "workers": 1}
    world = {"seed": 62, "accounts": 1, "rows": 60, "row_cap": 36, "keep": "first", "date_filter": "trade"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta | {"max_removed_share": 0.5}, **world) as scene:
        scene.package_rows = 10
        scene.sync_with_the_clock_ahead(1)
        Happenings(scene).account(kind="empty_account")
        Happenings(scene).widest(days=400)
        scene.sync_with_the_clock_ahead(1)

        scene.sync()  # the oracle looks


def test_a_row_that_a_backfill_far_ahead_misses_is_gone_though_a_day_is_quarantined(runner: Runner, tmp_path: Path):
    """Its account's history is read to the end, but for a day that is over the cap."""
    start, ahead = TODAY - timedelta(days=500), TODAY + timedelta(days=3000)
    aleta = {"history_start": start, "look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0, "workers": 1}
    world = {"seed": 314, "accounts": 5, "rows": 0, "row_cap": 27, "keep": "first", "date_filter": "trade"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, busy_day=True, **world) as scene:
        scene.package_rows = 10
        scene.sync()
        account = scene.accounts()[0]
        scene.change("late", account=account, date=f"{ahead}", count=2)
        scene.backfill(ahead, ahead, "acme")
        scene.clear_day(account, ahead, keep=1)

        scene.backfill(ahead, ahead, "acme")  # the oracle looks


def test_a_history_read_anew_that_breaks_off_does_not_count_as_read(runner: Runner, tmp_path: Path):
    """A day over the cap left it unread; what was covered a month before does not say how far the new reading came."""
    start = TODAY - timedelta(days=200)
    aleta = {"history_start": start, "look_back_days": 10, "look_ahead_days": 2, "reverify_days": 1, "workers": 1}
    world = {"seed": 645, "accounts": 2, "rows": 0, "row_cap": 36, "keep": "random", "date_filter": "value"}
    with Scene(runner, tmp_path, aleta=aleta | {"max_removed_share": 1.0}, dialect="single", **world) as scene:
        scene.package_rows = 30
        happens = Happenings(scene)
        happens.busy_day(count=30, ago=9)
        happens.revoked()
        scene.sync()
        scene.sync()
        happens.object(kind="new_client")
        happens.widest(days=60)
        happens.time(hours=792)
        scene.sync(cut=Cut(how="stop", at="http", nth=40))
        scene.sync(cut=Cut(how="stop", at="http", nth=29))
        scene.sync(cut=Cut(how="kill", at="http", nth=7))
        happens.packages(rows=100_000)
        scene.sync(cut=Cut(how="full", at="sql", nth=1))
        happens.settings(reverify=3, look_back=1)
        happens.cleared_day(ago=2, keep=8)
        happens.rows(kind="edit", count=3, within_days=0)
        happens.account_moves(skip=0)
        scene.sync(cut=Cut(how="stop", at="sql", nth=27))
        happens.settings(reverify=30, look_back=1)
        happens.revoked()
        happens.odd(kind="redate", count=3, within_days=0, value="instant")
        scene.sync()

        scene.sync()  # the oracle looks


def test_a_row_that_a_later_package_of_the_run_shows_elsewhere_is_modified(runner: Runner, tmp_path: Path):
    """Removed from one account and added to the other in one run, it was neither: the report counts it once."""
    start = TODAY - timedelta(days=500)
    aleta = {"history_start": start, "look_back_days": 10, "look_ahead_days": 0, "reverify_days": 30, "workers": 3}
    world = {"seed": 5583, "accounts": 2, "rows": 100, "row_cap": 38, "keep": "first", "date_filter": "value"}
    tenants = ("acme", "bolt")
    with Scene(runner, tmp_path, tenants=tenants, aleta=aleta | {"max_removed_share": 1.0}, **world) as scene:
        happens = Happenings(scene)
        happens.lists(caps={"depositories": 1, "reporting_entities": 1}, keep="last")
        happens.busy_day(ago=9, count=2)
        scene.sync_with_the_clock_ahead(3)
        scene.sync()
        happens.rows(kind="move", count=5, within_days=0)
        happens.time(hours=24)
        first = TODAY - timedelta(days=561)
        scene.backfill(first, first + timedelta(days=320), "acme", accounts=scene.accounts()[:1])
        happens.busy_day(ago=60, count=45)
        happens.night(number=174588, within_days=0)
        first = TODAY - timedelta(days=143)
        cut = Cut(how="kill", at="http", nth=9)
        scene.backfill(first, first + timedelta(days=125), "acme", accounts=scene.accounts()[:1], cut=cut)
        happens.parents(cut=1, say="links")

        scene.sync_with_the_clock_ahead(1)  # the oracle looks


def test_a_row_without_days_that_is_listed_beyond_all_histories_is_there_all_the_time(runner: Runner, tmp_path: Path):
    """Its history ended without it; a day that another row names shows it again, in the same run."""
    start = TODAY - timedelta(days=500)
    aleta = {"history_start": start, "look_back_days": 10, "look_ahead_days": 0, "reverify_days": 30, "workers": 3}
    world = {"seed": 17787, "accounts": 4, "rows": 60, "row_cap": 29, "keep": "last", "date_filter": "value"}
    with Scene(runner, tmp_path, aleta=aleta | {"max_removed_share": 0.5}, **world) as scene:
        scene.package_rows = 10
        happens = Happenings(scene)
        backfill_far_ahead(scene)
        happens.odd(kind="redate", count=1, within_days=20, value="instant")
        happens.account_moves(skip=0)
        happens.odd(kind="dateless", count=3, within_days=3, value="absent")
        scene.sync()
        happens.packages(rows=30)
        scene.sync(cut=Cut(how="kill", at="sql", nth=10, after_us=30000))
        first = TODAY - timedelta(days=104)
        cut = Cut(how="kill", at="copy", nth=9, after_us=30000)
        scene.backfill(first, first + timedelta(days=68), "acme", accounts=scene.accounts()[:1], cut=cut)
        scene.sync()
        happens.object(kind="move_account")
        happens.settings(reverify=30, look_back=10)
        scene.sync_with_the_clock_ahead(45)
        backfill_far_ahead(scene)
        happens.settings(reverify=3, look_back=10)
        happens.odd(kind="far_date", count=1, within_days=20, value="9999-12-31")
        happens.cap(rows=58)
        happens.odd(kind="far_date", count=2, within_days=0, value="0001-01-01")

        scene.sync()  # the oracle looks


def test_days_that_odd_rows_name_are_no_proof_of_the_cap(runner: Runner, tmp_path: Path):
    """One row of a day years ahead took the place of the largest answer: a day of three was quarantined for that."""
    start = TODAY - timedelta(days=200)
    aleta = {"history_start": start, "look_back_days": 30, "look_ahead_days": 31, "reverify_days": 30, "workers": 3}
    world = {"seed": 278686, "accounts": 4, "rows": 30, "row_cap": 37, "keep": "random", "date_filter": "value"}
    with Scene(runner, tmp_path, aleta=aleta | {"max_removed_share": 1.0}, **world) as scene:
        scene.package_rows = 30
        backfill_far_ahead(scene)
        scene.clear_day(scene.accounts()[0], FAR, keep=1)
        scene.sync()
        scene.sync_with_the_clock_ahead(1)
        backfill_far_ahead(scene)
        scene.clear_day(scene.accounts()[0], FAR, keep=1)
        Happenings(scene).object(kind="new_legal_entity")
        Happenings(scene).odd(kind="double", count=3, within_days=20, value="null")
        scene.sync()

        backfill_far_ahead(scene)  # the oracle looks


def test_a_row_that_the_rest_of_a_first_load_misses_is_gone(runner: Runner, tmp_path: Path):
    """A backfill of days ahead loaded it; the load broke off before it came to those days, and goes on (D6)."""
    soon = TODAY + timedelta(days=40)
    aleta = {"history_start": TODAY - timedelta(days=366), "look_back_days": 1, "look_ahead_days": 60, "workers": 1}
    world = {"seed": 1, "accounts": 1, "rows": 100, "row_cap": 20}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta | {"max_removed_share": 1.0}, **world) as scene:
        backfill_far_ahead(scene, soon)
        scene.clear_day(scene.accounts()[0], soon)
        scene.package_rows = 10
        assert scene.sync(cut=Cut(how="kill", at="merged", nth=8)).signal

        scene.sync()  # the oracle looks


def test_rows_of_an_account_stay_that_went_before_it_could_be_read_to_its_end(runner: Runner, tmp_path: Path):
    """It is emptied, but for a day that reaches the cap; and then its client goes (D3, D6)."""
    aleta = {"max_removed_share": 1.0, "reverify_days": 1, "look_ahead_days": 0}
    world = {"seed": 3, "accounts": 1, "rows": 60, "row_cap": 29, "keep": "random"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, **world) as scene:
        happens = Happenings(scene)
        scene.sync()
        happens.account(kind="empty_account")
        happens.busy_day(ago=0, count=30)
        assert scene.sync().report.status == "partial"
        happens.object(kind="client_gone")

        assert scene.sync().report.status == "complete"


def test_marks_that_were_put_back_are_shown_though_the_run_was_killed_after_a_promotion(runner: Runner, tmp_path: Path):
    """M4, M6: filling new columns commits a state; the account was gone, so that no later run touched its mark."""
    start = TODAY - timedelta(days=500)
    aleta = {"history_start": start, "look_back_days": 1, "look_ahead_days": 0, "reverify_days": 0, "workers": 1}
    world = {"seed": 1000000, "accounts": 1, "rows": 60, "row_cap": 38, "keep": "first", "date_filter": "trade"}
    with Scene(runner, tmp_path, tenants=("acme",), aleta=aleta, busy_day=False, **world) as scene:
        scene.package_rows = 10
        happens = Happenings(scene)
        happens.night(number=0, within_days=0)
        happens.odd(kind="redate", value="null", count=1, within_days=0)
        happens.night(number=23397, within_days=0)
        happens.odd(kind="retype", value="null", count=3, within_days=0)
        scene.sync_with_the_clock_ahead(1)
        happens.account(kind="account_gone")
        scene.sync(cut=Cut(how="kill", at="file", nth=117, after_us=30000))

        scene.sync()  # the oracle looks
