"""What a contender's rows are short of, against what the API shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.held import OpenDatabase, Row, Value, of_object

NEAR = Decimal("1e-9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """How what is held differs from the truth.

    Args:
        missing: rows that the API shows and the contender has not.
        extra: rows that it does not show (any more), or that are there twice.
        stale: rows with a value that the API does not say (any more).
        digits: numbers of which the first digits are right and the others are not there.
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
    return {ident: of_object(said) for ident, said in objects.items()}


def differences(held: OpenDatabase, truth: Mapping[str, Row], *, only: frozenset[str] | None = None) -> Differences:
    """How *held* differs from *truth*; *only*: of these ids."""
    wanted, found = _chosen(truth, only), _chosen(held.rows, only)
    both = wanted.keys() & found.keys()
    flaws = [_flaws(found[ident], wanted[ident]) for ident in both]
    return Differences(
        missing=len(wanted.keys() - both),
        extra=len(found.keys() - both) + (held.repeated if only is None else 0),
        stale=sum(stale for stale, _ in flaws),
        digits=sum(digits for _, digits in flaws),
    )


def _chosen(rows: Mapping[str, Row], only: frozenset[str] | None) -> Mapping[str, Row]:
    return rows if only is None else {ident: rows[ident] for ident in only & rows.keys()}


def _flaws(held: Row, said: Row) -> tuple[bool, int]:
    """Whether a row is stale, and how many of its numbers lost digits."""
    verdicts = [_verdict(held.get(name), said.get(name)) for name in held.keys() | said.keys()]
    return "stale" in verdicts, verdicts.count("digits")


def _verdict(held: Value | None, said: Value | None) -> str:
    if type(held) is type(said) and not isinstance(said, Decimal):
        return "same" if held == said else "stale"
    numbers = _number(held), _number(said)
    return _close(*numbers)


def _close(held: Decimal | None, said: Decimal | None) -> str:
    if held is None or said is None:
        return "stale"
    if held == said:
        return "same"
    return "digits" if abs(held - said) <= NEAR * max(Decimal(1), abs(said)) else "stale"


def _number(value: Value | None) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, str | Decimal) else None
    except ArithmeticError:
        return None
