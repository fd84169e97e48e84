"""What the API returns at one moment, exactly. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TypeAlias, TypeVar

from .computed.resource import Key

Object: TypeAlias = dict[str, object]
Named = TypeVar("Named", bound=Hashable)
Keyed: TypeAlias = Mapping[Key, Object]
Identified: TypeAlias = Mapping[str, Object]


class Lazy(Mapping[Named, Object]):
    """A table that is computed on first access."""

    def __init__(self, make: Callable[[], dict[Named, Object]]) -> None:
        self._make = make
        self._made: dict[Named, Object] | None = None

    @property
    def _table(self) -> dict[Named, Object]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, key: Named) -> Object:
        return self._table[key]

    def __iter__(self) -> Iterator[Named]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __repr__(self) -> str:
        return repr(self._table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """Tables beyond the crawl of clients and transactions: every number a Decimal, computed on access.

    Objects are by id. Rows are by natural key, a tuple of ids and ISO days with None where a relationship is absent;
    those of holdings and performance have no `id`, because every response has new ones. Relationships are named
    as the setting `names` says.

    Args:
        custodian_authorities: and the six after it: by id.
        instruments: all that the API returns by id; `named_instruments` are those that a crawl can find.
        webhook_keys: by kid.
        prices: and the three after it: by (instrument, id of the point).
        holdings: of the whole entity, by (reporting entity, date, currency).
        instrument_holdings: by (reporting entity, date, currency, portfolio, depository or None, instrument).
        custodian_holdings: by (legal entity, date, account or None, depository or None, instrument or None).
        performance: by (reporting entity, date, currency); `accumulated*` count from the entity's first computed day.
        private_market_performance: by (reporting entity, date, reporting currency, instrument or None).
        limit_status: by (limit, date).
        expanded: `expanded("holdings" | "performance", "portfolios", …)`: the rows at other levels; the ids that the
            levels add follow in the key.
    """

    custodian_authorities: Identified
    custodian_authority_files: Identified
    custodian_auth_flows: Identified
    invites: Identified
    limits: Identified
    commitments: Identified
    instrument_classes: Identified
    instrument_classes_detailed: Identified
    instruments: Identified
    webhook_keys: Identified
    prices: Keyed
    interest_rates: Keyed
    index_factors: Keyed
    net_asset_values: Keyed
    holdings: Keyed
    instrument_holdings: Keyed
    custodian_holdings: Keyed
    performance: Keyed
    private_market_performance: Keyed
    limit_status: Keyed
    expanded: Callable[..., Mapping[Key | str, Object]] = field(compare=False, repr=False)


BEYOND = tuple(attribute.name for attribute in fields(Beyond) if attribute.compare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Beyond):
    """What the API returns now: id -> JSON:API object, every number a Decimal."""

    clients: dict[str, Object]
    legal_entities: dict[str, Object]
    accounts: dict[str, Object]
    depositories: dict[str, Object]
    reporting_entities: dict[str, Object]
    portfolios: dict[str, Object]
    users: dict[str, Object]
    transactions: dict[str, Object]


def named_instruments(truth: Truth) -> frozenset[str]:
    """Instruments that a transaction, holding or fund performance refers to: those that a crawl can find."""
    tables = (truth.transactions, truth.instrument_holdings, truth.custodian_holdings, truth.private_market_performance)
    return frozenset(ident for table in tables for row in table.values() for ident in _instruments(row))


def _instruments(row: Object) -> Iterator[str]:
    relations = row.get("relationships")
    assert isinstance(relations, dict)
    for name in ("instrument", "asset"):
        if name in relations:
            yield str(relations[name]["data"]["id"])
