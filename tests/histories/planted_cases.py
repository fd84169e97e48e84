"""For each planted bug a short history in which the oracle sees that something is broken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tests.histories import debt_cases, row_cases
from tests.histories.cases import Case, Play, days, fullest
from tests.histories.cuts import Cut
from tests.histories.scene import Scene


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


def backfills_that_cut_rows_in_two(scene: Scene) -> None:
    """The server goes by value date; of some rows the trade date is inside, the value date is not."""
    for ago in (250, 225, 200, 175, 150, 125):
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


def row_shown_then_moved(scene: Scene) -> None:
    """A row of the days still to be read, shown by an answer that was cut, moves to days that have been read."""
    [account] = scene.accounts()
    dated = [(row["attributes"]["tradeDate"], row_id) for row_id, row in scene.rows_of(account).items()]
    _, row_id = max(row for row in dated if row[0] < f"{days(45)}")  # the third window does not reach so far back
    scene.moves_after_it_was_shown(row_id, days(5), skip=3)
    scene.sync()


def redated_into_the_rest(scene: Scene) -> None:
    """A row leaves an old day for a newer one; packages are so small that they commit in between."""
    account = fullest(scene)
    oldest = min(scene.rows_of(account).items(), key=lambda row: row[1]["attributes"]["valueDate"])[0]
    scene.change("redate", id=oldest, days=100)


def two_quiet_nights(scene: Scene) -> None:
    for number in range(2):
        scene.pass_time(days=1)
        scene.change("late", count=number + 1)
        scene.sync()


CASES: Mapping[str, Case] = {
    **row_cases.CASES,
    **debt_cases.CASES,
    "cap_judged_too_late": Case(synced=False, aleta={"row_cap": 25}, objection="there were"),
    "cap_of_another_night_believed": Case(
        aleta={"reverify_days": 0}, then=lambda scene: scene.box.set(row_cap=20), objection="there were"
    ),
    "cut_answers_kept": Case(synced=False, objection="there were"),
    "trials_left_out": Case(
        synced=False,
        world={"cap_model": "alternating", "rows": 400, "keep": "first"},
        aleta={"workers": 1},  # which answers are cut does not depend on whose turn it was
        objection="there were|is missing",
    ),
    "strict_reading_believes_sizes": Case(
        synced=False,
        world={"cap_model": "alternating", "rows": 400, "keep": "first"},
        aleta={"workers": 1},  # which answers are cut does not depend on whose turn it was
        objection="there were|is missing",
    ),
    "parts_overlap_by_a_day": Case(synced=False, world={"rows": 240}, objection="never came"),  # much to be parted
    "parts_leave_a_day_out": Case(synced=False, world={"rows": 240}, objection="never came"),
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
        play=backfills_that_cut_rows_in_two,
        objection="is missing|without a reason",
    ),
    "ghosts_of_empty_windows": Case(
        aleta={"max_removed_share": 1.0}, then=all_recent_rows_vanish, objection="is left over"
    ),
    "straddling_rows_forgotten": Case(
        world={"row_cap": 20, "accounts": 1, "rows": 450},
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
    "copy_written_in_place": Case(play=killed("copy", 5), objection="is gone"),
    "list_believed": Case(then=lists_are_cut, objection="is missing"),
    "left_out_means_removed": Case(then=lists_are_cut, objection="were marked as gone"),
    "back_and_not_read_whole": Case(play=away_for_a_night, objection="was away"),
    "missed_in_part_means_removed": Case(then=dated_far_away, objection="is missing"),
    "dateless_ghosts": Case(aleta={"reverify_days": 0}, then=dateless_row_deleted, objection="is left over"),
    "mark_ahead_believed": Case(then=clock_was_ahead, objection="later than the last elapsed day"),
    "first_304_believed": Case(
        world={"v1_page_rows": 5, "v1_spelling": "jsonapi", "plain": True},
        aleta={"track": "v1", "look_back_days": 1000},
        then=later_pages_are_edited,
        objection=", not ",
    ),
    "shown_rows_forgotten": Case(
        synced=False,
        world={"accounts": 1, "rows": 120, "keep": "last"},
        aleta={"workers": 1},
        play=row_shown_then_moved,
        objection="was shown, and is missing",
    ),
    "ends_believed": Case(synced=False, world={"skipped_end": "last", "rows": 240}, objection="there were"),
    "last_of_two_members_wins": Case(
        aleta={"reverify_days": 0},
        then=lambda scene: scene.break_down("data_twice", fullest(scene)),
        objection="counts 0 rows",
    ),
    "one_odd_answer_ends_all": Case(
        aleta={"workers": 1},  # the others come after it
        then=lambda scene: scene.break_down("302_latin1", fullest(scene)),
        objection="nothing else was odd",
    ),
    "undecodable_day_costs_the_account": Case(
        synced=False,  # the look-back of one that was read before is read all the same
        then=lambda scene: scene.break_down("half_ids", fullest(scene)),
        objection="no day of it was read",
    ),
    "nul_left_out": Case(
        aleta={"reverify_days": 0}, then=lambda scene: scene.change("nul", count=3), objection="comment is"
    ),
    "truncated_list_passed_over": Case(
        then=lambda scene: scene.box.set(list_caps={"users": 1}, keep="first"),
        objection="nobody says that the list was truncated",
    ),
    "gone_before_the_end": Case(
        aleta={"reverify_days": 0},
        package_rows=10,
        world={"accounts": 1, "rows": 80},
        then=redated_into_the_rest,
        objection="counts as new in a run in which it was modified",
    ),
    "mistyped_passed_over": Case(
        aleta={"reverify_days": 0},
        then=lambda scene: scene.change("retype", count=2),
        objection="of another type, and nobody says so",
    ),
    "loaded_packages_kept": Case(play=two_quiet_nights, objection="packages that were loaded are kept"),
    "token_of_another_tenant": Case(
        synced=False, world={"tenants": ("acme", "bolt")}, objection="could not be read|without a reason"
    ),
}
