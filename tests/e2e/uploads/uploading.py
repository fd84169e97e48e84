"""A file to upload, the upload, and what is at the API then."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sandbox.world.jsontext import exact
from tests.e2e.program import Program

KEYS = {"status", "tenant", "kind", "rows", "sent", "confirmed", "skipped", "rejected", "unknown", "errors"}
HEADER = "account_id;date;market_value"


def account(program: Program, at: int = 0) -> str:
    return sorted(program.box.truth("acme").accounts)[at]


def lines(program: Program, count: int, *, value: str = "{day}.50") -> list[str]:
    owner = account(program)
    return [f"{owner};2020-{1 + at // 28:02d}-{1 + at % 28:02d};{value.format(day=at)}" for at in range(count)]


def write(program: Program, rows: Iterable[str], name: str = "holdings.csv") -> Path:
    file = program.folder / name
    file.write_text("\n".join([HEADER, *rows, ""]))
    return file


def at_the_api(program: Program, kind: str) -> dict[tuple[str, ...], list[dict]]:
    """Rows by key, every number a Decimal."""
    entries = exact(program.box.uploads("acme"))[kind]
    return {tuple(entry["key"]): entry["rows"] for entry in entries}


def requests(program: Program) -> int:
    return sum("/historical-" in request.path for request in program.box.requests)


def upload(program: Program, *args: object, expect: int = 0) -> dict:
    ended = program.run("upload", *map(str, args), "--json")
    assert ended.exit == expect, f"exit {ended.exit}\n{ended.out}\n{ended.err}"
    assert ended.report.keys() >= KEYS
    assert len(ended.err.splitlines()) >= len(ended.report["errors"])  # each is a line of the log, too
    return ended.report


def counts(report: dict) -> tuple[int, ...]:
    return tuple(report[name] for name in ("rows", "sent", "confirmed", "skipped", "rejected", "unknown"))
