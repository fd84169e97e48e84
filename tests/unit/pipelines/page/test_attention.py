"""What needs attention, and the sentence that the page begins with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.page.attention import Tone, findings, headline, tone_of
from pipelines.page.runs import runs_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FINE = {"running": None, "synced": True, "fresh_at": (NOW - timedelta(hours=9)).isoformat(), "quarantined": []}


def row(hours_ago, status, **more):
    return {"started_at": (NOW - timedelta(hours=hours_ago)).isoformat(), "status": status} | more


def found(**change):
    facts = FINE | change
    return findings(facts, runs_of(facts), now=NOW, first="aleta-sync sync acme")


def whys(**change):
    return [finding.why for finding in found(**change) if finding.why]


def test_a_tenant_with_a_fresh_complete_run_is_fine():
    """There is nothing to explain."""
    assert tone_of(found(history=[row(9, "complete")])) is Tone.GOOD
    assert whys(history=[row(9, "complete")]) == []


@pytest.mark.parametrize(
    ("change", "tone", "why"),
    [
        pytest.param({"error": "w cannot be read"}, Tone.BAD, "w cannot be read", id="error"),
        pytest.param({"synced": False}, Tone.BAD, "Nothing is there yet: run", id="never synced"),
        pytest.param({"fresh_at": None}, Tone.BAD, "No run was ever complete.", id="never complete"),
        pytest.param(
            {"fresh_at": (NOW - timedelta(days=3)).isoformat()},
            Tone.BAD,
            "The last complete run ended 3 days ago, 2026-11-21 12:00.",
            id="stale",
        ),
        pytest.param(
            {"failures": [row(1, "failed", reason="no key")], "history": [row(9, "complete")]},
            Tone.BAD,
            "The last run failed at 2026-11-24 11:00: no key.",
            id="failed since",
        ),
        pytest.param(
            {"failures": [row(1, "failed"), row(2, "failed")]},
            Tone.BAD,
            "The last 2 runs failed, the latest at 2026-11-24 11:00: its log says why.",
            id="failing",
        ),
        pytest.param(
            {"history": [row(1, "running")]},
            Tone.BAD,
            "The last run failed at 2026-11-24 11:00: did not end: it was killed, or its machine stopped.",
            id="killed",
        ),
        pytest.param(
            {"history": [row(1, "partial", errors=1)]},
            Tone.WARN,
            "The last run was partial, 2026-11-24 11:00: 1 thing could not be read.",
            id="partial",
        ),
        pytest.param(
            {"history": [row(1, "partial", errors=3), row(2, "partial")]},
            Tone.WARN,
            "The last 2 runs were partial, the latest at 2026-11-24 11:00: 3 things could not be read.",
            id="partial again",
        ),
        pytest.param(
            {"history": [row(1, "stopped", errors=1), row(2, "partial", errors=1)]},
            Tone.WARN,
            "The last run was partial, 2026-11-24 10:00: 1 thing could not be read. Since then runs were stopped.",
            id="stopped after a partial one",
        ),
        pytest.param(
            {"history": [row(1, "stopped", errors=2)]},
            Tone.WARN,
            "The last run was stopped, 2026-11-24 11:00: 2 things could not be read.",
            id="stopped after an error",
        ),
        pytest.param(
            {"quarantined": [{"resource": "prices", "reason": None}]},
            Tone.BAD,
            "A window of prices could not be proven whole: no reason was kept.",
            id="quarantined",
        ),
        pytest.param(
            {"quarantined": [{"resource": "prices", "reason": "the cap"}, {"resource": "holdings", "reason": "x"}]},
            Tone.BAD,
            "2 windows of holdings, prices could not be proven whole: the cap.",
            id="several",
        ),
    ],
)
def test_what_needs_attention_says_why(change, tone, why):
    """In a sentence, with when and what."""
    assert tone_of(found(**change)) is tone
    assert whys(**change) == [why]


def test_a_run_that_somebody_stopped_is_named_and_wakes_nobody():
    """What is there is fresh; how old it may get is what counts."""
    halted = {"history": [row(1, "stopped", errors=1), row(9, "complete")]}
    badges = [finding.text for finding in found(**halted)]

    assert badges == ["fresh: 9 h old", "last run stopped", "before it complete"]
    assert tone_of(found(**halted)) is Tone.GOOD
    assert tone_of(found(**halted, fresh_at=(NOW - timedelta(days=3)).isoformat())) is Tone.BAD


def test_never_synced_and_failing_are_told_apart():
    """One waits for its first sync; the other tried, and why that failed is said too."""
    never = {"synced": False, "failures": [row(1, "failed", reason="no key")]}

    assert [finding.text for finding in found(**never)] == ["never synced", "last run failed"]
    assert found(**never)[0].command == "aleta-sync sync acme"


def test_a_run_that_goes_on_changes_nothing():
    """What the run before it came to is what counts."""
    running = found(running="process 7", history=[row(0, "running"), row(9, "complete")])

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
