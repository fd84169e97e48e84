"""Holdings: of a reporting entity at each level of detail, by instrument, and as a custodian reports them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ...world.amounts import CENT, noise
from ...world.custody import repeated_id
from ...world.jsontext import Document, Json, Num, linkage
from ...world.kinds import STRINGS
from ...world.ordinary_rows import booked_on
from ...world.rows import iso
from ..tenant import TenantState
from .lots import Lot
from .positions import currencies, days, in_depository, lots_of, rows_until, values
from .resource import Item, Selection

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
"""Level of `expand` -> the relationship it adds, the type at its other end, and the id of a lot at that level."""


def groups(state: TenantState, reporting_entity: str, expand: Sequence[str]) -> dict[Group, list[Lot]]:
    """The lots of each row of a day; a lot in overlapping portfolios counts once unless `expand` has portfolios."""
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


def holdings(state: TenantState, selection: Selection) -> Iterator[Item]:
    """One row per day, currency and group."""
    below = groups(state, selection.owner, selection.expand)
    for day in days(state, selection.owner, selection.first, selection.last):
        for group, lots in below.items():
            worth = values(state, selection.owner, lots, day)
            for currency, rate in currencies(state, selection.owner).items() if any(worth) else ():
                attributes = _amounts(state, day, currency, sum(worth) * rate)
                yield Item(
                    key=(selection.owner, iso(day), currency, *group),
                    day=day,
                    type="holding",
                    attributes=attributes,
                    relations=relations(selection.owner, selection.expand, group),
                )


def instrument_holdings(state: TenantState, selection: Selection) -> Iterator[Item]:
    """One row per day, currency, portfolio, depository and instrument."""
    lots = lots_of(state, selection.owner)
    for day in days(state, selection.owner, selection.first, selection.last):
        worth = zip(lots, values(state, selection.owner, lots, day), strict=True)
        for lot, value in worth:
            for currency, rate in currencies(state, selection.owner).items() if value else ():
                yield _instrument_holding(state, selection.owner, lot, day, (currency, value * rate))


def _instrument_holding(state: TenantState, owner: str, lot: Lot, day: int, worth: tuple[str, int]) -> Item:
    levels = ["portfolios", "depositories", "instruments"]
    if state.ordinary or noise(lot.instrument, "classes") % 2:
        levels += ["instrumentClasses", "instrumentClassesDetailed"]
    group = tuple(LEVELS[level][2](state, lot) for level in levels)
    return Item(
        key=(owner, iso(day), worth[0], lot.portfolio, lot.depository, lot.instrument),
        day=day,
        type="instrument-holding",
        attributes=_amounts(state, day, *worth) | {"unitsInHolding": _units(state, lot, day)},
        relations=relations(owner, levels, group),
    )


def _units(state: TenantState, lot: Lot, day: int) -> Json:
    """The units; None for some lots that no depository holds."""
    if lot.depository is None and noise(lot.instrument) % 2:
        return None
    return state.number(lot.units(rows_until(state, lot.accounts, day)), noise(lot.instrument, day))


def _amounts(state: TenantState, day: int, currency: str, atoms: int) -> Document:
    turn = noise(day, currency, atoms)
    attributes: Document = {"date": iso(day), "ccyCode": currency, "marketValue": state.number(atoms, turn)}
    if turn % 6 == 0 and not state.ordinary:  # nobody documented these
        attributes |= {"accruedInterest": Num("1E-13"), "pricedBy": STRINGS[turn % len(STRINGS)]}
    return attributes


def custodian_holdings(state: TenantState, selection: Selection) -> Iterator[Item]:
    """Custodian rows of a legal entity on one day: balances of accounts, units in depositories; ids repeat."""
    if not state.computed_from <= selection.first <= state.today:
        return
    for account in state.listed("accounts", selection.owner):
        if rows := rows_until(state, (account.id,), selection.first):
            yield _custodian_row(
                state, selection, (account.id, None, None), _balance(state, account.id, selection.first, rows)
            )
    for depository in state.listed("depositories", selection.owner):
        for lot in in_depository(state, depository.id):
            rows = rows_until(state, lot.accounts, selection.first)
            if lot.exists(selection.first, rows):
                yield _custodian_row(state, selection, (None, depository.id, lot.instrument), lot.units(rows))


def _balance(state: TenantState, account: str, day: int, rows: int) -> int:
    """What the bank has on an account; ordinarily the sum of what was booked by its value date."""
    if not state.ordinary:
        return (rows * 12345 - 10**6) * CENT
    booked = state.ledgers[account].tracks["value"].between(0, day)
    return sum(booked_on(row.body, account) for row in booked)


def _custodian_row(
    state: TenantState, selection: Selection, held: tuple[str | None, str | None, str | None], atoms: int
) -> Item:
    turn = noise(*held, selection.first)
    ends = zip(("account", "depository", "instrument"), held, strict=True)
    return Item(
        key=(selection.owner, iso(selection.first), *held),
        day=selection.first,
        type="custodian-holding",
        id=repeated_id(selection.owner, turn),
        attributes={"date": iso(selection.first), "unitsInHolding": state.number(atoms, turn)},
        relations={
            "legalEntity": linkage("legal-entity", selection.owner),
            **{name: linkage(name, ident) for name, ident in ends if ident},
        },
    )
