"""What of a tenant needs somebody's attention, and the sentence that the page begins with. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..status.attention import described, failed, overdue
from ..status.runs import AHEAD, is_stop, rows
from .formats import ago
from .runs import Outcome

FRESH_FOR = timedelta(hours=26)  # a nightly run, and two hours' patience


class Tone(StrEnum):
    """How much something matters, the worst first."""

    BAD = "bad"
    WARN = "warn"
    GOOD = "good"
    PLAIN = "plain"

    @property
    def needs_attention(self) -> bool:
        return self in {Tone.BAD, Tone.WARN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know of a tenant.

    Attributes:
        text: in a few words.
        why: the same as `status` says it, for what needs attention.
    """

    tone: Tone
    text: str
    why: str = ""


def findings(facts: Mapping[str, object], *, now: datetime, first: str) -> list[Finding]:
    """Everything to know of a tenant at first sight; one needs attention where `status --max-age 26` says that it does.

    Args:
        first: the command that reads it for the first time.
    """
    found = list(_findings(facts, now, first))
    if facts["running"]:
        found.append(Finding(tone=Tone.PLAIN, text="running now"))
    return found


def tone_of(found: Sequence[Finding]) -> Tone:
    """The worst."""
    seen = {finding.tone for finding in found}
    return next((tone for tone in Tone if tone in seen), Tone.PLAIN)


def headline(tones: Mapping[str, Tone]) -> str:
    """The page in one sentence, from each tenant's tone."""
    in_need = [tenant for tenant, tone in tones.items() if tone.needs_attention]
    if len(tones) == 1:
        return f"{next(iter(tones))} {'needs attention' if in_need else 'is fine'}"
    if not in_need:
        return f"All {len(tones)} tenants are fine"
    return f"{len(in_need)} of {len(tones)} tenants need{'s' if len(in_need) == 1 else ''} attention"


def _findings(facts: Mapping[str, object], now: datetime, first: str) -> Iterator[Finding]:
    if "error" in facts:
        yield Finding(tone=Tone.BAD, text="cannot be read", why=f"{facts['error']}")
        return
    late = overdue(facts, now=now, first=first, max_age=FRESH_FOR)
    yield Finding(tone=Tone.BAD if late else Tone.GOOD, text=_freshness(facts, now), why=late)
    yield from _last_runs(facts, said=late)
    if (missing := f"{facts.get('missing') or ''}") and missing != late:
        yield Finding(tone=Tone.BAD, text="no copy", why=missing)
    if stuck := rows(facts, "quarantined"):
        yield Finding(tone=Tone.BAD, text=f"{len(stuck):,} quarantined", why=_quarantined(stuck))


def _freshness(facts: Mapping[str, object], now: datetime) -> str:
    fresh_at = facts.get("fresh_at")
    if not fresh_at:
        return "no complete run yet" if rows(facts, "streak") or facts.get("missing") else "never synced"
    age = now - datetime.fromisoformat(f"{fresh_at}")
    if age < -AHEAD:
        return "a clock is or was wrong"
    return f"{'fresh' if age <= FRESH_FOR else 'stale'}: {ago(max(timedelta(), age))} old"


def _last_runs(facts: Mapping[str, object], *, said: str) -> Iterator[Finding]:
    """Of the nightly runs since the last complete one; what somebody stopped is said, and the run before it counts.

    Args:
        said: what is known already; it is not said again.
    """
    streak, counting = rows(facts, "streak"), failed(facts)
    if was_stopped := bool(streak) and is_stop(streak[0]):
        yield Finding(tone=Tone.PLAIN, text="last run stopped")
    if counting:
        status = f"{counting[0]['status']}"
        text, why = f"{'before it' if was_stopped else 'last run'} {status}", described(counting)
        tone = Tone.BAD if status == Outcome.FAILED else Tone.WARN
        yield Finding(tone=tone, text=text, why="" if why in said else why)
    elif facts.get("fresh_at") and not streak:
        yield Finding(tone=Tone.GOOD, text="last run complete")


def _quarantined(stuck: Sequence[Mapping[str, object]]) -> str:
    """What is stuck where, and why the first of it is."""
    resources = ", ".join(sorted({f"{window['resource']}" for window in stuck}))
    count = "A window" if len(stuck) == 1 else f"{len(stuck):,} windows"
    return f"{count} of {resources} could not be proven whole: {stuck[0]['reason'] or 'no reason was kept'}."
