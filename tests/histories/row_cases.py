"""Histories that give planted bugs away, of what is one row, what is gone, and how that is told (rules D6 to D8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tests.histories.cases import Case, fullest
from tests.histories.doubles import backfill_of_one_who_has_it_too, one_of_two_is_deleted
from tests.histories.scene import TODAY, Scene

FAR = TODAY + timedelta(days=900)
NARROW = {"look_back_days": 1, "reverify_days": 1000}


def a_backfill_finds_two(scene: Scene) -> None:
    scene.change("double")
    backfill_of_one_who_has_it_too(scene)


def backfilled_far_ahead(scene: Scene) -> None:
    scene.change("late", account=fullest(scene), date=f"{FAR}")
    scene.backfill(FAR, FAR)


def the_fullest_is_edited(scene: Scene) -> None:
    """Its rows of old days; and a day of another is in doubt, which the largest answer of earlier clears."""
    for row_id, row in scene.rows_of(fullest(scene)).items():
        if max(row["attributes"]["tradeDate"], row["attributes"]["valueDate"]) < f"{TODAY - timedelta(days=60)}":
            scene.change("edit", id=row_id)
    scene.change("late", account=scene.accounts()[0], date=f"{TODAY}", count=3)


CASES: Mapping[str, Case] = {
    "conflict_passed_over": Case(
        aleta={"reverify_days": 0}, then=lambda scene: scene.change("double"), objection="nobody says so"
    ),
    "displaced_row_passed_over": Case(
        aleta=NARROW,
        then=lambda scene: scene.change("double"),
        play=backfill_of_one_who_has_it_too,
        objection="nobody says so",
    ),
    "conflict_forgotten": Case(
        aleta=NARROW,
        then=a_backfill_finds_two,
        objection="nobody says so",
    ),
    "conflict_for_ever": Case(
        aleta=NARROW,
        then=lambda scene: (a_backfill_finds_two(scene), one_of_two_is_deleted(scene)),
        objection="without a reason",
    ),
    "what_is_left_of_a_conflict_not_loaded": Case(
        aleta=NARROW,
        then=lambda scene: (a_backfill_finds_two(scene), one_of_two_is_deleted(scene)),
        objection="had two contents",
    ),
    "far_days_not_asked": Case(
        aleta={"reverify_days": 0}, then=backfilled_far_ahead, objection="is shown where it was|is missing"
    ),
    "far_rows_left_alone": Case(
        aleta={"reverify_days": 0},
        then=lambda scene: (backfilled_far_ahead(scene), scene.clear_day(fullest(scene), FAR)),
        objection="is not shown any more, and left over",
    ),
    "sighted_rows_forgotten": Case(
        world={"row_cap": 1000},
        aleta=NARROW,
        then=the_fullest_is_edited,
        objection="was shown, and is not so in the warehouse",
    ),
    "each_step_is_told": Case(
        aleta={"reverify_days": 0, "max_removed_share": 1.0, "workers": 1},
        package_rows=1,
        then=lambda scene: scene.change("move", count=8),
        objection="the feed does not lead",
    ),
    "verify_calls_a_conflict_equal": Case(
        then=lambda scene: scene.change("double"), play=Scene.verify, objection="has two contents, and verify says"
    ),
    "verify_passes_over_what_is_gone": Case(
        then=lambda scene: scene.change("delete", count=3), play=Scene.verify, objection="verify calls set\\(\\) extra"
    ),
    "verify_leaves_out_what_was_never_read": Case(
        then=lambda scene: scene.change("new_account"), play=Scene.verify, objection="verify calls set\\(\\) missing"
    ),
}
