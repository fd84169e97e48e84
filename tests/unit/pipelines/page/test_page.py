"""The page of `report`: what it says, that it is whole in itself, and that nothing on it is taken for markup."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest

from pipelines.page.page import Page, render
from pipelines.report.report import Exit
from pipelines.status.standing import Standing, Standings

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOSTILE = """<script>alert("1")</script> & 'Søn' {{ 7 * 7 }}"""
VOID = {"meta", "path", "rect"}


class Parsed(HTMLParser):
    """Elements as they come, the text within them, and whether every one is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += f"{data} " if data.strip() else ""

    def every(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def a_run(days_ago=0, status="complete", **more):
    began = NOW - timedelta(days=days_ago, hours=10)
    return {
        "kind": "sync",
        "status": status,
        "started_at": began.isoformat(),
        "ended_at": (began + timedelta(minutes=3)).isoformat(),
        "duration_ms": 185_000,
        "requests": 1234,
        "retries": 2,
        "rows_read": 900,
        "added": 12_345,
        "modified": 6,
        "removed": 1,
        "errors": 0,
        "version": "0.1.0",
    } | more


def facts(**more):
    return {
        "running": None,
        "warehouse": "data/acme/warehouse.duckdb",
        "synced": True,
        "fresh_at": (NOW - timedelta(hours=9)).isoformat(),
        "coverage": [
            {
                "resource": "transactions",
                "parents": 60,
                "from_date": "1970-01-01",
                "all_through": "2026-11-22",
                "through_date": "2026-11-22",
                "oldest_verified_at": "2026-11-01T00:00:00+00:00",
                "never_read_whole": 3,
            }
        ],
        "quarantined": [],
        "history": [a_run(), a_run(1, "partial"), a_run(2, "failed")],
        "in_time": {"transactions": 45},
        "reverify_days": 30,
        "by_day": ["custodian_holdings"],
        "bytes": 8_400_000,
        "tables": [{"name": "transactions", "rows": 30_000}, {"name": "accounts", "rows": 60}],
        "drift": [],
        "drifted": 0,
        "names": {},
    } | more


QUARANTINED = {
    "resource": "transactions",
    "parent_id": "a1",
    "from_date": "2026-11-20",
    "to_date": "2026-11-20",
    "rows": 250,
    "reason": "one day reached the cap",
    "tried_at": "2026-11-24T02:00:00+00:00",
}


def page(**tenants):
    standings = [Standing(tenant=name, facts=said) for name, said in tenants.items()]
    return render(Standings(tenants=standings), now=NOW)


def said(**tenants):
    return re.sub(r"\s+", " ", Parsed(page(**tenants)).text)


# -- what it says


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


# -- what it is


def test_nothing_is_taken_for_markup():
    """Names, ids, reasons, paths and errors come from outside."""
    hostile = QUARANTINED | {"parent_id": HOSTILE, "reason": HOSTILE, "resource": HOSTILE}
    html = page(
        acme=facts(
            quarantined=[hostile],
            names={HOSTILE: HOSTILE},
            warehouse=HOSTILE,
            running=HOSTILE,
            drift=[{"name": HOSTILE, "rows": 1}],
            tables=[{"name": HOSTILE, "rows": 1}],
            history=[a_run(kind=HOSTILE, status=HOSTILE)],
        ),
        bolt={"running": None, "warehouse": "w", "synced": False, "error": HOSTILE},
    )
    parsed = Parsed(html)

    assert "<script" not in html
    assert parsed.every("script") == []
    assert parsed.text.count(HOSTILE) >= 11
    assert [name for _, attributes in parsed.elements for name in attributes if name.startswith("on")] == []


def test_it_needs_nothing_but_itself():
    """No script, no address, nothing to load: and a policy that forbids it, should something get in."""
    html = page(acme=facts(quarantined=[QUARANTINED], drift=[{"name": "a.b", "rows": 1}]))
    parsed = Parsed(html)

    assert re.findall(r"\w+://|//\w|url\(|@import|data:", html) == []
    assert {tag for tag, _ in parsed.elements} & {"script", "link", "img", "iframe", "object", "embed", "base"} == set()
    assert [one for _, one in parsed.elements if "src" in one] == []
    [policy] = [one["content"] for one in parsed.every("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_it_can_be_used_without_seeing_it():
    """Language, title, one heading a level, headers of every table, words for every chart and every scrolling part."""
    parsed = Parsed(page(acme=facts(quarantined=[QUARANTINED]), bolt=facts()))

    assert parsed.every("html") == [{"lang": "en"}]
    assert "aleta-sync: acme, bolt" in parsed.text
    assert len(parsed.every("h1")) == 1
    assert all(one.get("scope") in {"col", "row"} for one in parsed.every("th"))
    assert len(parsed.every("thead")) == len(parsed.every("table")) == 7
    assert [one["role"] for one in parsed.every("svg")] == ["img"] * 6
    assert all("the table of runs has the figures" in one["aria-label"] for one in parsed.every("svg"))
    regions = [one for one in parsed.every("div") if one.get("role") == "region"]
    assert all(one["aria-label"] and one["tabindex"] == "0" for one in regions)
    ids = [one["id"] for _, one in parsed.elements if "id" in one]
    assert len(ids) == len(set(ids))


def test_it_is_dark_where_the_reader_is_and_fits_a_telephone():
    """Colours for both, a viewport, and tables that stack."""
    html = page(acme=facts())

    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "@media (max-width: 46rem)" in html


def test_a_first_load_beside_quiet_nights_is_said_to_be_drawn_in_tens():
    """An axis that is not what one expects says so."""
    quiet = {"added": 3, "modified": 2, "removed": 1}
    nights = [a_run(days, **quiet) for days in range(5)]

    assert "Logarithmic" not in said(acme=facts(history=nights))
    assert "Logarithmic" in said(acme=facts(history=[*nights, a_run(6, added=30_000)]))


def test_runs_are_drawn_from_the_oldest_to_the_last():
    """As one reads."""
    html = page(acme=facts(history=[a_run(0), a_run(1)]))

    assert html.index(f"{date(2026, 11, 23)} 02:00, added") < html.index(f"{date(2026, 11, 24)} 02:00, added")


# -- the file


def test_the_file_is_written_whole_and_for_its_owner_only(tmp_path):
    """Mode 0600, also over a file that everyone might read; nothing else is left in the folder."""
    file = tmp_path / "deep" / "r.html"
    file.parent.mkdir()
    file.write_text("old")
    file.chmod(0o644)

    Page(text="Søn", exit=Exit.COMPLETE, errors=()).write(file)

    assert file.read_text(encoding="utf-8") == "Søn"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_cannot_be_replaced_stays_what_it_was(tmp_path):
    """A folder stands in the way: nothing is left beside it."""
    (tmp_path / "r.html" / "inside").mkdir(parents=True)

    with pytest.raises(OSError, match=r"r\.html"):
        Page(text="new", exit=Exit.COMPLETE, errors=()).write(tmp_path / "r.html")

    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]
