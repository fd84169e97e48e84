"""What the API shows, looked at from behind the server: what a run meets, and what it can know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime

from sandbox import Sandbox
from sandbox.world.jsontext import exact
from tests.histories.model import Night, Span

NO_CAP = 10**9
NO_ANSWER = {"reset", "no_http", "length_superscript", "cut_body", "cut_length"}
"""Faults after which nobody knows whether there is an API."""
TRANSACTIONS = {"/api/v2/transactions", "/v1/transactions"}
NAMELESS = {"clients", "users"}
"""Objects that no other names, or not every one: whom a list of them leaves out may not be known."""
DENIALS = ("403", "404")
"""Kinds of faults that deny an object: one that is in no list either is gone, for all that anybody can tell (L2)."""


@dataclass(frozen=True, slots=True)
class LastingFault:
    """Every request whose URL contains *place* meets it."""

    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Witness:
    """Looks at *box*."""

    box: Sandbox

    def night(self, name: str, at: datetime, *, reach: Span) -> Night:
        settings = self.box.settings
        return Night(
            at=at,
            shown=self.box.truth(name).transactions,
            listed=self._listed(name),
            readable=frozenset(self.box._stores[name].readable()),
            date_filter=settings.date_filter,
            cap=(settings.row_cap or NO_CAP) if settings.cap_model == "constant" else 0,
            reach=reach,
            overlap=int(settings.skipped_end != "none"),
        )

    def _listed(self, name: str) -> Mapping[str, list[tuple[date, Mapping[str, object]]]]:
        """The rows of each readable account, with the day that the server goes by."""
        by_trade = self.box.settings.date_filter == "trade"
        return {
            account: [(date.fromordinal(row.trade if by_trade else row.value), exact(row.body)) for row in ledger.rows]
            for account, ledger in self.box._stores[name].readable().items()
        }

    def answered(self, name: str) -> set[tuple[str, str, str]]:
        """Requests for transactions that were answered: account, first and last day."""
        return {
            (request.query["accountId"], request.query["fromDate"], request.query["toDate"])
            for request in self.box.requests
            if request.path in TRANSACTIONS and request.status in {200, 304} and request.tenant == name
        }

    def short_lists(self, name: str) -> frozenset[str]:
        """The tables of which a list was longer than its cap."""
        lists = self._capped_lists(name)
        return frozenset(table for table, cap, listed in lists if len(listed) > cap)

    def known_cut(self, name: str, stored: Mapping[str, AbstractSet[str]]) -> frozenset[str]:
        """The tables whose members nobody names, and of which a list shows fewer than are *stored* and still there."""
        lists = self._capped_lists(name)
        return frozenset(table for table, cap, own in lists if table in NAMELESS and len(own & stored[table]) > cap)

    def _capped_lists(self, name: str) -> list[tuple[str, int, AbstractSet[str]]]:
        """Of each list that has a cap: its table, the cap, and the ids of all that it would show without."""
        store, settings = self.box._stores[name], self.box.settings
        return [
            (table, cap, {entity.id for entity in store.listed(table, parent)})
            for parent, table in store.children
            if parent is None or store.shown(parent)
            if (cap := settings.list_caps.get(table, settings.list_cap)) > 0
        ]

    def odd_account(self, name: str, faults: Sequence[LastingFault]) -> str:
        """The account that all lasting *faults* are of; none where something else may fail, or nobody else is read."""
        places, readable = {fault.place for fault in faults}, self.box._stores[name].readable().keys()
        other = (
            len(readable) <= 1 or bool(self.box.settings.fault_share) or any(each.kind in NO_ANSWER for each in faults)
        )
        return places.pop() if len(places) == 1 and places <= readable and not other else ""

    def has_sound_days(self, name: str, faults: Sequence[LastingFault], span: Span | None) -> bool:
        """Whether some ids of the odd account are no text, and on some days of a *span* all are."""
        first, last = span or (date.min, date.max)
        listed = self._listed(name).get(self.odd_account(name, faults), ())
        rows = [(on, row) for on, row in listed if first <= on <= last]
        odd = {on for on, row in rows if row["id"].endswith("0")}
        return {fault.kind for fault in faults} == {"half_ids"} and any(on not in odd for on, _ in rows)
