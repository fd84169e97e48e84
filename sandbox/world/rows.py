"""Transactions as rows: the bytes that the API returns, with their dates. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from random import Random

from ..settings import DAY_LIMIT, SandboxSettings
from .jsontext import Document, Json, dump, inner, linkage
from .kinds import FX_SPOT, KINDS, TRANSFER, Kind, negative, number, positive, string

MONTH_END_SHARE = 0.3
FUTURE_SHARE = 0.01
FX_SHARE = 0.06
TRANSFER_SHARE = 0.12
LINKED_SHARE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One transaction: the accounts that list it, its days as ordinals, its JSON:API object as UTF-8."""

    id: str
    accounts: tuple[str, ...]
    trade: int
    value: int
    body: bytes


DATES = ("tradeDate", "valueDate")


def as_row(document: Document, *, escaped: bool = False, was: Row | None = None) -> Row:
    """The row of a transaction's JSON:API object.

    Args:
        was: the row before, for the days that the object does not name.
    """
    attributes, relations = inner(document, "attributes"), inner(document, "relationships")
    names = [name for name in ("account", "inflowAccount", "outflowAccount") if name in relations]
    return Row(
        id=str(document["id"]),
        accounts=tuple(str(inner(relations, name, "data")["id"]) for name in names),
        trade=_day(attributes.get("tradeDate"), was.trade if was else None),
        value=_day(attributes.get("valueDate"), was.value if was else None),
        body=dump(document, escaped=escaped).encode(),
    )


def _day(day: Json, known: int | None) -> int:
    """The day that an attribute names: of an instant its own; *known* where it names none."""
    if not isinstance(day, str):
        assert known is not None, "a row must have a day"
        return known
    return ordinal(day.partition("T")[0])


def ordinal(day: Json) -> int:
    return date.fromisoformat(str(day)).toordinal()


def iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def new_id(rng: Random) -> str:
    return f"{rng.getrandbits(96):024x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Composes transactions of any kind in the dialect of *settings*, over known instruments and depositories."""

    settings: SandboxSettings
    depositories: Mapping[str, tuple[str, ...]]
    instruments: Sequence[tuple[str, str]]

    def row(self, rng: Random, *, account: str, trade: int, value: int) -> Row:
        """A transaction of some kind that one account lists."""
        return as_row(self.single(rng, rng.choice(KINDS), account, (trade, value)), escaped=rng.random() < 1 / 2)

    def single(self, rng: Random, kind: Kind, account: str, days: tuple[int, int]) -> Document:
        """A transaction that one account lists."""
        relations: Document = {"account": linkage("account", account)}
        for link in kind.links:
            relations |= self._relation(rng, link, account)
        relations |= {name: make(rng) for name, make in kind.relations.items()}
        return self._document(rng, kind, days, {"accountAmount": number(rng)}, relations)

    def transfers(self, rng: Random, accounts: tuple[str, str], days: tuple[int, int]) -> list[Row]:
        """Both sides of an internal transfer, each linked to the other."""
        sides = [self.single(rng, TRANSFER, account, days) for account in accounts]
        for side, other in zip(sides, reversed(sides), strict=True):
            inner(side, "relationships")["counterparty-transaction"] = linkage(str(other["type"]), str(other["id"]))
        return [as_row(side) for side in sides]

    def fx_spot(self, rng: Random, accounts: tuple[str, str], days: tuple[int, int]) -> Row:
        """An exchange between two accounts, listed by both under one id."""
        amounts: Document = {"inflowAccountAmount": positive(rng), "outflowAccountAmount": negative(rng)}
        links = zip(("inflowAccount", "outflowAccount"), accounts, strict=True)
        relations: Document = {name: linkage("account", account) for name, account in links}
        return as_row(self._document(rng, FX_SPOT, days, amounts, relations))

    def _document(
        self, rng: Random, kind: Kind, days: tuple[int, int], amounts: Document, relations: Document
    ) -> Document:
        attributes = {**amounts, "tradeDate": iso(days[0]), "valueDate": iso(days[1])}
        attributes |= {name: make(rng) for name, make in kind.attributes.items()}
        if rng.random() < 1 / 2:  # optional: absent, null or text
            attributes["comment"] = string(rng)
        single = self.settings.dialect == "single"
        return {
            "type": "transaction" if single else kind.name,
            "id": new_id(rng),
            "attributes": {"type": kind.name, **attributes} if single else attributes,
            "relationships": relations,
        }

    def _relation(self, rng: Random, link: str, account: str) -> Document:
        if link == "depository":
            depositories = self.depositories.get(account, ())
            return {link: linkage(link, rng.choice(depositories))} if depositories else {}
        name = self.settings.relation if self.settings.relation != "mixed" else rng.choice(("instrument", "asset"))
        kind, ident = rng.choice(self.instruments)  # a linkage says the generic type or the instrument's own
        return {name: linkage(rng.choice((name, kind)), ident)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainComposer:
    """Composes simple transactions fast: three kinds, short numbers, no edge cases."""

    settings: SandboxSettings
    depositories: Mapping[str, tuple[str, ...]]
    instruments: Sequence[tuple[str, str]]

    def row(self, rng: Random, *, account: str, trade: int, value: int) -> Row:
        """A transaction that one account lists."""
        return self.plain(new_id(rng), rng.randrange(10**6), account, (trade, value))

    def plain(self, ident: str, turn: int, account: str, days: tuple[int, int]) -> Row:
        """The *turn*-th simple transaction."""
        kind, attributes = _PLAIN[turn % len(_PLAIN)]
        name = "asset" if self.settings.relation == "asset" else "instrument"
        sort = f'"type":"{kind}",' if self.settings.dialect == "single" else ""
        body = (
            f'{{"type":"{"transaction" if sort else kind}","id":"{ident}","attributes":{{{sort}'
            f'"accountAmount":{turn % 9973 - 4986}.{turn % 90 + 10},"tradeDate":"{iso(days[0])}",'
            f'"valueDate":"{iso(days[1])}",{attributes}}},"relationships":{{"account":{{"data":{{"type":"account",'
            f'"id":"{account}"}}}},"{name}":{{"data":{{"type":"{name}",'
            f'"id":"{self.instruments[turn % len(self.instruments)][1]}"}}}}}}}}'
        )
        return Row(id=ident, accounts=(account,), trade=days[0], value=days[1], body=body.encode())


_PLAIN = (
    ("bond-coupon-transaction", '"grossAmount":1250.50'),
    ("bond-redemption-transaction", '"unitPrice":100.25,"units":1000'),
    ("fx-forward-cash-settlement-transaction", '"comment":"settled"'),
)


@dataclass(slots=True, kw_only=True)
class Calendar:
    """Chooses days: many at month ends, value days after trade days, under DAY_LIMIT rows per account and day."""

    rng: Random
    first: int
    today: int
    taken: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def place(self, *accounts: str) -> tuple[int, int]:
        """A trade day and a value day with room in every one of *accounts*."""
        days = next(days for days in self._candidate_days() if self._room(accounts, days))
        for account in accounts:
            self.taken.update({(account, "trade", days[0]): 1, (account, "value", days[1]): 1})
        return days

    def _candidate_days(self) -> Iterator[tuple[int, int]]:
        tries = (self._random_day() for _ in range(20))
        start = self.rng.randint(self.first, self.today)
        for day in chain(tries, range(start, self.today), range(self.first, start)):
            yield day, day + self.rng.randint(0, 3)

    def _random_day(self) -> int:
        chance = self.rng.random()
        if chance < FUTURE_SHARE:
            return self.today + self.rng.randint(1, 5)
        day = self.rng.randint(self.first, self.today)
        return max(self.first, _month_end(day) - day % 2) if chance < FUTURE_SHARE + MONTH_END_SHARE else day

    def _room(self, accounts: tuple[str, ...], days: tuple[int, int]) -> bool:
        account_days = [(account, *at) for account in accounts for at in zip(("trade", "value"), days, strict=True)]
        return all(self.taken[account_day] < DAY_LIMIT - 1 for account_day in account_days)


def _month_end(day: int) -> int:
    """The last day of the month before *day*'s."""
    return date.fromordinal(day).replace(day=1).toordinal() - 1


def varied_rows(rng: Random, composer: Composer, counts: Mapping[str, int], calendar: Calendar) -> Iterator[Row]:
    """As many rows as *counts* says for each account; an exchange is listed by one account more."""
    remaining = [account for account, count in counts.items() for _ in range(count)]
    rng.shuffle(remaining)
    while remaining:
        account, chance = remaining.pop(), rng.random()
        if chance < FX_SHARE and (other := _other(rng, account, counts)):
            pair = (account, other) if rng.random() < 1 / 2 else (other, account)
            yield composer.fx_spot(rng, pair, calendar.place(*pair))
        elif chance < FX_SHARE + TRANSFER_SHARE * LINKED_SHARE and remaining and remaining[-1] != account:
            pair = (account, remaining.pop())
            yield from composer.transfers(rng, pair, calendar.place(*pair))
        elif chance < FX_SHARE + TRANSFER_SHARE:
            yield as_row(composer.single(rng, TRANSFER, account, calendar.place(account)))
        else:
            trade, value = calendar.place(account)
            yield composer.row(rng, account=account, trade=trade, value=value)


def _other(rng: Random, account: str, counts: Mapping[str, int]) -> str | None:
    others = [other for other in counts if other != account]
    return rng.choice(others) if others else None


def plain_rows(
    prefix: str, composer: PlainComposer, counts: Mapping[str, int], first: int, today: int
) -> Iterator[Row]:
    """As many simple rows as *counts* says for each account, spread evenly."""
    turn = 0
    for account, count in counts.items():
        for place in range(count):
            day = first + place * (today - first + 1) // count
            yield composer.plain(f"{prefix}{turn:016x}", turn, account, (day, day + place % 4))
            turn += 1


def shares(total: int, weights: Sequence[float], most: int) -> list[int]:
    """Split *total* by *weights*, none getting more than *most*.

    Raises:
        ValueError: *total* does not fit.
    """
    if total > most * len(weights):
        raise ValueError(f"{total} rows do not fit into {len(weights)} accounts: at most {most} each in so few years")
    counts, left = [0] * len(weights), total
    while left:
        room = [place for place, count in enumerate(counts) if count < most]
        scale = left / sum(weights[place] for place in room)
        for place in room:
            take = min(left, most - counts[place], max(1, int(weights[place] * scale)))
            counts[place] += take
            left -= take
    return counts
