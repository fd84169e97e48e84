"""A problem in one line: where, what, and what to do; for the report and for the log. Pure but for `log_problems`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import MappingProxyType

from sources.aleta.safe_text import printable

from .report import Problem

NEXT: Mapping[str, str] = MappingProxyType(  # what to do, where the message does not say it
    {
        "different": "`sync` reads the newest days again, `backfill` any; report what is different after that.",
        "forbidden": "Its rows are kept.",
        "gone": "Its rows are kept.",
        "ledger": "A `backfill` of these days reads them again; report what is so after that.",
        "malformed": "The next such run reads it again; if this persists, send this line to Aleta.",
        "quarantined": "What is committed is kept; the next such run reads it again.",
        "stopped": "Run the same command again.",
        "too_wide": "Set max_window_days if the largest window is known.",
        "unavailable": "The next such run reads it again.",
        "unreachable": "The next such run reads it again.",
    }
)

log = logging.getLogger(__name__)


def problem_line(problem: Problem) -> str:
    """One problem in a line: where, what, and what to do; safe to show, whatever the API called things (rule S2)."""
    whose = f"{problem.resource} of {problem.parent_id}" if problem.parent_id else problem.resource
    days = f", {problem.from_date} to {problem.to_date}" if problem.from_date else ""
    what = problem.message.removeprefix(f"{whose}: ").removeprefix(f"{printable(whose)}: ").rstrip(".")
    line = f"{whose}{days}: {what}" if whose else what
    return printable(" ".join(part for part in (f"[{problem.code}] {line}.", NEXT.get(problem.code, "")) if part))


def log_problems(tenant: str, problems: Iterable[Problem]) -> None:
    """One ERROR record a problem, whether or not a report is printed; its parts are attributes of the record."""
    for problem in problems:
        parts = {name: value for name, value in asdict(problem).items() if name != "message" and value}
        log.error("%s: %s", tenant, problem_line(problem), extra={"tenant": tenant, **parts})
