"""Rows that name no day, or one far off, or that are there twice: still listed where they were."""

from __future__ import annotations

from datetime import date

import pytest

from sandbox.state.mutations import mutate
from sandbox.world.rows import DATES, ordinal
from tests.unit.sandbox.state.test_sandbox_mutations import TODAY, store


@pytest.fixture
def world():
    return store()


def days_of(world, row_id: str) -> list[object]:
    attributes = world.truth().transactions[row_id]["attributes"]
    return [attributes.get(name, "absent") for name in DATES]


@pytest.mark.parametrize(
    ("form", "shown"), [("null", [None, None]), ("absent", ["absent", "absent"]), ("instant", "T00:00:00Z")]
)
def test_a_row_without_days_stays_where_the_server_has_it(world, form, shown):
    """Only what it says of itself changes; so it is listed, edited and deleted as before."""
    [before] = [world.find(min(world.truth().transactions))]

    [row_id] = mutate(world, "dateless", {"id": before.id, "value": form})["edited"]

    row = world.find(row_id)
    assert (row.trade, row.value) == (before.trade, before.value)
    said = days_of(world, row_id)
    assert said == shown if isinstance(shown, list) else all(day.endswith(shown) for day in said)
    for _ in range(6):
        mutate(world, "edit", {"id": row_id})
    mutate(world, "delete", {"id": row_id})
    assert row_id not in world.truth().transactions


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2036-03-02"])
def test_a_far_date_is_what_the_server_goes_by(world, day):
    """By the other date it is listed as ever; by this one, only where it is."""
    [row_id] = mutate(world, "far_date", {"date": day})["edited"]

    assert world.find(row_id).value == ordinal(day)
    for _ in range(6):
        mutate(world, "edit", {"id": row_id})
    mutate(world, "delete", {"id": row_id})
    assert row_id not in world.truth().transactions


def test_a_row_is_dated_again_within_120_days(world):
    """Both dates, to any day from 5 to 120 days ago, or to the day given."""
    found = mutate(world, "redate", {"count": 20})["edited"]
    [told] = mutate(world, "redate", {"days": 33})["edited"]

    ages = [TODAY.toordinal() - world.find(row_id).trade for row_id in found if row_id != told]
    assert all(5 <= age <= 120 for age in ages)
    assert len(set(ages)) > 1
    assert days_of(world, told) == [date.fromordinal(TODAY.toordinal() - 33).isoformat()] * 2


def test_a_row_that_is_doubled_is_in_two_accounts_with_two_contents(world):
    """One id; what an account lists of it is its own."""
    [row_id] = mutate(world, "double", {})["doubled"]

    found = [row for ledger in world.ledgers.values() for row in ledger.rows if row.id == row_id]
    assert len(found) == len({row.accounts for row in found}) == len({row.body for row in found}) == 2


def test_attributes_of_another_type_and_nul_are_shown_as_they_are(world):
    """The truth has them to the last character."""
    [typed] = mutate(world, "retype", {})["edited"]
    [cut] = mutate(world, "nul", {})["edited"]

    attributes = world.truth().transactions[typed]["attributes"]
    assert (attributes["accountAmount"], str(attributes["comment"]["level"])) == ("1,234.50", "1.10")
    assert world.truth().transactions[cut]["attributes"]["comment"] == "a\0b"
