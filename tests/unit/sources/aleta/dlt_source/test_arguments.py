"""Arguments of the source that make no sense are refused by their names, before anything is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sources.aleta.dlt_source.arguments import day
from sources.aleta.dlt_source.source import aleta_source


def source(**given):
    return aleta_source(kid="k", iss="i", sub="s", private_key="p", **given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("on_failure", value) for value in ("Raise", "ignore", "", 5)),
        *((name, -1) for name in ("look_back_days", "look_ahead_days", "snapshot_days", "row_cap", "max_window_days")),
        *(("look_back_days", value) for value in (36_501, 1.5, True, "many")),
        *(("requests_per_minute", -1), ("workers", 0), ("burst", 0), ("row_cap", "250")),
        *(("resources", value) for value in ("transactions", [], ["trades"])),
        *(("history_start", value) for value in ("01.01.2020", "", 2020)),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(name, value):
    """A negative look-back left days out under complete receipts; any misspelt `on_failure` meant `skip`."""
    with pytest.raises(ValueError, match=rf"^{name}: "):
        source(**{name: value})


def test_a_table_that_is_named_twice_is_read_once():
    assert [*source(resources=["users", "users", "clients"]).resources] == ["users", "clients"]


def test_a_moment_is_its_day():
    """A `datetime` is a `date`, and cannot be compared with one: extraction ended in a TypeError."""
    assert day("history_start", datetime(2020, 1, 1, 12, tzinfo=UTC)) == date(2020, 1, 1)


def test_zero_is_no_limit_and_days_may_be_dates():
    found = source(requests_per_minute=0, row_cap=0, look_back_days=0, history_start=date(2020, 1, 1))
    assert "transactions" in found.resources
