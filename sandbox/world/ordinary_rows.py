"""Transactions as a real office books them: an opening deposit, income, fees, trades, transfers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import TypeAlias

from .amounts import CENT
from .jsontext import Document, Json, Num, inner, load
from .kinds import FX_SPOT, TRANSFER, Kind
from .market import RATES, account_currency
from .rows import Calendar, Composer, Row, iso, new_id, varied_rows

End: TypeAlias = tuple[str, str, str]
"""A relationship: its name, the type at its other end, and the id there."""

OPENING_CENTS = 50_000_000
_BONDS = ("bond-instrument", "index-linked-bond-instrument")
FUND = "private-market-fund-commitment-based-instrument"
_LOAN = ("loan-instrument",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryKind:
    """One kind of transaction: how often it is booked, the smallest and the largest amount in cents.

    Args:
        category: chosen from these, where the kind has one.
        instruments: the types of instrument that it is about.
        gross: the attribute that repeats the amount without its sign.
        units: whether it says how many units at which price.
    """

    name: str
    weight: int
    cents: tuple[int, int]
    category: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    gross: str = ""
    units: bool = False


KINDS = (
    OrdinaryKind(name="account-interest-transaction", weight=12, cents=(100, 25_000)),
    OrdinaryKind(
        name="bond-coupon-transaction", weight=25, cents=(20_000, 600_000), instruments=_BONDS, gross="grossAmount"
    ),
    OrdinaryKind(
        name="bond-redemption-transaction", weight=4, cents=(500_000, 5_000_000), instruments=_BONDS, units=True
    ),
    OrdinaryKind(
        name="index-linked-bond-trade-transaction",
        weight=8,
        cents=(-4_000_000, -500_000),
        instruments=("index-linked-bond-instrument",),
        units=True,
    ),
    OrdinaryKind(
        name="fee-transaction", weight=20, cents=(-60_000, -2_500), category=("custody", "management", "other")
    ),
    OrdinaryKind(name="refund-transaction", weight=3, cents=(1_000, 40_000)),
    OrdinaryKind(
        name="private-market-fund-drawdown-transaction",
        weight=4,
        cents=(-3_000_000, -400_000),
        category=("capital-call", "management-fee"),
        instruments=(FUND,),
        gross="amount",
    ),
    OrdinaryKind(
        name="private-market-fund-distribution-transaction",
        weight=5,
        cents=(300_000, 3_000_000),
        category=("distribution", "dividend", "return-of-capital"),
        instruments=(FUND,),
        gross="amount",
    ),
    OrdinaryKind(name="loan-transaction", weight=3, cents=(-400_000, -50_000), instruments=_LOAN),
)
_WEIGHTS = list(accumulate(kind.weight for kind in KINDS))
_TRANSFER_CENTS = (100_000, 2_000_000)
_EURO_CENTS = (50_000, 1_000_000)
_UNITS = (10, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryComposer(Composer):
    """Composes transactions with amounts in cents that suit their kind; fast, because all its texts are plain ASCII."""

    by_kind: Mapping[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        """Sort the instruments once: a world of a million rows asks for them as often."""
        known = {kind.name: [ident for type_, ident in self.instruments if type_ in kind.instruments] for kind in KINDS}
        object.__setattr__(self, "by_kind", known)

    def row(self, rng: Random, *, account: str, trade: int, value: int) -> Row:
        kind = rng.choices(KINDS, cum_weights=_WEIGHTS)[0]
        cents = rng.randint(*kind.cents)
        attributes: Document = {"accountAmount": money(cents), **_details(rng, kind, cents)}
        return self._row(new_id(rng), kind.name, (trade, value), attributes, self._ends(rng, kind, account))

    def single(self, rng: Random, kind: Kind, account: str, days: tuple[int, int]) -> Document:
        return load(self.deposit(new_id(rng), kind.name, account, days, rng.randint(*_TRANSFER_CENTS)).body)

    def transfers(self, rng: Random, accounts: tuple[str, str], days: tuple[int, int]) -> list[Row]:
        """Both sides of an internal transfer: what one account pays the other receives, at the day's rate."""
        euros, (first, second) = rng.randint(*_EURO_CENTS), (new_id(rng), new_id(rng))
        receives, pays = (_at_rate(euros, account) for account in accounts)
        return [
            self.deposit(first, TRANSFER.name, accounts[0], days, receives, other=second),
            self.deposit(second, TRANSFER.name, accounts[1], days, -pays, other=first),
        ]

    def fx_spot(self, rng: Random, accounts: tuple[str, str], days: tuple[int, int]) -> Row:
        euros = rng.randint(*_EURO_CENTS)
        received, paid = (_at_rate(euros, account) for account in accounts)
        amounts: Document = {"inflowAccountAmount": money(received), "outflowAccountAmount": money(-paid)}
        ends = [("inflowAccount", "account", accounts[0]), ("outflowAccount", "account", accounts[1])]
        return self._row(new_id(rng), FX_SPOT.name, days, amounts, ends)

    def deposit(
        self, ident: str, kind: str, account: str, days: tuple[int, int], cents: int, *, other: str = ""
    ) -> Row:
        """A transaction that is nothing but an amount; *other* is the other side of a transfer."""
        linked = [("counterparty-transaction", self._type(kind), other)] if other else []
        return self._row(ident, kind, days, {"accountAmount": money(cents)}, [("account", "account", account), *linked])

    def _type(self, kind: str) -> str:
        return "transaction" if self.settings.dialect == "single" else kind

    def _row(self, ident: str, kind: str, days: tuple[int, int], attributes: Document, ends: Sequence[End]) -> Row:
        named: Document = {"type": kind} if self.settings.dialect == "single" else {}
        dated: Document = {**named, **attributes, "tradeDate": iso(days[0]), "valueDate": iso(days[1])}
        said = ",".join([f'"{name}":{_written(value)}' for name, value in dated.items()])
        linked = ",".join([f'"{name}":{{"data":{{"type":"{type_}","id":"{end}"}}}}' for name, type_, end in ends])
        start = f'"type":"{self._type(kind)}","id":"{ident}"'
        body = f'{{{start},"attributes":{{{said}}},"relationships":{{{linked}}}}}'
        accounts = tuple(end for _, type_, end in ends if type_ == "account")
        return Row(id=ident, accounts=accounts, trade=days[0], value=days[1], body=body.encode())

    def _ends(self, rng: Random, kind: OrdinaryKind, account: str) -> list[End]:
        """The account, and the instrument with the depository that holds it."""
        ends: list[End] = [("account", "account", account)]
        if known := self.by_kind[kind.name]:
            ends.append(("instrument", "instrument", rng.choice(known)))
            if kind.instruments == _BONDS and (held := self.depositories.get(account)):
                ends.append(("depository", "depository", rng.choice(held)))
        return ends


def _written(value: Json) -> str:
    """A number as it is, a plain text in quotes."""
    return value.text if isinstance(value, Num) else f'"{value}"'


def _details(rng: Random, kind: OrdinaryKind, cents: int) -> Document:
    details: Document = {"category": rng.choice(kind.category)} if kind.category else {}
    if kind.gross:
        details[kind.gross] = money(abs(cents))
    if kind.units:
        units = rng.randint(*_UNITS)
        details |= {"units": Num(f"{units if cents < 0 else -units}"), "unitPrice": money(abs(cents) // units)}
    return details


def money(cents: int) -> Num:
    """*cents* as an amount with two decimals."""
    return Num(f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}")


def _at_rate(euro_cents: int, account: str) -> int:
    return euro_cents * RATES[account_currency(account)] // RATES["EUR"]


def ordinary_rows(
    rng: Random, composer: OrdinaryComposer, counts: Mapping[str, int], calendar: Calendar
) -> Iterator[Row]:
    """As many rows as *counts* says for each account, the first a deposit on the first day."""
    opened = [account for account, count in counts.items() if count]
    for account in opened:
        days, cents = (calendar.first, calendar.first), _at_rate(OPENING_CENTS, account)
        yield composer.deposit(new_id(rng), TRANSFER.name, account, days, cents)
    later = {account: count - 1 if count else 0 for account, count in counts.items()}
    yield from varied_rows(rng, composer, later, calendar)


@lru_cache(maxsize=2**16)
def booked_on(body: bytes, account: str) -> int:
    """What the transaction in *body* adds to *account*, in atoms."""
    document = load(body)
    attributes, relations = inner(document, "attributes"), inner(document, "relationships")
    for side, amount in _SIDES:
        if side in relations and inner(relations, side, "data")["id"] == account:
            number = attributes[amount]
            assert isinstance(number, Num)
            return _cents(number) * CENT
    return 0


_SIDES = (
    ("account", "accountAmount"),
    ("inflowAccount", "inflowAccountAmount"),
    ("outflowAccount", "outflowAccountAmount"),
)


def _cents(number: Num) -> int:
    """An edit may have given an amount more decimals than two."""
    whole, _, part = number.text.partition(".")
    return int(f"{whole}{part[:2]:0<2}")
