"""What was uploaded to a tenant: every row that was taken, and how often. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..world.jsontext import Document, dump

Holding: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One endpoint that takes uploads.

    Args:
        numbers: required attributes that are numbers; *may*: more that may be there, with what they hold.
        links: required relationships, with the table of what they name.
        overwrites: whether the same key again replaces the row; else there are two.
    """

    name: str
    path: str
    type: str
    numbers: tuple[str, ...]
    may: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str]
    overwrites: bool


TARGETS: tuple[Target, ...] = (
    Target(
        name="account-holdings",
        path="/api/v2/historical-account-holdings",
        type="historical-account-holding",
        numbers=("marketValue",),
        links={"account": "accounts"},
        overwrites=True,
    ),
    Target(
        name="instrument-holdings",
        path="/api/v3/historical-instrument-holdings",
        type="historical-instrument-holding",
        numbers=("units", "marketValue"),
        may={"accruedInterest": "number", "currencyExchangeRate": "number", "reportingCurrencyCode": "currency"},
        links={"depository": "depositories", "instrument": "instruments"},
        overwrites=True,
    ),
    Target(
        name="fee-holdings",
        path="/api/v2/historical-fee-holdings",
        type="historical-fee-holding",
        numbers=("marketValue",),
        links={"account": "accounts"},
        overwrites=False,
    ),
)


@dataclass(slots=True)
class Uploads:
    """Rows by target and key (ids of the links, then the day); more than one row a key only where none overwrites."""

    rows: dict[str, dict[Holding, list[Document]]] = field(
        default_factory=lambda: {target.name: {} for target in TARGETS}
    )
    taken: dict[str, Counter[Holding]] = field(default_factory=lambda: {target.name: Counter() for target in TARGETS})

    def put(self, target: Target, key: Holding, resource: Document) -> bool:
        """Take a row; whether there was one of its key before."""
        there = self.rows[target.name].setdefault(key, [])
        before = bool(there)
        if target.overwrites:
            there.clear()
        there.append(resource)
        self.taken[target.name][key] += 1
        return before

    def delete(self, target: Target, parent: str, first: str, last: str) -> int:
        """Delete the rows of *parent* from *first* to *last*, both included; how many there were."""
        rows = self.rows[target.name]
        found = [key for key in rows if key[0] == parent and first <= key[-1] <= last]
        return sum(len(rows.pop(key)) for key in found)

    def text(self) -> str:
        """All of it as JSON: each target's keys, how often each was taken, its rows; and how many rows are doubles."""
        doubles = sum(len(rows) - 1 for of_target in self.rows.values() for rows in of_target.values())
        targets = ",".join(f'"{name}":[{",".join(self._entries(name))}]' for name in self.rows)
        return f'{{"doubles":{doubles},{targets}}}'

    def _entries(self, name: str) -> Iterator[str]:
        for key, rows in self.rows[name].items():
            yield dump({"key": list(key), "rows": list(rows)})[:-1] + f',"taken":{self.taken[name][key]}}}'
