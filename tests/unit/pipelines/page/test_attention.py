"""What needs attention, and the sentence that the page begins with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.page.attention import FRESH_FOR, Tone, findings, headline, tone_of
from pipelines.run.aftermath.journal import Entry
from pipelines.status.attention import attention
from pipelines.status.runs import fresh_at, nightly, runs_of, streak

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FIRST = "aleta-sync sync acme"


def night(hours_ago, status="complete", **more):
    began = NOW - timedelta(hours=hours_ago)
    ended = None if status == "running" else began
    known = {"run_id": f"{hours_ago}", "kind": "sync", "started_at": began, "ended_at": ended, "status": status}
    return Entry(**known | more)


FRESH = night(9)


def known(*entries, running="", **change):
    """What `status` knows after such runs, the last first."""
    runs = runs_of([], entries, running=running, now=NOW)
    there = {"running": running or None, "synced": bool(entries), "quarantined": []}
    return there | {"fresh_at": fresh_at(runs, []), "streak": streak(nightly(runs))} | change


def found(*entries, **change):
    return findings(known(*entries, **change), now=NOW, first=FIRST)


def badges(*entries, **change):
    return [finding.text for finding in found(*entries, **change)]


def whys(*entries, **change):
    return [finding.why for finding in found(*entries, **change) if finding.why]


def test_a_tenant_with_a_fresh_complete_run_is_fine():
    """There is nothing to explain."""
    assert tone_of(found(FRESH)) is Tone.GOOD
    assert badges(FRESH) == ["fresh: 9 h old", "last run complete"]
    assert whys(FRESH) == []


IN_NEED = [
    pytest.param([FRESH], {"error": "w cannot be read"}, Tone.BAD, "w cannot be read", id="error"),
    pytest.param([], {}, Tone.BAD, "never synced: run `aleta-sync sync acme`", id="never synced"),
    pytest.param(
        [night(1, "partial")],
        {},
        Tone.BAD,
        "never complete: partial (the last run, 2026-11-24 11:00 UTC)",
        id="never complete",
    ),
    pytest.param(
        [night(72)],
        {},
        Tone.BAD,
        "last complete 2026-11-21 12:00 UTC, more than 26 hours ago, and no nightly run began since: "
        "see what starts it (cron, a timer)",
        id="stale",
    ),
    pytest.param(
        [night(-48)],
        {},
        Tone.BAD,
        "its last complete run ended in the future, at 2026-11-26 12:00 UTC: a clock is or was wrong",
        id="ahead",
    ),
    pytest.param(
        [night(1, "failed", reason="no key"), FRESH],
        {},
        Tone.BAD,
        "failed (the last run, 2026-11-24 11:00 UTC): no key",
        id="failed since",
    ),
    pytest.param(
        [night(1, "failed"), night(2, "failed"), FRESH],
        {},
        Tone.BAD,
        "failed (2 runs since 2026-11-24 10:00 UTC)",
        id="failing",
    ),
    pytest.param(
        [night(1, "running"), FRESH],
        {},
        Tone.BAD,
        "failed (the last run, 2026-11-24 11:00 UTC): it did not end: the process was killed, or the machine stopped",
        id="killed",
    ),
    pytest.param(
        [night(1, "partial", errors=1, reason="[forbidden] no"), FRESH],
        {},
        Tone.WARN,
        "partial (the last run, 2026-11-24 11:00 UTC): [forbidden] no",
        id="partial",
    ),
    pytest.param(
        [night(1, narrowed=True), night(2, "partial"), FRESH],
        {},
        Tone.WARN,
        "partial (the last run, 2026-11-24 10:00 UTC)",
        id="partial, then a client",
    ),
    pytest.param(
        [night(1, kind="backfill"), night(2, "partial"), FRESH],
        {},
        Tone.WARN,
        "partial (the last run, 2026-11-24 10:00 UTC)",
        id="partial, then a backfill",
    ),
    pytest.param(
        [night(1, "stopped", errors=1), night(2, "partial", errors=1), FRESH],
        {},
        Tone.WARN,
        "partial (the last run, 2026-11-24 10:00 UTC)",
        id="stopped after a partial one",
    ),
    pytest.param(
        [night(1, "stopped", errors=2), FRESH],
        {},
        Tone.WARN,
        "stopped (the last run, 2026-11-24 11:00 UTC)",
        id="stopped after an error",
    ),
    pytest.param([FRESH], {"missing": "no copy at w: run p"}, Tone.BAD, "no copy at w: run p", id="no copy"),
    pytest.param([], {"missing": "no copy at w: run p"}, Tone.BAD, "no copy at w: run p", id="no copy, no journal"),
    pytest.param(
        [FRESH],
        {"quarantined": [{"resource": "prices", "reason": None}]},
        Tone.BAD,
        "A window of prices could not be proven whole: no reason was kept.",
        id="quarantined",
    ),
    pytest.param(
        [FRESH],
        {"quarantined": [{"resource": "prices", "reason": "the cap"}, {"resource": "holdings", "reason": "x"}]},
        Tone.BAD,
        "2 windows of holdings, prices could not be proven whole: the cap.",
        id="several",
    ),
]


@pytest.mark.parametrize(("entries", "change", "tone", "why"), IN_NEED)
def test_what_needs_attention_says_why(entries, change, tone, why):
    """In a sentence, with when and what; once."""
    assert tone_of(found(*entries, **change)) is tone
    assert whys(*entries, **change) == [why]


@pytest.mark.parametrize(
    ("entries", "change"),
    [
        *(pytest.param(*case.values[:2], id=f"{case.id}") for case in IN_NEED),
        pytest.param([FRESH], {}, id="fresh"),
        pytest.param([night(1, "failed", code="locked"), FRESH], {}, id="kept out"),
        pytest.param([night(1, "failed", narrowed=True), FRESH], {}, id="a client failed"),
        pytest.param([night(1, "failed", kind="backfill"), FRESH], {}, id="a backfill failed"),
        pytest.param([night(1, "stopped", errors=1), FRESH], {}, id="stopped"),
        pytest.param([night(0, "running"), FRESH], {"running": "sync"}, id="running"),
        pytest.param([FRESH, night(-700, "failed")], {}, id="failed by a clock that was ahead"),
    ],
)
def test_the_page_names_whom_status_names(entries, change):
    """Contract `report`: the same as `status`. One rule for both, whatever kinds of runs came in between."""
    why = attention(known(*entries, **change), now=NOW, first=FIRST, max_age=FRESH_FOR)

    assert tone_of(found(*entries, **change)).needs_attention is bool(why)


def test_a_run_that_somebody_stopped_is_named_and_wakes_nobody():
    """What is there is fresh; how old it may get is what counts."""
    halted = night(1, "stopped", errors=1)

    assert badges(halted, FRESH) == ["fresh: 9 h old", "last run stopped"]
    assert tone_of(found(halted, FRESH)) is Tone.GOOD
    assert tone_of(found(halted, night(72))) is Tone.BAD
    assert badges(halted, night(2, "partial"), FRESH)[1:] == ["last run stopped", "before it partial"]


def test_never_synced_and_failing_are_told_apart():
    """One waits for its first sync; the other tried, and why that failed is said."""
    assert badges() == ["never synced"]
    assert badges(night(1, "failed", reason="no key")) == ["no complete run yet", "last run failed"]


def test_a_run_that_goes_on_changes_nothing():
    """What the run before it came to is what counts."""
    running = found(night(0, "running"), FRESH, running="sync")

    assert [finding.text for finding in running] == ["fresh: 9 h old", "last run complete", "running now"]
    assert tone_of(running) is Tone.GOOD


@pytest.mark.parametrize(
    ("tones", "sentence"),
    [
        pytest.param("b", "t0 needs attention", id="alone"),
        pytest.param("g", "t0 is fine", id="alone and fine"),
        pytest.param("p", "t0 is fine", id="nothing to say"),
        pytest.param("gg", "All 2 tenants are fine", id="all fine"),
        pytest.param("gbg", "1 of 3 tenants needs attention", id="one"),
        pytest.param("gbw", "2 of 3 tenants need attention", id="two"),
    ],
)
def test_the_page_begins_with_one_sentence(tones, sentence):
    """How many of how many."""
    named = {"b": Tone.BAD, "w": Tone.WARN, "g": Tone.GOOD, "p": Tone.PLAIN}

    assert headline({f"t{number}": named[letter] for number, letter in enumerate(tones)}) == sentence
