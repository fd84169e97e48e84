"""What an ordinary private-market fund has called, paid back and is worth. Pure."""

from __future__ import annotations

from ...world.amounts import CENT, ONE, PLAIN, as_number, noise
from ...world.jsontext import Document, Json
from ...world.rows import iso
from ..tenant import TenantState

QUARTER = 90


def figures(state: TenantState, instrument: str | None, currency: str, day: int) -> Document:
    """The figures of a fund, or of all together: what it returned and what is left are what its multiples say."""
    fund = state.entities[instrument].attributes["fund"] if instrument else None
    total = (1 + noise(instrument, "commitment") % 20) * 500_000 * ONE
    called = total * (40 + noise(instrument, "called") % 40) // 100
    paid_back = called * _percent(instrument, "paid back") // 100
    left = called * (60 + _percent(instrument, "left") + noise(instrument, day // QUARTER) % 6) // 100
    called_up = _numbers(total=total, called=called, uncalled=total - called)
    return {
        "date": iso(day),
        "nav": as_number(left, PLAIN) if instrument else None,
        "navDate": iso(day - day % QUARTER) if instrument else None,
        "reportingCcyCode": currency,
        "fundCcyCode": fund["ccyCode"] if isinstance(fund, dict) else None,
        "marketValue": as_number(left, PLAIN),
        "commitmentInFundCurrency": called_up if instrument else None,
        "commitmentInReportingCurrency": {**called_up, **_numbers(recallable=0)},
        "multiplier": _numbers(
            dpi=paid_back * ONE // called, rvpi=left * ONE // called, tvpi=(paid_back + left) * ONE // called
        ),
        "cashflow": _numbers(drawdowns=called, distributions=paid_back),
        "return": as_number(paid_back + left - called, PLAIN),
        "irr": as_number((2 + noise(instrument, "irr") % 15) * CENT, PLAIN),
    }


def _percent(instrument: str | None, word: str) -> int:
    return 10 + noise(instrument, word) % 50


def _numbers(**atoms: int) -> dict[str, Json]:
    return {name: as_number(value, PLAIN) for name, value in atoms.items()}
