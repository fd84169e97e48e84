"""Histories that give planted bugs away, of what is one row (rule D8)."""

from __future__ import annotations

from collections.abc import Mapping

from tests.histories.cases import Case
from tests.histories.doubles import backfill_of_one_who_has_it_too, one_of_two_is_deleted
from tests.histories.scene import Scene

NARROW = {"look_back_days": 1, "reverify_days": 1000}


def a_backfill_finds_two(scene: Scene) -> None:
    scene.change("double")
    backfill_of_one_who_has_it_too(scene)


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
    "verify_calls_a_conflict_equal": Case(
        then=lambda scene: scene.change("double"), play=Scene.verify, objection="has two contents, and verify says"
    ),
}
