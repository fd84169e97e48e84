"""Compares a contender's rows with what the API returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.stored import Row, StoredRows, Value, of_object

NEAR = Decimal("1e-9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """How the stored rows differ from the truth.

    Args:
        missing: rows that the API returns and the contender does not have.
        extra: rows that the API does not return (any more), or duplicates.
        stale: rows with a value that the API does not have (any more).
        digits: numbers that lost their last digits.
    """

    missing: int = 0
    extra: int = 0
    stale: int = 0
    digits: int = 0

    @property
    def rows(self) -> int:
        """Rows that are wrong in any way but digits."""
        return self.missing + self.extra + self.stale


def canonical(objects: Mapping[str, Mapping[str, object]]) -> dict[str, Row]:
    """The API's rows in the form that contenders are read in."""
    return {ident: of_object(expected) for ident, expected in objects.items()}


def differences(stored: StoredRows, truth: Mapping[str, Row], *, only: frozenset[str] | None = None) -> Differences:
    """How *stored* differs from *truth*; *only*: of these ids."""
    wanted, found = _chosen(truth, only), _chosen(stored.rows, only)
    both = wanted.keys() & found.keys()
    flaws = [_flaws(found[ident], wanted[ident]) for ident in both]
    return Differences(
        missing=len(wanted.keys() - both),
        extra=len(found.keys() - both) + (stored.repeated if only is None else 0),
        stale=sum(stale for stale, _ in flaws),
        digits=sum(digits for _, digits in flaws),
    )


def _chosen(rows: Mapping[str, Row], only: frozenset[str] | None) -> Mapping[str, Row]:
    return rows if only is None else {ident: rows[ident] for ident in only & rows.keys()}


def _flaws(stored: Row, expected: Row) -> tuple[bool, int]:
    """Whether a row is stale, and how many of its numbers lost digits."""
    verdicts = [_verdict(stored.get(name), expected.get(name)) for name in stored.keys() | expected.keys()]
    return "stale" in verdicts, verdicts.count("digits")


def _verdict(stored: Value | None, expected: Value | None) -> str:
    if type(stored) is type(expected) and not isinstance(expected, Decimal):
        return "same" if stored == expected else "stale"
    numbers = _number(stored), _number(expected)
    return _close(*numbers)


def _close(stored: Decimal | None, expected: Decimal | None) -> str:
    if stored is None or expected is None:
        return "stale"
    if stored == expected:
        return "same"
    return "digits" if abs(stored - expected) <= NEAR * max(Decimal(1), abs(expected)) else "stale"


def _number(value: Value | None) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, str | Decimal) else None
    except ArithmeticError:
        return None
