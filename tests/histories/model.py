"""What a warehouse must hold, given what its receipts claim to have read and what the API showed then. Pure.

It shares no code with the pipeline. A receipt is a claim: of this account, these days were read whole. The model takes
every claim at its word and works out what must follow; whether enough was claimed is for `checks` to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

DAY = timedelta(days=1)
RELATIONS = ("account", "inflowAccount", "outflowAccount")
DATES = {"trade": "tradeDate", "value": "valueDate"}

Object = Mapping[str, object]
Span = tuple[date, date]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One receipt."""

    run_id: str
    account: str
    first: date
    last: date
    rows: int
    status: str
    reason: str

    @property
    def doubts(self) -> bool:
        """Whether its rows were compared, and their absence not believed (D3)."""
        return self.status == "quarantined" and "max_removed_share" in self.reason

    @property
    def loads(self) -> bool:
        """Whether the rows it read are in the warehouse."""
        return self.status == "complete" or self.doubts


@dataclass(frozen=True, kw_only=True)
class Night:
    """The world as one run met it.

    Args:
        at: what the run's clock said.
        shown: every row that some readable account listed.
        readable: accounts that were listed and not forbidden.
        date_filter: the date that the server compared.
        cap: the server's row cap.
    """

    at: datetime
    shown: Mapping[str, Object]
    readable: frozenset[str]
    date_filter: str
    cap: int

    def lists(self, account: str, first: date, last: date) -> set[str]:
        """The ids that *account* listed in a span."""
        return {one for on, one in self._listed.get(account, ()) if first <= on <= last}

    @cached_property
    def _listed(self) -> Mapping[str, list[tuple[date, str]]]:
        """Of each account the days and ids of its rows."""
        found: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for one, row in self.shown.items():
            for owner in owners(row):
                found[owner].append((day(row, DATES[self.date_filter]), one))
        return found


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a warehouse must hold.

    Args:
        sure: by id.
        free: ids that it may hold or not: of an fx-spot, one account is doubted and the other is not.
    """

    sure: Mapping[str, Object]
    free: frozenset[str] = frozenset()

    def given(self, held: Iterable[str]) -> Rows:
        """With what is free settled by what is held."""
        gone = self.free - set(held)
        return Rows(sure={one: row for one, row in self.sure.items() if one not in gone})

    def after(self, night: Night, claims: Iterable[Claim]) -> Rows:
        """What follows from the claims of one run."""
        claims = list(claims)
        seen = {one for c in claims if c.loads for one in night.lists(c.account, c.first, c.last)}
        proven = blocks(claims)
        doubted = {claim.account for claim in claims if claim.doubts}
        missed = {
            one
            for one, row in self.sure.items()
            if one not in seen and any(_inside(row, span) for owner in owners(row) for span in proven[owner])
        }
        free = {one for one in missed if doubted.intersection(owners(self.sure[one]))}
        kept = {one: row for one, row in self.sure.items() if one not in missed or one in free}
        return replace(self, sure=kept | {one: night.shown[one] for one in seen}, free=(self.free | free) - seen)


def blocks(claims: Iterable[Claim]) -> Mapping[str, list[Span]]:
    """Of each account the spans that are proven without a gap."""
    found: dict[str, list[Span]] = defaultdict(list)
    for claim in sorted((one for one in claims if one.status == "complete"), key=lambda one: one.first):
        add(found[claim.account], (claim.first, claim.last))
    return found


def add(spans: list[Span], span: Span) -> None:
    """Append *span*, which begins no earlier than the last one; join the two where they touch."""
    if spans and span[0] <= spans[-1][1] + DAY:
        spans[-1] = (spans[-1][0], max(spans[-1][1], span[1]))
    else:
        spans.append(span)


def covers(spans: Iterable[Span], span: Span) -> bool:
    return any(first <= span[0] and span[1] <= last for first, last in spans)


def owners(row: Object) -> set[str]:
    """The accounts that list a row."""
    relations = row["relationships"]
    return {relations[name]["data"]["id"] for name in RELATIONS if (relations.get(name) or {}).get("data")}


def day(row: Object, name: str) -> date:
    return date.fromisoformat(row["attributes"][name])


def _inside(row: Object, span: Span) -> bool:
    return all(span[0] <= day(row, name) <= span[1] for name in DATES.values())
