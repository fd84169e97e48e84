"""The page of `report` in a real Chromium: it fits, it is the same each time, anyone can read it, and it prints."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from pipelines.page.page import render
from pipelines.status.standing import Standing, Standings
from tests import browser
from tests.lengths import long_but
from tests.unit.pipelines.page.facts import NOW, QUARANTINED, a_run, facts

DESK, LAPTOP, TELEPHONE, SMALL_TELEPHONE = 1440, 1086, 390, 360
LONG = "instrument_holdings_of_reporting_entities_in_a_depository"
FAILURE = {
    "started_at": (NOW - timedelta(hours=10)).isoformat(), "status": "failed", "kind": "sync",
    "reason": "the token endpoint refuses the key: invalid_client " + "x" * 120,
}  # fmt: skip
UNFOLD = "document.querySelectorAll('details').forEach(part => {part.open = true})"
SHORT = "Element content is too short"
TOO_WIDE = """
    [document.documentElement, ...document.querySelectorAll('.scroll')]
        .filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.getAttribute('aria-label') || 'page')
"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    """An open tab."""
    with browser.chromium(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def axe(request):
    """The source of axe-core."""
    return browser.axe(request.config.cache.mkdir("axe-core"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of tenants that fail, wait, are partly done, and are fine."""
    coverage = facts()["coverage"][0]
    behind = facts(
        history=[a_run(days) for days in range(3, 80)],
        failures=[FAILURE],
        streak=[FAILURE],
        fresh_at=(NOW - timedelta(days=3)).isoformat(),
        coverage=[coverage, coverage | {"resource": LONG, "all_through": "2026-10-01"}],
        quarantined=[QUARANTINED | {"reason": "one day reached the cap " * 5}],
        tables=[{"name": LONG, "rows": 30_000_000}],
        drift=[{"name": f"{LONG}.anAttributeThatNoSchemaNames", "rows": 1500}],
        drifted=4,
    )
    partial = facts(
        streak=[a_run(0, "partial", errors=3)],
        history=[a_run(0, "partial", errors=3), a_run(0.1, added=500_000), *(a_run(n) for n in range(1, 40))],
    )
    never = {"running": None, "warehouse": f"data/{LONG}/warehouse.duckdb", "synced": False}
    unreadable = never | {"error": f"{LONG * 3} cannot be read"}
    tenants = {"acme": facts(), "behind": behind, "partial": partial, "never": never, "unreadable": unreadable}
    file = tmp_path_factory.mktemp("page") / "report.html"
    standings = [Standing(tenant=name, facts=known) for name, known in tenants.items()]
    file.write_text(render(Standings(tenants=standings), now=NOW), encoding="utf-8")
    return file


@pytest.mark.parametrize("width", long_but({LAPTOP, SMALL_TELEPHONE}, [DESK, LAPTOP, TELEPHONE, SMALL_TELEPHONE]))
def test_nothing_is_wider_than_the_window(tab, page, width):
    """With everything unfolded, and the longest names; no table has to be scrolled."""
    tab.show(page, width=width)
    tab.run(UNFOLD)

    assert tab.run(TOO_WIDE) == []
    assert tab.run("document.querySelectorAll('.scroll').length") > 10
    tab.run("document.querySelector('.scroll td').append('x'.repeat(999))")
    tab.run("document.querySelector('.scroll td').style.whiteSpace = 'nowrap'")
    assert tab.run(TOO_WIDE) != []  # the measure tells


@pytest.mark.parametrize("width", [LAPTOP, TELEPHONE])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_picture_of_it_is_the_same_each_time(tab, page, width, dark, request):
    """To the bit; light is light and dark is dark. The pictures are kept for whoever wants to look."""
    tab.show(page, width=width, dark=dark)
    first = tab.picture()
    tab.show(page, width=width, dark=dark)

    folder = request.config.cache.mkdir("pictures")
    (folder / f"{width}-{'dark' if dark else 'light'}.png").write_bytes(first)
    assert tab.picture() == first
    paper = tab.run("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper))) < 300) is dark


@pytest.mark.parametrize(
    ("width", "dark"),
    [
        pytest.param(LAPTOP, False, id="light"),
        pytest.param(LAPTOP, True, id="dark"),
        pytest.param(TELEPHONE, False, id="telephone"),
    ],
)
def test_axe_finds_nothing(tab, page, axe, width, dark):
    """With everything unfolded. A single character, or one on a drawing, it cannot judge: they look like the others."""
    tab.show(page, width=width, dark=dark)
    tab.run(UNFOLD)
    tab.run(f"{axe}; 1")

    found = json.loads(tab.run("axe.run().then(found => JSON.stringify(found))"))

    told = {kind: [node for rule in found[kind] for node in rule["nodes"]] for kind in ("violations", "incomplete")}
    assert [(node["html"], node["failureSummary"]) for node in told["violations"]] == []
    assert [node for node in told["incomplete"] if not re.match("<text", node["html"]) and SHORT not in f"{node}"] == []
    assert {"color-contrast", "summary-name", "document-title"} <= {rule["id"] for rule in found["passes"]}


def test_axe_finds_what_is_too_faint(tab, page, axe):
    """So that no findings mean something: grey on black is read by few."""
    tab.show(page, width=LAPTOP, dark=True)
    tab.run("document.querySelector('header p').style.color = '#555'")
    tab.run(f"{axe}; 1")

    found = json.loads(tab.run("axe.run('header').then(found => JSON.stringify(found.violations))"))

    assert [rule["id"] for rule in found] == ["color-contrast"]


def test_it_asks_the_network_for_nothing_and_runs_nothing(tab, page):
    """Its own policy says so, and the browser keeps to it."""
    tab.show(page, width=LAPTOP)
    assert tab.requests == []

    sabotaged = page.with_name("sabotaged.html")
    sabotage = "<script>document.title = 'run'</script><img src='x.png'></main>"
    sabotaged.write_text(page.read_text(encoding="utf-8").replace("</main>", sabotage), encoding="utf-8")
    tab.show(sabotaged, width=LAPTOP)

    assert tab.run("document.title") == "aleta-sync: 4 of 5 tenants need attention"
    assert tab.run("document.querySelector('img').naturalWidth") == 0


def test_it_is_printed_light_and_whole(tab, page):
    """Also for a reader who likes it dark; a table wider than paper would be cut."""
    tab.show(page, width=LAPTOP, dark=True)
    tab.run(UNFOLD)
    tab.call("Emulation.setDeviceMetricsOverride", width=688, height=900, deviceScaleFactor=1, mobile=False)
    tab.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    assert tab.run(TOO_WIDE) == []
    assert tab.run("getComputedStyle(document.documentElement).getPropertyValue('--card').trim()") == "#fff"
    assert tab.pdf().startswith(b"%PDF-")


def test_the_nights_of_a_telephone_stand_below_each_other_by_day(tab, page):
    """Each month is a row, and its fifth stands below the fifth of the month before."""
    lefts = "[...document.querySelectorAll('#acme .month svg')].map(month => month.getBoundingClientRect()"
    tab.show(page, width=TELEPHONE)
    tab.run(UNFOLD)
    tops = tab.run(f"{lefts}.top)")
    starts = tab.run(f"{lefts}.left)")

    assert tops == sorted(set(tops))
    assert len(tops) == 4
    assert len(set(starts[1:])) == 1  # the first begins on the 27th
    assert starts[0] > starts[1] + 200

    tab.show(page, width=LAPTOP)
    tab.run(UNFOLD)
    assert len(set(tab.run(f"{lefts}.top)"))) == 1


def test_the_name_of_a_month_stands_whole_or_not_at_all(tab, page):
    """August has five nights here: beside September there is no room for its name; a row of a telephone has it."""
    names = "[...document.querySelectorAll('#acme .month .name')]"
    shown = f"{names}.filter(name => getComputedStyle(name).visibility === 'visible')"
    tab.show(page, width=LAPTOP)
    tab.run(UNFOLD)

    assert tab.run(f"{shown}.map(name => name.textContent)") == ["Sep", "Oct", "Nov"]
    assert tab.run(f"{shown}.filter(name => name.scrollWidth > name.clientWidth).length") == 0
    tab.show(page, width=TELEPHONE)
    tab.run(UNFOLD)
    assert tab.run(f"{shown}.map(name => name.textContent)") == ["Aug", "Sep", "Oct", "Nov"]
