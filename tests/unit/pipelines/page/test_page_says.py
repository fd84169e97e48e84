"""The page of `report`: what it says, and in what order."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from pipelines.page.panels import DETAILED
from tests.unit.pipelines.page.facts import NOW, QUARANTINED, Parsed, a_run, facts, page, said


def test_it_says_what_status_says():
    """Freshness, figures of the last run, coverage, runs, tables."""
    text = said(acme=facts())

    for sentence in (
        "fresh: 9 h old",
        "last run complete",
        "12,352 rows",
        "1,234",
        "8 MiB",
        "2 3 2026-11-22 75 % 2026-11-01 00:00 60 1970-01-01",
        "3 min 5 s",
        "None: nothing that was read is in doubt.",
        "None: every attribute has a column of its own.",
        "transactions 30,000",
        "partial",
        "failed",
    ):
        assert sentence in text


@pytest.mark.parametrize(
    ("age", "sentence"),
    [
        pytest.param(timedelta(seconds=-5), "fresh: 0 min old", id="a clock that lags"),
        pytest.param(timedelta(minutes=7), "fresh: 7 min old", id="minutes"),
        pytest.param(timedelta(hours=26), "fresh: 26 h old", id="just in time"),
        pytest.param(timedelta(hours=27), "stale: 27 h old", id="a night missed"),
        pytest.param(timedelta(days=3), "stale: 3 days old", id="days"),
    ],
)
def test_freshness_is_the_age_of_the_last_complete_run(age, sentence):
    """A night that was missed is seen."""
    assert sentence in said(acme=facts(fresh_at=(NOW - age).isoformat()))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            {"fresh_at": None, "streak": [a_run(status="partial")]}, "no complete run yet", id="none complete"
        ),
        pytest.param({"history": []}, "No run yet.", id="no run"),
        pytest.param({"coverage": []}, "No mark yet.", id="no mark"),
        pytest.param({"running": "process 7 on h"}, "Running now: process 7 on h", id="running"),
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
def test_what_is_unusual_is_said(change, sentence):
    """Each in words, not in colour alone."""
    assert sentence in said(acme=facts(**change))


def test_a_tenant_that_was_never_synced_or_cannot_be_read_says_so():
    """The others are there all the same, and each can be reached from the top."""
    never = {"running": None, "warehouse": "w", "synced": False}
    parsed = Parsed(page(acme=facts(), bolt=never, core=never | {"error": "w cannot be read"}))

    text = re.sub(r"\s+", " ", parsed.text)
    assert "2 of 3 tenants need attention" in text
    assert "bolt never synced" in text
    assert "never synced: run `aleta-sync sync bolt`" in text
    assert "core cannot be read" in text
    assert " w cannot be read" in text
    assert {"acme", "bolt", "core"} <= {details.get("id") for details in parsed.every("details")}


def test_the_tables_of_a_warehouse_elsewhere_are_not_counted():
    """Counting them would bring all of it over the line."""
    elsewhere = {name: value for name, value in facts().items() if name not in {"bytes", "tables", "names"}}

    text = said(acme=elsewhere | {"quarantined": [QUARANTINED]})

    assert "Tables are not counted" in text
    assert "Largest tables" not in text
    assert "transactions a1 2026-11-20 to 2026-11-20" in text


def test_a_quarantined_window_is_named():
    """Whose it is, which days, how many rows, and why."""
    assert "transactions Household a1 2026-11-20 to 2026-11-20 250 2026-11-24 02:00 one day reached the cap" in said(
        acme=facts(quarantined=[QUARANTINED], names={"a1": "Household"})
    )


def test_what_needs_attention_comes_first_and_what_is_fine_is_folded():
    """The sentence, then the worst, then what is partial; the rest behind one line."""
    stale, partial = {"fresh_at": (NOW - timedelta(days=3)).isoformat()}, {"streak": [a_run(status="partial")]}
    parsed = Parsed(page(acme=facts(), bolt=facts(**partial), core=facts(**stale), dune=facts()))

    assert "2 of 4 tenants need attention" in parsed.text
    tenants = [details for details in parsed.every("details") if "tenant" in (details.get("class") or "")]
    assert [tenant["id"] for tenant in tenants] == ["core", "bolt", "acme", "dune"]
    assert [tenant["class"] for tenant in tenants] == ["tenant bad", "tenant warn", "tenant good", "tenant good"]
    assert not any("open" in tenant for tenant in tenants)
    assert parsed.text.index("core ") < parsed.text.index("2 tenants are fine") < parsed.text.index("acme fresh")
    assert [details for details in parsed.every("details") if details.get("class") == "fold"] == [{"class": "fold"}]


@pytest.mark.parametrize(
    ("change", "headline"),
    [pytest.param({}, "acme is fine", id="fine"), pytest.param({"fresh_at": None}, "acme needs attention", id="not")],
)
def test_what_a_page_is_about_alone_is_open(change, headline):
    """Nobody has to unfold the only tenant, nor the only one in need."""
    alone = Parsed(page(acme=facts(**change)))

    assert headline in alone.text
    assert "open" in next(details for details in alone.every("details") if details.get("id") == "acme")


def test_of_many_tenants_those_that_are_fine_have_a_line_each():
    """Hundreds of charts would stop a browser; who needs attention has everything."""
    many = {f"office-{number}": facts() for number in range(DETAILED)} | {"bolt": facts(fresh_at=None)}
    parsed = Parsed(page(**many))

    assert f"1 of {DETAILED + 1} tenants needs attention" in parsed.text
    assert len([svg for svg in parsed.every("svg") if svg.get("class") == "chart"]) == 3
    assert "aleta-sync report office-7 --html FILE" in parsed.text
    assert len([span for span in parsed.every("span") if span.get("role") == "img"]) == DETAILED + 1


def test_a_failed_run_is_in_the_bars_the_calendar_and_the_table_with_its_reason():
    """Also where no warehouse was ever made: the reason is what an operator needs."""
    failure = {"run_id": "r1", "kind": "sync", "status": "failed", "reason": "no such key"} | {
        "started_at": (NOW - timedelta(hours=10)).isoformat()
    }
    never = {"running": None, "warehouse": "w", "synced": False, "failures": [failure], "streak": [failure]}

    html = page(acme=never)

    assert html.count("<title>2026-11-24 02:00: failed: no such key</title>") == 3
    assert "<title>Tue 24 Nov: 02:00 sync failed: no such key</title>" in html
    text = said(acme=never)
    assert "never complete: failed (the last run, 2026-11-24 02:00 UTC): no such key" in text
    assert "2026-11-24 02:00 sync failed: no such key" in text
    assert "no complete run yet" in text
