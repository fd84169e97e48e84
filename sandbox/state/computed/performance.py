"""Performance of reporting entities, by day and group, and of their private-market funds. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from ...world.amounts import CENT, ONE, as_number, noise
from ...world.instruments import PRIVATE
from ...world.jsontext import Document, Json, Num
from ...world.rows import iso
from ..tenant import TenantState
from . import ordinary_funds
from .holdings import Group, groups, relations
from .lots import Lot
from .positions import currencies, days, lots_of, rows_until, values
from .resource import Item, Selection

WHOLE = 10**12
"""A return of 100 %: returns are integers with twelve decimals."""
TURNS = ONE // WHOLE
LONG_WEEKEND = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Cash flow and gain of a group in one day, in atoms, and its return, as a share of `WHOLE`."""

    flow: int = 0
    gain: int = 0
    twr: int = 0


@dataclass(slots=True, kw_only=True)
class Total:
    """Moves since a first day: gains are added, returns are chained."""

    gain: int = 0
    twr: int = 0

    def add(self, moves: Moves) -> None:
        self.gain += moves.gain
        self.twr = (WHOLE + self.twr) * (WHOLE + moves.twr) // WHOLE - WHOLE


def performance(state: TenantState, selection: Selection) -> Iterator[Item]:
    """One row per day, currency and group; values accumulate from the first selected day."""
    before = days(state, selection.owner, selection.first - LONG_WEEKEND, selection.first - 1)[-1:]
    spans = days(state, selection.owner, selection.first, selection.last)
    below = groups(state, selection.owner, selection.expand)
    totals = {group: Total() for group in below}
    for previous, day in zip(chain(before or [None], spans), spans, strict=False):
        for group, lots in below.items():
            moves = _moves(state, selection.owner, lots, (previous, day))
            if moves is not None:
                totals[group].add(moves)
                yield from _items(state, selection, group, day, moves, totals[group])


def _moves(state: TenantState, owner: str, lots: list[Lot], span: tuple[int | None, int]) -> Moves | None:
    """The moves on a day; None if the group has nothing on it."""
    previous, day = span
    after = values(state, owner, lots, day)
    if not any(after):
        return None
    if previous is None:
        return Moves()
    before = values(state, owner, lots, previous)
    flow = sum(_flow(state, lot, span, pair) for lot, *pair in zip(lots, before, after, strict=True))
    gain = sum(after) - sum(before) - flow
    invested = sum(before) + max(flow, 0)  # an inflow counts from the start of the day, an outflow until its end
    return Moves(flow=flow, gain=gain, twr=gain * WHOLE // invested if invested > 0 else 0)


def _flow(state: TenantState, lot: Lot, span: tuple[int | None, int], worth: list[int]) -> int:
    """The cash flow: the whole value when a lot appears or goes, otherwise what its rows add."""
    before, after = worth
    if not (before and after):
        return after - before
    previous, day = (rows_until(state, lot.accounts, until or 0) for until in span)
    return lot.flow(span[1], day - previous)


def _items(
    state: TenantState, selection: Selection, group: Group, day: int, moves: Moves, total: Total
) -> Iterator[Item]:
    for currency, rate in currencies(state, selection.owner).items():
        turn = noise(selection.owner, *group, day, currency)
        attributes: Document = {
            "date": iso(day),
            "ccyCode": currency,
            "dailyNetCashFlow": state.number(moves.flow * rate, turn),
            "dailyReturn": state.number(moves.gain * rate, turn // 8),
            "dailyTwr": state.number(moves.twr * TURNS, turn // 64),
            "accumulatedReturn": state.number(total.gain * rate, turn // 512),
            "accumulatedTwr": state.number(total.twr * TURNS, turn // 4096),
        }
        if turn % 6 == 0 and not state.ordinary:  # nobody documented this
            attributes["benchmark"] = {"name": "Weltindex ™", "dailyTwr": Num("1.0E-4"), "until": None}
        yield Item(
            key=(selection.owner, iso(day), currency, *group),
            day=day,
            type="performance",
            attributes=attributes,
            relations=relations(selection.owner, selection.expand, group),
        )


def private_markets(state: TenantState, selection: Selection) -> Iterator[Item]:
    """One row per fund on one day, and for some entities one of all funds together, without an instrument."""
    if not state.computed_from <= selection.first <= state.today:
        return
    lots = lots_of(state, selection.owner)
    funds = {lot.instrument: lot for lot in lots if state.entities[lot.instrument].type == PRIVATE}
    held = [instrument for instrument, lot in funds.items() if rows_until(state, lot.accounts, selection.first)]
    together = [None] if held and noise(selection.owner, "together") % 2 else []
    for instrument in (*held, *together):
        for currency in currencies(state, selection.owner):
            figures = ordinary_funds.figures if state.ordinary else _private
            yield Item(
                key=(selection.owner, iso(selection.first), currency, instrument),
                day=selection.first,
                type="private-market-performance",
                attributes=figures(state, instrument, currency, selection.first),
                relations=relations(selection.owner, ("instruments",), (instrument,)),
            )


def _private(state: TenantState, instrument: str | None, currency: str, day: int) -> Document:
    def amount(*words: str) -> Json:
        chance = noise(instrument, currency, day // 90, *words)
        return as_number(chance % 10**10 * (CENT if chance % 3 else 1), chance)

    def amounts(*names: str) -> Json:
        return {name: amount(name) for name in names}

    fund = state.entities[instrument].attributes["fund"] if instrument else None
    return {
        "date": iso(day),
        "nav": amount("nav") if instrument else None,
        "navDate": iso(day - day % 90) if instrument else None,
        "reportingCcyCode": currency,
        "fundCcyCode": fund["ccyCode"] if isinstance(fund, dict) else None,
        "marketValue": amount("value", iso(day)),
        "commitmentInFundCurrency": amounts("total", "called", "uncalled") if instrument else None,
        "commitmentInReportingCurrency": amounts("total", "called", "uncalled", "recallable"),
        "multiplier": amounts("dpi", "rvpi", "tvpi"),
        "cashflow": amounts("drawdowns", "distributions"),
        "return": amount("return"),
        "irr": None if noise(instrument, day // 90) % 5 == 0 else amount("irr"),
    }
