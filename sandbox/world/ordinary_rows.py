"""Transactions as a real office books them: an opening deposit, income, fees, trades, transfers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from .amounts import CENT
from .jsontext import Document, Num, inner, linkage, load
from .kinds import Kind
from .market import RATES, account_currency
from .rows import Calendar, Composer, Row, as_row, iso, new_id, varied_rows

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
_WEIGHTS = [kind.weight for kind in KINDS]
_TRANSFER_CENTS = (100_000, 2_000_000)
_EURO_CENTS = (50_000, 1_000_000)
_UNITS = (10, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryComposer(Composer):
    """Composes transactions with amounts in cents that suit their kind."""

    def row(self, rng: Random, *, account: str, trade: int, value: int) -> Row:
        kind = rng.choices(KINDS, _WEIGHTS)[0]
        cents = rng.randint(*kind.cents)
        relations = self._about(rng, kind, account)
        attributes: Document = {"accountAmount": money(cents), **_details(rng, kind, cents)}
        return as_row(self._booked(rng, kind.name, (trade, value), attributes, relations))

    def single(self, rng: Random, kind: Kind, account: str, days: tuple[int, int]) -> Document:
        return self.deposit(rng, kind.name, account, days, rng.randint(*_TRANSFER_CENTS))

    def transfers(self, rng: Random, accounts: tuple[str, str], days: tuple[int, int]) -> list[Row]:
        """Both sides of an internal transfer: what one account pays the other receives, at the day's rate."""
        euros = rng.randint(*_EURO_CENTS)
        names = [new_id(rng) for _ in accounts]
        sides = []
        for account, sign, own_id, other_id in zip(accounts, (1, -1), names, reversed(names), strict=True):
            made = self.deposit(rng, "cash-transfer-transaction", account, days, sign * _at_rate(euros, account))
            linked = linkage(str(made["type"]), other_id)
            inner(made, "relationships")["counterparty-transaction"] = linked
            sides.append(as_row(made | {"id": own_id}))
        return sides

    def fx_spot(self, rng: Random, accounts: tuple[str, str], days: tuple[int, int]) -> Row:
        euros = rng.randint(*_EURO_CENTS)
        received, paid = (_at_rate(euros, account) for account in accounts)
        amounts: Document = {"inflowAccountAmount": money(received), "outflowAccountAmount": money(-paid)}
        links = zip(("inflowAccount", "outflowAccount"), accounts, strict=True)
        relations: Document = {name: linkage("account", account) for name, account in links}
        return as_row(self._booked(rng, "fx-spot-transaction", days, amounts, relations))

    def deposit(self, rng: Random, kind: str, account: str, days: tuple[int, int], cents: int) -> Document:
        """A transaction that is nothing but an amount."""
        return self._booked(rng, kind, days, {"accountAmount": money(cents)}, {"account": linkage("account", account)})

    def _booked(
        self, rng: Random, kind: str, days: tuple[int, int], attributes: Document, relations: Document
    ) -> Document:
        single = self.settings.dialect == "single"
        dated: Document = {**attributes, "tradeDate": iso(days[0]), "valueDate": iso(days[1])}
        return {
            "type": "transaction" if single else kind,
            "id": new_id(rng),
            "attributes": {"type": kind, **dated} if single else dated,
            "relationships": relations,
        }

    def _about(self, rng: Random, kind: OrdinaryKind, account: str) -> Document:
        """The account, and the instrument with the depository that holds it."""
        relations: Document = {"account": linkage("account", account)}
        known = [ident for type_, ident in self.instruments if type_ in kind.instruments]
        if known:
            relations["instrument"] = linkage("instrument", rng.choice(known))
        if known and kind.instruments == _BONDS and self.depositories.get(account):
            relations["depository"] = linkage("depository", rng.choice(self.depositories[account]))
        return relations


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
        yield as_row(composer.deposit(rng, "cash-transfer-transaction", account, days, cents))
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
