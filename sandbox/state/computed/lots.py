"""Lots: one instrument in one place, and what it is worth on a day. Pure. All figures are in atoms (see `amounts`)."""

from __future__ import annotations

from dataclasses import dataclass

from ...world import market
from ...world.amounts import CENT, ONE, noise
from ..tenant import TenantState

SEASON = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One instrument in one depository; None: in the portfolio itself.

    Args:
        accounts: those whose rows change its value.
        base: its value before any row.
        step: what each row adds to its value.
        grain: the unit of its daily changes: a cent, or for some lots an atom.
    """

    portfolio: str
    depository: str | None
    instrument: str
    accounts: tuple[str, ...]
    base: int
    step: int
    grain: int = CENT

    @property
    def place(self) -> str:
        return self.depository or self.portfolio

    def exists(self, day: int, rows: int) -> bool:
        """Whether the lot is there: not before the first row, and not in seasons after a sale."""
        return rows > 0 and noise(self.place, self.instrument, day // SEASON) % 6 > 0

    def value(self, day: int, rows: int) -> int:
        """Its market value at the end of *day*, after *rows* rows; 0 if it is not there."""
        if not self.exists(day, rows):
            return 0
        return self.base + self.step * rows + noise(self.place, self.instrument, day, "value") % 10**5 * self.grain

    def units(self, rows: int) -> int:
        """Its units after *rows* rows."""
        return self.base // 100 + self.step * rows

    def flow(self, _: int, rows: int) -> int:
        """The money that *rows* more rows put in on a day."""
        return self.step * rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryLot(Lot):
    """A lot that is worth its units times the price of the day; *base* and *step* are units, not money."""

    ccy_code: str
    reporting_ccy_code: str

    def exists(self, _: int, rows: int) -> bool:
        return rows > 0

    def value(self, day: int, rows: int) -> int:
        return self._worth(self.units(rows), day) if self.exists(day, rows) else 0

    def units(self, rows: int) -> int:
        return self.base + self.step * rows

    def flow(self, day: int, rows: int) -> int:
        return self._worth(self.step * rows, day)

    def _worth(self, units: int, day: int) -> int:
        amount = units * market.price(self.instrument, day) // ONE
        return market.converted(amount, self.ccy_code, self.reporting_ccy_code)


def lot(
    state: TenantState, *, portfolio: str, depository: str | None, instrument: str, accounts: tuple[str, ...]
) -> Lot:
    chance = noise(depository or portfolio, instrument)
    shown = tuple(account for account in accounts if state.shown(account))
    if state.ordinary:
        return OrdinaryLot(
            portfolio=portfolio,
            depository=depository,
            instrument=instrument,
            accounts=shown,
            base=(500 + chance % 5000) * ONE,
            step=chance % 5 * ONE,
            ccy_code=currency_of(state, instrument),
            reporting_ccy_code=market.reporting_currency(state.entities[portfolio].parent_id or "")
            if portfolio
            else "EUR",
        )
    huge = chance % 7 == 0
    return Lot(
        portfolio=portfolio,
        depository=depository,
        instrument=instrument,
        accounts=shown,
        base=(10**24 if huge else 10**6 + chance % 10**7) * ONE,
        step=(chance % 10**5 - 5 * 10**4) * CENT,
        grain=1 if chance % 5 == 0 else CENT,
    )


def currency_of(state: TenantState, instrument: str) -> str:
    """The currency of an ordinary instrument; of a fund the fund's, and euros where it names none."""
    attributes = state.entities[instrument].attributes
    fund = attributes.get("fund")
    return str((fund if isinstance(fund, dict) else attributes).get("ccyCode") or "EUR")
