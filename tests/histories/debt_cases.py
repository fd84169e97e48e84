"""Histories that give planted bugs away, of what a run owes a parent and leaves to the next one (rules D6, D7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tests.histories.cases import Case, Play, days
from tests.histories.cuts import Cut
from tests.histories.scene import Scene

FAR = date(2036, 3, 2)
ALETA = {"look_back_days": 5, "reverify_days": 30, "workers": 1, "max_removed_share": 1.0}


def _first(scene: Scene) -> str:
    return scene.accounts()[0]


def _last(scene: Scene) -> str:
    """Its whole history is nobody's turn tonight."""
    return scene.accounts()[-1]


def _another_night(scene: Scene) -> None:
    """What the oracle would forgive for some nights more is asked for here: all is as the API shows it."""
    scene.pass_time(hours=24)
    scene.sync()
    assert not (found := scene.differences()), "\n".join(found)


def a_row_leaves_the_look_back(scene: Scene) -> None:
    """It is deleted on the first day of tonight's look-back, which tomorrow's has left behind."""
    scene.change("late", account=_last(scene), date=f"{days(6)}", count=1)
    scene.sync()
    scene.pass_time(hours=24)
    scene.clear_day(_last(scene), days(6))


def a_far_row_is_deleted(scene: Scene) -> None:
    """By one of its dates it is ten years ahead."""
    [row_id] = scene.change("late", account=_first(scene), date=f"{days(200)}", count=1)["added"]
    scene.change("far_date", id=row_id, name="valueDate", date=f"{FAR}")
    scene.sync()
    scene.pass_time(hours=24)
    scene.change("delete", id=row_id)


def killed_before_request(number: int) -> Play:
    """A run that is killed just before it asks for what it owes, and a night in which all is well."""

    def play(scene: Scene) -> None:
        assert scene.sync(cut=Cut(how="kill", at="http", nth=number)).signal
        _another_night(scene)

    return play


CASES: Mapping[str, Case] = {
    "missed_row_forgotten": Case(
        world={"accounts": 4, "rows": 60, "row_cap": 200, "seed": 1, "tenants": ("acme",)},
        synced=False,  # it is the first sync that finds the row
        aleta=ALETA,
        then=a_row_leaves_the_look_back,
        play=killed_before_request(18),
        objection="is left over",
    ),
    "named_day_forgotten": Case(
        world={"accounts": 2, "rows": 60, "row_cap": 200, "seed": 1, "tenants": ("acme",), "date_filter": "trade"},
        synced=False,  # it is the first sync that finds the row
        aleta=ALETA,
        then=a_far_row_is_deleted,
        play=killed_before_request(19),
        objection="is left over",
    ),
}
