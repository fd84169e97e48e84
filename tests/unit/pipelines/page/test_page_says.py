"""The page of `report`: what it says."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.unit.pipelines.page.facts import NOW, QUARANTINED, Parsed, a_run, facts, page, said


def test_it_says_what_status_says():
    """Freshness, figures of the last run, coverage, runs, tables."""
    text = said(acme=facts())

    for words in (
        "fresh: 9 h old",
        "last run complete",
        "12,352 rows",
        "1,234",
        "8 MiB",
        "1970-01-01 2026-11-22 2 75 % 2026-11-01 00:00 3",
        "3 min 5 s",
        "None: nothing that was read is in doubt.",
        "None: every attribute has a column of its own.",
        "transactions 30,000",
        "partial",
        "failed",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("age", "words"),
    [
        pytest.param(timedelta(seconds=-5), "fresh: 0 min old", id="a clock that lags"),
        pytest.param(timedelta(minutes=7), "fresh: 7 min old", id="minutes"),
        pytest.param(timedelta(hours=26), "fresh: 26 h old", id="just in time"),
        pytest.param(timedelta(hours=27), "stale: 27 h old", id="a night missed"),
        pytest.param(timedelta(days=3), "stale: 3 days old", id="days"),
    ],
)
def test_freshness_is_the_age_of_the_last_complete_run(age, words):
    """A night that was missed is seen."""
    assert words in said(acme=facts(fresh_at=(NOW - age).isoformat()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            {"fresh_at": None, "history": [a_run(status="partial")]}, "no complete run yet", id="none complete"
        ),
        pytest.param({"history": []}, "No run yet.", id="no run"),
        pytest.param({"coverage": []}, "No mark yet.", id="no mark"),
        pytest.param({"running": "process 7 on h"}, "running now Warehouse: data", id="running"),
        pytest.param({"history": [a_run(status="running", duration_ms=None, ended_at=None)]}, "not ended", id="killed"),
        pytest.param({"history": [a_run(requests=None)]}, "not known", id="a figure that is not there"),
        pytest.param({"quarantined": [QUARANTINED] * 2}, "2 quarantined", id="quarantined"),
        pytest.param(
            {"drift": [{"name": "accounts.bank", "rows": 1500}], "drifted": 4}, "accounts.bank 1,500", id="drift"
        ),
        pytest.param({"drift": [{"name": "accounts.bank", "rows": 1500}], "drifted": 4}, "and 3 more", id="more drift"),
        pytest.param({"bytes": 900}, "900 B", id="bytes"),
        pytest.param({"bytes": 3 * 1024**3}, "3.0 GiB", id="gigabytes"),
    ],
)
def test_what_is_unusual_is_said(change, words):
    """Each in words, not in colour alone."""
    assert words in said(acme=facts(**change))


def test_a_tenant_that_was_never_synced_or_cannot_be_read_says_so():
    """The others are there all the same, and each can be reached from the top."""
    never = {"running": None, "warehouse": "w", "synced": False}
    parsed = Parsed(page(acme=facts(), bolt=never, core=never | {"error": "w cannot be read"}))

    assert "Nothing is there yet: run aleta-sync sync bolt" in re.sub(r"\s+", " ", parsed.text)
    assert "cannot be read w cannot be read" in re.sub(r"\s+", " ", parsed.text).replace("Warehouse: w ", "")
    assert [one["href"] for one in parsed.every("a")] == ["#acme", "#bolt", "#core"]
    assert {"acme", "bolt", "core"} <= {one.get("id") for one in parsed.every("section")}


def test_the_tables_of_a_warehouse_elsewhere_are_not_counted():
    """Counting them would bring all of it over the line."""
    elsewhere = {one: value for one, value in facts().items() if one not in {"bytes", "tables", "names"}}

    text = said(acme=elsewhere | {"quarantined": [QUARANTINED]})

    assert "Tables are not counted" in text
    assert "Largest tables" not in text
    assert "transactions a1 2026-11-20 to 2026-11-20" in text


def test_a_quarantined_window_is_named():
    """Whose it is, which days, how many rows, and why."""
    assert "transactions Household a1 2026-11-20 to 2026-11-20 250 2026-11-24 02:00 one day reached the cap" in said(
        acme=facts(quarantined=[QUARANTINED], names={"a1": "Household"})
    )
