"""Holdings: of a reporting entity at each level of detail, by instrument, and as a custodian sees them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ...world.amounts import CENT, noise, spelt
from ...world.custody import repeated_id
from ...world.jsontext import Document, Json, Num, linkage
from ...world.kinds import STRINGS
from ...world.rows import iso
from ..tenant import TenantState
from .positions import Lot, currencies, days, in_depository, lots_of, rows_until, values
from .resource import Item, Wanted

Group: TypeAlias = tuple[str | None, ...]

LEVELS: Mapping[str, tuple[str, str, Callable[[TenantState, Lot], str | None]]] = {
    "portfolios": ("portfolio", "portfolio", lambda _, lot: lot.portfolio),
    "depositories": ("depository", "depository", lambda _, lot: lot.depository),
    "instruments": ("instrument", "instrument", lambda _, lot: lot.instrument),
    "instrumentClasses": ("instrumentClass", "instrument-class", lambda state, lot: state.classes[lot.instrument][0]),
    "instrumentClassesDetailed": (
        "instrumentClassDetailed",
        "instrument-class-detailed",
        lambda state, lot: state.classes[lot.instrument][1],
    ),
}
"""Level of `expand` -> the relationship it adds, the type at its other end, and where a lot belongs."""


def groups(state: TenantState, reporting_entity: str, expand: Sequence[str]) -> dict[Group, list[Lot]]:
    """The lots of each row that a day may have; portfolios that overlap count once where they are not told apart."""
    found: dict[Group, dict[tuple[str, str], Lot]] = {}
    for lot in lots_of(state, reporting_entity):
        group = tuple(LEVELS[level][2](state, lot) for level in expand)
        found.setdefault(group, {})[lot.place, lot.instrument] = lot
    return {group: list(lots.values()) for group, lots in found.items()}


def relations(reporting_entity: str, expand: Sequence[str], group: Group) -> Document:
    """The relationships of a row; what does not apply is absent."""
    ends = zip((LEVELS[level][:2] for level in expand), group, strict=True)
    links: Document = {name: linkage(kind, ident) for (name, kind), ident in ends if ident}
    return {"reportingEntity": linkage("reporting-entity", reporting_entity), **links}


def holdings(state: TenantState, wanted: Wanted) -> Iterator[Item]:
    """A row a day, currency and group."""
    below = groups(state, wanted.owner, wanted.expand)
    for day in days(state, wanted.owner, wanted.first, wanted.last):
        for group, lots in below.items():
            worth = values(state, wanted.owner, lots, day)
            for currency, rate in currencies(wanted.owner).items() if any(worth) else ():
                attributes = _amounts(day, currency, sum(worth) * rate)
                yield Item(
                    key=(wanted.owner, iso(day), currency, *group),
                    day=day,
                    type="holding",
                    attributes=attributes,
                    relations=relations(wanted.owner, wanted.expand, group),
                )


def instrument_holdings(state: TenantState, wanted: Wanted) -> Iterator[Item]:
    """A row a day, currency, portfolio, depository and instrument."""
    lots = lots_of(state, wanted.owner)
    for day in days(state, wanted.owner, wanted.first, wanted.last):
        worth = zip(lots, values(state, wanted.owner, lots, day), strict=True)
        for lot, value in worth:
            for currency, rate in currencies(wanted.owner).items() if value else ():
                yield _instrument_holding(state, wanted.owner, lot, day, (currency, value * rate))


def _instrument_holding(state: TenantState, owner: str, lot: Lot, day: int, worth: tuple[str, int]) -> Item:
    levels = ["portfolios", "depositories", "instruments"]
    if noise(lot.instrument, "classes") % 2:
        levels += ["instrumentClasses", "instrumentClassesDetailed"]
    group = tuple(LEVELS[level][2](state, lot) for level in levels)
    return Item(
        key=(owner, iso(day), worth[0], lot.portfolio, lot.depository, lot.instrument),
        day=day,
        type="instrument-holding",
        attributes=_amounts(day, *worth) | {"unitsInHolding": _units(state, lot, day)},
        relations=relations(owner, levels, group),
    )


def _units(state: TenantState, lot: Lot, day: int) -> Json:
    """Of what no depository holds, some have no units."""
    if lot.depository is None and noise(lot.instrument) % 2:
        return None
    return spelt(lot.units(rows_until(state, lot.accounts, day)), noise(lot.instrument, day))


def _amounts(day: int, currency: str, atoms: int) -> Document:
    turn = noise(day, currency, atoms)
    attributes: Document = {"date": iso(day), "ccyCode": currency, "marketValue": spelt(atoms, turn)}
    if turn % 6 == 0:  # nobody documented these
        attributes |= {"accruedInterest": Num("1E-13"), "pricedBy": STRINGS[turn % len(STRINGS)]}
    return attributes


def custodian_holdings(state: TenantState, wanted: Wanted) -> Iterator[Item]:
    """What the custodian of a legal entity has on one day: balances of accounts, units in depositories; ids repeat."""
    if not state.computed_from <= wanted.first <= state.today:
        return
    for account in state.listed("accounts", wanted.owner):
        if rows := rows_until(state, (account.id,), wanted.first):
            yield _custodian_row(wanted, (account.id, None, None), (rows * 12345 - 10**6) * CENT)
    for depository in state.listed("depositories", wanted.owner):
        for lot in in_depository(state, depository.id):
            rows = rows_until(state, lot.accounts, wanted.first)
            if lot.held(wanted.first, rows):
                yield _custodian_row(wanted, (None, depository.id, lot.instrument), lot.units(rows))


def _custodian_row(wanted: Wanted, held: tuple[str | None, str | None, str | None], atoms: int) -> Item:
    turn = noise(*held, wanted.first)
    ends = zip(("account", "depository", "instrument"), held, strict=True)
    return Item(
        key=(wanted.owner, iso(wanted.first), *held),
        day=wanted.first,
        type="custodian-holding",
        id=repeated_id(wanted.owner, turn),
        attributes={"date": iso(wanted.first), "unitsInHolding": spelt(atoms, turn)},
        relations={
            "legalEntity": linkage("legal-entity", wanted.owner),
            **{name: linkage(name, ident) for name, ident in ends if ident},
        },
    )
