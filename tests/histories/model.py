"""What a warehouse must hold, given what its receipts claim to have read and what the API showed then. Pure.

It shares no code with the pipeline. A receipt is a claim: of this account, these days were read whole. The model takes
every claim at its word and works out what must follow; whether enough was claimed is for `checks` to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

DAY = timedelta(days=1)
RELATIONS = ("account", "inflowAccount", "outflowAccount")
ISO_DAY = len("2026-03-02")
DATES = {"trade": "tradeDate", "value": "valueDate"}

Object = Mapping[str, object]
Span = tuple[date, date]
Proofs = Mapping[str, list[Span]]


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
        listed: of each readable account the rows that it listed, each with the day that the server went by.
        readable: accounts that were listed and not forbidden.
        date_filter: the date that the server compared.
        cap: the server's row cap; 0 where it is no constant number, so that any day may have been cut.
        reach: the days that a reading of a whole history asks for.
        overlap: days that a window may have been read wider at one end, where the server skips its ends (W8).
        moved: rows that changed while the run read: what each was before and after, of those it was at all.
    """

    at: datetime
    shown: Mapping[str, Object]
    listed: Mapping[str, Sequence[tuple[date, Object]]]
    readable: frozenset[str]
    date_filter: str
    cap: int
    reach: Span
    overlap: int = 0
    moved: Mapping[str, Sequence[Object]] = field(default_factory=dict)

    def counts(self, account: str, first: date, last: date) -> set[int]:
        """How many rows an answer may have shown; of what moved meanwhile, nobody knows."""
        ends = [(first, last), (first - self.overlap * DAY, last), (first, last + self.overlap * DAY)]
        whole = {len(self.lists(account, *span)) for span in ends}
        return {count + more for count in whole for more in range(-len(self.moved), len(self.moved) + 1)}

    def lists(self, account: str, first: date, last: date) -> set[str]:
        """The ids that *account* listed in a span."""
        return {row["id"] for on, row in self.listed.get(account, ()) if first <= on <= last}

    @cached_property
    def doubled(self) -> Mapping[str, Mapping[str, Object]]:
        """Ids that accounts listed with different contents: by account (D8)."""
        return {
            row_id: each
            for row_id, each in self.of_each.items()
            if any(row != self.shown[row_id] for row in each.values())
        }

    def changes(self, later: Night) -> Mapping[str, Sequence[Object]]:
        """Of each row that an account lists otherwise *later*: what it was and is."""
        was, now = self.of_each, later.of_each
        return {
            row_id: [*was.get(row_id, {}).values(), *now.get(row_id, {}).values()]
            for row_id in was.keys() | now.keys()
            if was.get(row_id) != now.get(row_id)
        }

    @cached_property
    def of_each(self) -> Mapping[str, Mapping[str, Object]]:
        """Of each id, the row as every account lists it."""
        found: dict[str, dict[str, Object]] = defaultdict(dict)
        for account, rows in self.listed.items():
            for _, row in rows:
                found[row["id"]][account] = row
        return found


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a warehouse must hold.

    Args:
        sure: by id.
        free: ids that it may hold or not: of an fx-spot, one account is doubted and the other is not; or the run that
            missed a row was cut short before it looked for it.
        open: ids that a part of an account's history did not list, and that nobody looked for in the rest (D6).
        moved: of rows that changed while they were read, what may be held of each, if it is held at all.
        either: of an id that accounts listed with different contents in one run, what each said: one of these is kept.
        first: of each account, the first day that was ever read: its whole history begins there, if that is earlier.
    """

    sure: Mapping[str, Object]
    free: frozenset[str] = frozenset()
    either: Mapping[str, Mapping[str, Object]] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    moved: Mapping[str, Sequence[Object]] = field(default_factory=dict)
    first: Mapping[str, date] = field(default_factory=dict)

    def given(self, stored: Mapping[str, Mapping[str, str]], *, holds: Callable[[Object], bool]) -> Rows:
        """With what is free settled by what is held: whether a row is there, and which content it has.

        Args:
            stored: rows as they are held, by id.
            holds: whether a row is held with just this content.
        """
        sure = {row_id: row for row_id, row in self.sure.items() if row_id in stored or row_id not in self.free}
        for row_id, contents in self.either.items():
            if row_id in sure and (account := stored.get(row_id, {}).get("account_id")) in contents:
                sure[row_id] = contents[account]
        for row_id, contents in self.moved.items():
            if row_id in stored:
                sure[row_id] = next(filter(holds, contents), contents[-1])
        return Rows(sure=sure, open=self.open, first=self.first)

    def reach_of(self, account: str, night: Night) -> Span:
        """The days of the whole history of *account*."""
        first, last = night.reach
        return min(first, self.first.get(account, first)), last

    def _came_to_its_end(self, account: str, night: Night, proven: Proofs, tried: Proofs) -> bool:
        """Whether its whole history was read, but for days that are quarantined: not so while the last one is (D6)."""
        first, last = self.reach_of(account, night)
        return covers(tried[account], (first, last)) and covers(proven[account], (last, last))

    def after(self, night: Night, claims: Iterable[Claim], *, settles: bool = False, cut: bool = False) -> Rows:
        """What follows from the claims of one run.

        Args:
            settles: whatever is not listed is gone, also where only a part of an account was read.
            cut: the run was cut short: what it was still to read is not known.
        """
        claims = list(claims)
        seen = {(row_id, c.account) for c in claims if c.loads for row_id in night.lists(c.account, c.first, c.last)}
        ids = {row_id for row_id, _ in seen} - night.moved.keys()
        proven, tried = proven_spans(claims), proven_spans(claims, {"complete", "quarantined"})
        doubted = {claim.account for claim in claims if claim.doubts}
        whole = {account for account in tried if settles or self._came_to_its_end(account, night, proven, tried)}
        missed, open_ones = set(), set()
        for row_id, row in self.sure.items():
            if row_id not in ids | night.moved.keys() and (
                lost := [owner for owner in owners(row) if _misses(row, proven[owner], night)]
            ):
                (missed if whole.intersection(lost) else open_ones).add(row_id)
        free = {row_id for row_id in missed if doubted.intersection(owners(self.sure[row_id]))} | (
            open_ones if cut else set()
        )
        certain = {row_id: row for row_id, row in self.sure.items() if row_id not in night.moved}
        kept = {row_id: row for row_id, row in certain.items() if row_id not in missed or row_id in free}
        moved = {row_id: [*filter(None, (self.sure.get(row_id), *rows))] for row_id, rows in night.moved.items()}
        either = {
            row_id: {account: row for account, row in contents.items() if (row_id, account) in seen}
            for row_id, contents in night.doubled.items()
            if row_id in ids
        }
        newest = {
            row_id: next(iter(either[row_id].values())) if row_id in either else night.shown[row_id] for row_id in ids
        }
        return replace(
            self,
            sure=kept | newest,
            free=(self.free | free) - ids,
            open=frozenset(open_ones | (self.open & kept.keys()) - ids - missed),
            first=self.first
            | {a: min(day, self.first.get(a, date.max)) for a, day in _first_days(proven, night.reach[1]).items()},
            moved={row_id: rows for row_id, rows in self.moved.items() if row_id not in ids} | moved,
            either={row_id: row for row_id, row in self.either.items() if row_id not in ids} | either,
        )


def proven_spans(claims: Iterable[Claim], statuses: Collection[str] = ("complete",)) -> Proofs:
    """Of each account the spans that are proven without a gap."""
    found: dict[str, list[Span]] = defaultdict(list)
    kept = (claim for claim in claims if claim.status in statuses and not claim.doubts)
    for claim in sorted(kept, key=lambda claim: (claim.first, claim.last)):
        add(found[claim.account], (claim.first, claim.last))
    return found


def add(spans: list[Span], span: Span) -> None:
    """Append *span*, which begins no earlier than the last one; join the two where they touch."""
    if spans and span[0].toordinal() <= spans[-1][1].toordinal() + 1:
        spans[-1] = (spans[-1][0], max(spans[-1][1], span[1]))
    else:
        spans.append(span)


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same days in as few spans as will do."""
    found: list[Span] = []
    for span in sorted(spans):
        add(found, span)
    return found


def _first_days(proven: Mapping[str, Sequence[Span]], last: date) -> Mapping[str, date]:
    """Where the history of each account begins: not on the days that odd rows name, which are read beside it (D7)."""
    kept = {account: [span for span in spans if span[0] != date.min] for account, spans in proven.items()}
    newest = {account: [span for span in spans if last <= span[1]] or spans for account, spans in kept.items()}
    return {account: min(spans)[0] for account, spans in newest.items() if spans}


def covers(spans: Iterable[Span], span: Span) -> bool:
    return any(first <= span[0] and span[1] <= last for first, last in spans)


def owners(row: Object) -> set[str]:
    """The accounts that list a row."""
    relations = row["relationships"]
    return {relations[name]["data"]["id"] for name in RELATIONS if (relations.get(name) or {}).get("data")}


def day(row: Object, name: str) -> date | None:
    """A date of a row; None where it has none that is a day."""
    value = row["attributes"].get(name)
    return date.fromisoformat(value) if isinstance(value, str) and len(value) == ISO_DAY else None


def _misses(row: Object, proven: Iterable[Span], night: Night) -> bool:
    """Whether what was proven of an account should have listed a row: all its days, in one span or with the whole rest.

    A row that names no day is missed by the whole history.
    """
    spans, days = [*proven], [day(row, name) for name in DATES.values()]
    if any(all(on and first <= on <= last for on in days) for first, last in spans):
        return True
    asked = all(any(first <= on <= last for first, last in spans) for on in days if on)
    return asked and any(covers([span], night.reach) for span in spans)
