"""What a page is made of, and the page as a reader parses it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

from pipelines.page.page import render
from pipelines.status.standing import Standing, Standings

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
VOID = {"meta"}


class Parsed(HTMLParser):
    """Elements as they come, the text within them, and whether every one is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page.replace("<wbr>", ""))  # where a name may break; no reader sees it
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += f"{data} " if data.strip() else ""

    def every(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def a_run(days_ago=0, status="complete", **more):
    began = NOW - timedelta(days=days_ago, hours=10)
    return {
        "kind": "sync",
        "status": status,
        "started_at": began.isoformat(),
        "ended_at": (began + timedelta(minutes=3)).isoformat(),
        "duration_ms": 185_000,
        "requests": 1234,
        "retries": 2,
        "rows_read": 900,
        "added": 12_345,
        "modified": 6,
        "removed": 1,
        "errors": 0,
        "version": "0.1.0",
    } | more


def facts(**more):
    return {
        "running": None,
        "warehouse": "data/acme/warehouse.duckdb",
        "synced": True,
        "fresh_at": (NOW - timedelta(hours=9)).isoformat(),
        "coverage": [
            {
                "resource": "transactions",
                "parents": 60,
                "from_date": "1970-01-01",
                "all_through": "2026-11-22",
                "through_date": "2026-11-22",
                "oldest_verified_at": "2026-11-01T00:00:00+00:00",
                "never_read_whole": 3,
            }
        ],
        "quarantined": [],
        "streak": [],
        "history": [a_run(), a_run(1, "partial"), a_run(2, "failed")],
        "in_time": {"transactions": 45},
        "reverify_days": 30,
        "by_day": ["custodian_holdings"],
        "bytes": 8_400_000,
        "tables": [{"name": "transactions", "rows": 30_000}, {"name": "accounts", "rows": 60}],
        "drift": [],
        "drifted": 0,
        "names": {},
    } | more


QUARANTINED = {
    "resource": "transactions",
    "parent_id": "a1",
    "from_date": "2026-11-20",
    "to_date": "2026-11-20",
    "rows": 250,
    "reason": "one day reached the cap",
    "tried_at": "2026-11-24T02:00:00+00:00",
}


def page(**tenants):
    standings = [Standing(tenant=name, facts=said) for name, said in tenants.items()]
    return render(Standings(tenants=standings), now=NOW)


def said(**tenants):
    return re.sub(r"\s+", " ", Parsed(page(**tenants)).text)
