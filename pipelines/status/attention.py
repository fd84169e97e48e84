"""Which tenants an operator must look at, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from .runs import AHEAD, Row, is_stop


def attention(facts: Mapping[str, object], *, now: datetime, first: str, max_age: timedelta | None = None) -> str:
    """Why a tenant needs it; empty where all is well.

    Args:
        first: the command that reads a tenant for the first time.
    """
    if "error" in facts:
        return f"{facts['error']}"
    return overdue(facts, now=now, max_age=max_age, first=first) or _odd(facts)


def overdue(facts: Mapping[str, object], *, now: datetime, first: str, max_age: timedelta | None) -> str:
    """What is wrong with the last complete run: there is none, or not since; without *max_age* any age is well."""
    fresh_at = facts.get("fresh_at")
    failing = _failing(facts)
    if not fresh_at:
        return f"never complete: {failing}" if failing else _missing(facts) or _never_synced(facts, first)
    age = now - datetime.fromisoformat(f"{fresh_at}")
    if age < -AHEAD:
        return f"its last complete run ended in the future, at {moment(fresh_at)}: a clock is or was wrong"
    if max_age is None or age <= max_age:
        return ""
    idle = "" if facts.get("running") else ", and no nightly run began since: see what starts it (cron, a timer)"
    old = f"last complete {moment(fresh_at)}, more than {max_age / timedelta(hours=1):g} hours ago"
    return f"{old}: {failing}" if failing else f"{old}{idle}"


def _never_synced(facts: Mapping[str, object], first: str) -> str:
    return "never synced" if facts.get("running") else f"never synced: run `{first}`"


def stopped(facts: Mapping[str, object]) -> str:
    """That somebody stopped the last run, which is nothing to attend to while what there is is fresh; else empty."""
    runs = _streak(facts)
    return described(runs) if runs and all(map(is_stop, runs)) else ""


def failed(facts: Mapping[str, object]) -> Sequence[Row]:
    """The nightly runs since the last complete one that nobody stopped, the last first."""
    return [run for run in _streak(facts) if not is_stop(run)]


def described(runs: Sequence[Row]) -> str:
    """How the last of *runs* ended and why, how many there are and since when; empty for none."""
    if not runs:
        return ""
    last, first = runs[0], runs[-1]
    times = f"{len(runs)} runs" if len(runs) > 1 else "the last run"
    since = f" since {moment(first['started_at'])}" if len(runs) > 1 else f", {moment(first['started_at'])}"
    reason = f": {last['reason']}" if last.get("reason") else ""
    return f"{last['status']} ({times}{since}){reason}"


def sentence(reasons: Mapping[str, str], fresh: Sequence[object]) -> str:
    """All tenants in one sentence.

    Args:
        reasons: of each tenant, why it needs attention; empty where it does not.
        fresh: when each tenant's last complete run ended.
    """
    total, in_need = len(reasons), sum(map(bool, reasons.values()))
    if in_need:
        return f"{in_need} of {total} tenant{'s' * (total != 1)} need{'s' * (in_need == 1)} attention."
    oldest = min((f"{fresh_at}" for fresh_at in fresh if fresh_at), default="")
    since = f", {'the oldest ' * (total > 1)}as of {moment(oldest)}" if oldest else ""
    who = f"All {total} tenants are" if total != 1 else f"{next(iter(reasons))} is"
    return f"{who} complete{since}."


def moment(value: object) -> str:
    """An instant as people read it, to the minute."""
    return f"{datetime.fromisoformat(f'{value}').astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _odd(facts: Mapping[str, object]) -> str:
    stuck = facts.get("quarantined")
    quarantined = (
        f"{len(stuck)} quarantined window{'s' * (len(stuck) != 1)}" if isinstance(stuck, list) and stuck else ""
    )
    return "; ".join(part for part in (described(failed(facts)), _missing(facts), quarantined) if part)


def _missing(facts: Mapping[str, object]) -> str:
    return f"{facts.get('missing') or ''}"


def _failing(facts: Mapping[str, object]) -> str:
    """How the last runs ended, when none of them was complete: those that failed, if only stopped ones came after."""
    return described(failed(facts) or _streak(facts))


def _streak(facts: Mapping[str, object]) -> Sequence[Row]:
    runs = facts.get("streak")
    return runs if isinstance(runs, list) else []
