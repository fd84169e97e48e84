"""How each tenant stands, as text of 80 columns: first who needs attention, then each tenant. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sources.aleta.safe_text import printable

from ..report.figures import counted
from .attention import moment, stopped
from .runs import rows
from .standing import Standing, Standings

WIDTH = 80
NAME = 28  # and the space after it, of most tables


def text(standings: Standings) -> str:
    """One sentence, why for each tenant that needs attention or was stopped, and the particulars of each."""
    halted = {standing.tenant: stopped(standing.facts) for standing in standings.tenants}
    reasons = {tenant: said for tenant, why in standings.attention.items() if (said := why or halted[tenant])}
    why = [line for tenant, reason in reasons.items() for line in _wrapped(f"{tenant}: {reason}", "  ")]
    parts = ["\n".join(_tenant(standing)) for standing in standings.tenants]
    return "\n\n".join(["\n".join([standings.sentence, *why]), *parts])


def _tenant(standing: Standing) -> Iterator[str]:
    facts = standing.facts
    yield from _wrapped(f"{standing.tenant}: {_freshness(facts)}", "")
    if facts.get("running"):
        yield from _wrapped(f"running now: {facts['running']}", "  ")
    for fault in ("error", "in_use"):
        if fault in facts:
            yield from _wrapped(f"{facts[fault]}", "  ")
    for title, lines in (
        ("last runs", _runs(rows(facts, "runs"))),
        ("coverage", _coverage(rows(facts, "coverage"))),
        ("quarantined", _quarantined(rows(facts, "quarantined"))),
        ("not in any schema (kept in extra)", _drift(rows(facts, "drift"))),
    ):
        if found := list(lines):
            yield f"  {title}"
            yield from found


def _freshness(facts: Mapping[str, object]) -> str:
    if facts.get("fresh_at"):
        return f"last complete run ended {moment(facts['fresh_at'])}"
    if rows(facts, "runs"):
        return "no sync was complete yet"
    return "never synced" if facts["synced"] is False else "last complete run ended never"


def _runs(runs: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for run in runs:
        counts = f"+{run['added']} ~{run['modified']} -{run['removed']}"
        line = f"{moment(run['started_at'])}  {run['kind']} {run['status']}{_took(run)}"
        yield from _wrapped(f"{line}, {run['requests']} requests, {counts}", "    ")
        if run.get("reason"):
            yield from _wrapped(f"{run['reason']}", "      ")


def _took(run: Mapping[str, object]) -> str:
    if not run["ended_at"]:
        return ""
    seconds = datetime.fromisoformat(f"{run['ended_at']}") - datetime.fromisoformat(f"{run['started_at']}")
    return f" in {seconds}"


def _coverage(marks: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """A line a table. The longest name and its count share a column, so that 80 columns have room for the days."""
    width = max((len(f"{mark['resource']} {mark['parents']}") for mark in marks), default=0)
    width = max(width, NAME + len(" parents"))
    if marks:
        yield f"    {'parents':>{width}} {'from':>10} {'through':>10} {'read whole':>10}"
    for mark in marks:
        verified = f"{mark['oldest_verified_at'] or ''}"[:10]
        days = f"{mark['from_date'] or '':>10} {mark['all_through'] or '':>10} {verified:>10}"
        name = f"{mark['resource']}"
        yield f"    {name}{mark['parents']:>{width - len(name)}} {days}".rstrip()
        if mark["never_read_whole"]:
            yield f"      {mark['never_read_whole']} of them never read whole"


def _quarantined(windows: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for window in windows:
        where = f"{window['resource']} of {window['parent_id']}, {window['from_date']} to {window['to_date']}"
        yield from _wrapped(f"{where}, {moment(window['tried_at'])}: {window['reason']}", "    ")


def _drift(attributes: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for attribute in attributes:
        name, rows = f"{attribute['resource']}.{attribute['name']}", counted(int(f"{attribute['rows']}"), "row")
        yield from _wrapped(f"{name}, {rows} since {moment(attribute['first_seen_at'])}", "    ")


def _wrapped(line: str, indent: str) -> Iterator[str]:
    """Lines that fit, names and paths unbroken; an id with a line's end stays in its line (rule S2)."""
    yield from textwrap.wrap(
        printable(line),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
