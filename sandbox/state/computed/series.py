"""Series of instruments: prices, interest rates, index factors, net asset values. Pure.

Points lie on a grid of days that depends on the instrument's id: new days add points and move none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ...world.amounts import CENT, ONE, PLAIN, as_number, noise
from ...world.instruments import PRIVATE
from ...world.jsontext import Document, Json, Num
from ...world.market import price
from ...world.rows import iso
from ..tenant import TenantState
from .resource import Item, Rows, Selection

OPEN_START = date(1900, 1, 1).toordinal()
FRIDAY = 4
UNPRICED = frozenset({PRIVATE, "loan-instrument", "fee-instrument", "fx-forward-physical-delivery-instrument"})
ISSUED = 1_000  # days, one of which an ordinary index-linked bond was issued on: as many points look like a cap


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value on a day; *twin* is 1 for the second point of a day."""

    instrument: str
    day: int
    twin: int

    def noise(self, *words: str) -> int:
        return noise(self.instrument, self.day, self.twin, *words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One kind of series.

    Args:
        gaps: days between two points; the instrument's id picks one.
        has: whether instruments of a type have it; the others return an empty list.
        dates: the date attributes.
        open_start: the first point is valid from 1900.
        provider: whether points have a provider, and a day may have a second point.
    """

    type: str
    gaps: tuple[int, ...]
    has: Callable[[str], bool]
    dates: Callable[[Point], Document]
    open_start: bool = False
    provider: bool = True


def _date(point: Point) -> Document:
    return {"date": iso(point.day)}


def _official(point: Point) -> Document:
    """Most net asset values count from their official date: null; some from later."""
    later: Json = iso(point.day + 20) if point.noise("effective") % 3 == 0 else None
    return {"officialDate": iso(point.day), "effectiveDate": later}


PRICES = Series(type="price", gaps=(3, 7, 14, 30), has=lambda kind: kind not in UNPRICED, dates=_date)
INTEREST_RATES = Series(
    type="interest-rate",
    gaps=(200,),
    has=lambda kind: "bond" in kind or kind == "loan-instrument",
    dates=_date,
    open_start=True,
)
INDEX_FACTORS = Series(type="index-factor", gaps=(30,), has=lambda kind: "index-linked" in kind, dates=_date)
NET_ASSET_VALUES = Series(
    type="net-asset-value", gaps=(91,), has=lambda kind: kind == PRIVATE, dates=_official, provider=False
)


def rows_of(series: Series) -> Rows:
    """The generator of one kind of series."""

    def rows(state: TenantState, selection: Selection) -> Iterator[Item]:
        if series.has(state.entities[selection.owner].type):
            yield from (_item(state, series, point) for point in _points(state, series, selection))

    return rows


def _points(state: TenantState, series: Series, selection: Selection) -> Iterator[Point]:
    if state.ordinary and series is PRICES:
        yield from _weekdays(state, selection)
        return
    chance = noise(selection.owner, series.type)
    gap = series.gaps[chance % len(series.gaps)]
    begins = state.first + (chance // gap % ISSUED if state.ordinary and series is INDEX_FACTORS else 0)
    first, last = max(selection.first, begins), min(selection.last, state.today)
    if series.open_start and selection.first <= OPEN_START:
        yield Point(instrument=selection.owner, day=OPEN_START, twin=0)
    for day in range(first + (chance - first) % gap, last + 1, gap):
        twins = 2 if series.provider and not state.ordinary and noise(selection.owner, day, "twins") % 10 == 0 else 1
        yield from (Point(instrument=selection.owner, day=day, twin=twin) for twin in range(twins))


def _weekdays(state: TenantState, selection: Selection) -> Iterator[Point]:
    """Ordinary prices: every weekday where holdings are computed, Fridays before."""
    for day in range(max(selection.first, state.first), min(selection.last, state.today) + 1):
        weekday = date.fromordinal(day).weekday()
        if weekday == FRIDAY or (weekday < FRIDAY and day >= state.computed_from):
            yield Point(instrument=selection.owner, day=day, twin=0)


def _item(state: TenantState, series: Series, point: Point) -> Item:
    ident = f"{point.noise('id', series.type):016x}{point.day:08x}"
    chance = point.noise("value")
    value = state.edits.points.get(ident) or _value(state, series, point)
    attributes: Document = {**series.dates(point), "value": value}
    if series.provider:
        attributes["provider"] = "client" if point.twin else ("aleta", "Börse Zürich")[chance % 2]
    return Item(
        key=(point.instrument, ident),
        day=point.day,
        type=series.type,
        id=ident,
        attributes=attributes,
    )


def _value(state: TenantState, series: Series, point: Point) -> Num:
    """Any number; ordinarily the price of the day, a rate of a few percent, a factor that grows slowly."""
    chance = point.noise("value")
    if not state.ordinary:
        return as_number(chance % 10**7 * (ONE // 10 ** (2 + chance % 15)), chance)
    if series is INTEREST_RATES:
        return as_number((100 + chance % 400) * CENT, PLAIN)
    if series is INDEX_FACTORS:
        return as_number(ONE + (point.day - state.first) * (ONE // 10**5), PLAIN)
    return as_number(price(point.instrument, point.day), PLAIN)


SERIES: Mapping[str, Series] = {
    "prices": PRICES,
    "interest_rates": INTEREST_RATES,
    "index_factors": INDEX_FACTORS,
    "net_asset_values": NET_ASSET_VALUES,
}
