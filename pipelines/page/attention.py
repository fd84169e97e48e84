"""What of a tenant needs somebody's attention, and the sentence that the page begins with. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import dropwhile

from .formats import ago, when
from .runs import Outcome, Run, in_a_row, rows

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
        why: the same in a sentence, for what needs attention.
        command: what to run then.
    """

    tone: Tone
    text: str
    why: str = ""
    command: str = ""


def findings(facts: Mapping[str, object], runs: Sequence[Run], *, now: datetime, first: str) -> list[Finding]:
    """Everything to know of a tenant at first sight; needs attention when one of them does.

    Args:
        first: the command that reads it for the first time.
    """
    found = list(_findings(facts, runs, now, first))
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


def _findings(facts: Mapping[str, object], runs: Sequence[Run], now: datetime, first: str) -> Iterator[Finding]:
    if "error" in facts:
        yield Finding(tone=Tone.BAD, text="cannot be read", why=f"{facts['error']}")
        return
    if not facts["synced"]:
        yield Finding(tone=Tone.BAD, text="never synced", why="Nothing is there yet: run", command=first)
    else:
        yield _freshness(facts["fresh_at"], now)
    yield from _last_run(runs)
    if stuck := rows(facts, "quarantined"):
        yield Finding(tone=Tone.BAD, text=f"{len(stuck):,} quarantined", why=_quarantined(stuck))


def _freshness(fresh_at: object, now: datetime) -> Finding:
    if not fresh_at:
        return Finding(tone=Tone.BAD, text="no complete run yet", why="No run was ever complete.")
    ended = datetime.fromisoformat(f"{fresh_at}")
    age = max(timedelta(), now - ended)  # another machine's clock may be ahead
    if age <= FRESH_FOR:
        return Finding(tone=Tone.GOOD, text=f"fresh: {ago(age)} old")
    why = f"The last complete run ended {ago(age)} ago, {when(ended)}."
    return Finding(tone=Tone.BAD, text=f"stale: {ago(age)} old", why=why)


def _last_run(runs: Sequence[Run]) -> Iterator[Finding]:
    """Of the last run that ended; what somebody stopped is said, and the run before it is what counts."""
    ended = [run for run in runs if run.outcome is not Outcome.RUNNING]
    counting = list(dropwhile(lambda run: run.is_stop, ended))
    if was_stopped := len(counting) < len(ended):
        yield Finding(tone=Tone.PLAIN, text="last run stopped")
    if counting:
        yield _end_of(counting, was_stopped=was_stopped)


def _end_of(runs: Sequence[Run], *, was_stopped: bool) -> Finding:
    last = runs[0]
    how = "did not end" if last.status == "running" else last.status
    text = f"before it {how}" if was_stopped else f"last run {how}"
    later = " Since then runs were stopped." if was_stopped else ""
    match last.outcome:
        case Outcome.FAILED:
            return Finding(tone=Tone.BAD, text=text, why=_failed(last, in_a_row(runs, Outcome.FAILED)) + later)
        case Outcome.PARTIAL:
            return Finding(tone=Tone.WARN, text=text, why=_partial(last, in_a_row(runs, Outcome.PARTIAL)) + later)
        case _:
            return Finding(tone=Tone.GOOD, text=text)


def _failed(last: Run, count: int) -> str:
    which = f"The last {count} runs failed, the latest at" if count > 1 else "The last run failed at"
    return f"{which} {when(last.started_at)}: {last.reason or 'its log says why'}."


def _partial(last: Run, count: int) -> str:
    """Of one that was stopped, too, if more was the matter with it."""
    which = f"The last {count} runs were partial, the latest at" if count > 1 else f"The last run was {last.status},"
    errors = last.number("errors")
    named = f": {errors:,} {'thing' if errors == 1 else 'things'} could not be read" if errors else ""
    return f"{which} {when(last.started_at)}{named}."


def _quarantined(stuck: Sequence[Mapping[str, object]]) -> str:
    """What is stuck where, and why the first of it is."""
    resources = ", ".join(sorted({f"{window['resource']}" for window in stuck}))
    count = "A window" if len(stuck) == 1 else f"{len(stuck):,} windows"
    return f"{count} of {resources} could not be proven whole: {stuck[0]['reason'] or 'no reason was kept'}."
