"""The page of `report`: whole in itself, escaped, readable by everybody."""

from __future__ import annotations

import re
from datetime import date

from tests.unit.pipelines.page.facts import NOW, QUARANTINED, Parsed, a_run, facts, page, said

HOSTILE = """<script>alert("1")</script> & 'Søn' {{ 7 * 7 }}"""
UNSEEN = "Jon\u202e\u2066\u200b\x1b[31m\x00\n\ud800Doe"


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


def test_what_cannot_be_seen_is_shown():
    """A name that turns what follows around, or hides in a terminal's colours, is seen to do so; it can be written."""
    window = QUARANTINED | {"reason": UNSEEN, "resource": UNSEEN}
    failure = {"started_at": NOW.isoformat(), "status": "failed", "reason": UNSEEN}
    html = page(
        acme=facts(quarantined=[window], names={"a1": UNSEEN}, drift=[{"name": UNSEEN, "rows": 1}], failures=[failure]),
        bolt={"running": UNSEEN, "warehouse": UNSEEN, "synced": False, "error": UNSEEN},
    )

    assert [letter for letter in html if not letter.isprintable() and letter != "\n"] == []
    shown = "Jon⟨U+202E⟩⟨U+2066⟩⟨U+200B⟩⟨U+001B⟩[31m⟨U+0000⟩⟨U+000A⟩⟨U+D800⟩Doe"
    assert html.count(shown) >= 12
    assert html.count("Jon") == html.count(shown)
    html.encode()


def test_it_needs_nothing_but_itself():
    """No script, no address, nothing to load: and a policy that forbids it, should something get in."""
    html = page(acme=facts(quarantined=[QUARANTINED], drift=[{"name": "a.b", "rows": 1}]))
    parsed = Parsed(html)

    assert re.findall(r"\w+://|//\w|url\(|@import|data:", html) == []
    assert {tag for tag, _ in parsed.elements} & {"script", "link", "img", "iframe", "object", "embed", "base"} == set()
    assert [attributes for _, attributes in parsed.elements if "src" in attributes] == []
    [policy] = [meta["content"] for meta in parsed.every("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_it_can_be_used_without_seeing_it():
    """Language, title, one heading a level, headers of every table, words for every chart and every scrolling part."""
    parsed = Parsed(page(acme=facts(quarantined=[QUARANTINED]), bolt=facts()))

    assert parsed.every("html") == [{"lang": "en"}]
    assert "aleta-sync: 1 of 2 tenants needs attention" in parsed.text
    assert len(parsed.every("h1")) == 1
    assert all(header.get("scope") in {"col", "row"} for header in parsed.every("th"))
    assert len(parsed.every("thead")) == len(parsed.every("table")) == 7
    drawn = [svg for svg in parsed.every("svg") if "aria-hidden" not in svg]
    assert [svg["role"] for svg in drawn] == ["img"] * 6
    assert all("the table of runs has the figures" in svg["aria-label"] for svg in drawn)
    calendars = [span["aria-label"] for span in parsed.every("span") if span.get("role") == "img"]
    assert calendars == ["Last 90 nights: 1 complete, 1 partial, 1 failed, 87 without a run"] * 2
    scrolling = [part for part in parsed.every("div") if part.get("class") == "scroll"]
    assert len(scrolling) == len(parsed.every("table"))
    assert all(part["aria-label"] and part["tabindex"] == "0" and part["role"] == "group" for part in scrolling)
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_it_is_dark_where_the_reader_is_and_fits_a_telephone():
    """Colours for both, a viewport, and tables that stack."""
    html = page(acme=facts())

    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media screen and (prefers-color-scheme: dark)" in html  # paper is light
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
