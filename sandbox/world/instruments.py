"""Instruments and their classes: one row per type; the last type is undocumented, because the set is open. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from .jsontext import Document, Json
from .kinds import Maker, flag, number, one_of, positive, schedule, string, validator
from .rows import new_id
from .world import CURRENCIES, Entity, Link, World

CLASSES: Mapping[str, tuple[str, ...]] = {
    "Equities": ("Equities - American", "Equities - European"),
    "Bonds": ("Bonds - Danish mortgage", "Bonds / Länder & Städte"),
    "Private markets": ("Private equity",),
    "Cash & 現金": (),
}
PRIVATE = "private-market-fund-commitment-based-instrument"


def day(rng: Random) -> Json:
    return f"20{rng.randint(10, 45)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def day_or_null(rng: Random) -> Json:
    return day(rng) if rng.random() < 1 / 2 else None


def identifier(rng: Random) -> Json:
    return f"{rng.choice(('DK', 'SE', 'US', 'XS'))}{rng.randrange(10**10):010d}"


def fund(rng: Random) -> Json:
    return {
        "managerName": string(rng),
        "name": f"Fund {rng.randint(1, 99)} / Ægir",
        "ccyCode": rng.choice(CURRENCIES),
        "strategy": rng.choice(("leveraged-buyout", "private-debt", "venture-capital", "other")),
        "investmentRegion": rng.choice(("global", "north-america", "europe", "other")),
        "vintageDate": day(rng),
        "expectedExitDate": day_or_null(rng),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentType:
    """One type of instrument: attributes it always has, attributes it may lack, its links to accounts."""

    type: str
    attributes: Mapping[str, Maker]
    optional: Mapping[str, Maker] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()


_CONVENTIONS = ("actual/actual", "30/360", "actual/360")
_LISTED: Mapping[str, Maker] = {
    "name": one_of("Nykredit 1 % 2050", "Ørsted A/S", "日本国債", 'The "Best" Fund', "L'Oréal"),
    "ccyCode": one_of(*CURRENCIES),
    "countryCode": one_of("DK", "SE", "US", "JP", "GB"),
    "securityIdentifier": identifier,
}
_BOND: Mapping[str, Maker] = {
    **_LISTED,
    "couponFrequency": one_of("quarterly", "semiannually", "annually", "other"),
    "dayCountConvention": one_of(*_CONVENTIONS, "other"),
}
_LIFE: Mapping[str, Maker] = {"datedDate": day, "firstCouponDate": day_or_null, "maturityDate": day_or_null}
_FORWARD: Mapping[str, Maker] = {
    "agreementDate": day,
    "fixingDate": day,
    "settlementDate": day,
    "notionalAmount": number,
    "settlementAmount": number,
    "securityIdentifier": identifier,
}

INSTRUMENT_TYPES = (
    InstrumentType(type="bond-instrument", attributes=_BOND, optional=_LIFE),
    InstrumentType(type="index-linked-bond-instrument", attributes=_BOND, optional=_LIFE),
    InstrumentType(type="zero-coupon-bond-instrument", attributes=_LISTED, optional={"maturityDate": day_or_null}),
    InstrumentType(
        type="loan-instrument",
        attributes={
            "agreementDate": day,
            "maturityDate": day,
            "dayCountConvention": one_of(*_CONVENTIONS),
            "interestRateInPercent": positive,
            "principalAmount": number,
            "securityIdentifier": identifier,
        },
        accounts=("account",),
    ),
    InstrumentType(type="stock-instrument", attributes=_LISTED, optional={"ticker": string, "isin": identifier}),
    InstrumentType(type="mutual-fund-instrument", attributes=_LISTED, optional={"isAccumulating": flag}),
    InstrumentType(
        type="fx-forward-cash-settlement-instrument",
        attributes={**_FORWARD, "primaryCcyCode": one_of(*CURRENCIES), "secondaryCcyCode": one_of(*CURRENCIES)},
        accounts=("account",),
    ),
    InstrumentType(
        type="fx-forward-physical-delivery-instrument",
        attributes=_FORWARD,
        accounts=("primaryAccount", "secondaryAccount"),
    ),
    InstrumentType(
        type=PRIVATE, attributes={"fund": fund, "exitDate": day_or_null}, optional={"customIdentifier": string}
    ),
    InstrumentType(
        type="fee-instrument",
        attributes={"name": one_of("Fees / Gebühren"), "category": one_of("custody", "management", "other")},
    ),
    InstrumentType(type="other-instrument", attributes=_LISTED),
    InstrumentType(
        type="tokenised-art-instrument",
        attributes={"name": string, "appraisals": schedule, "vault": validator},
        optional={"insuredAmount": number},
    ),
)
BY_TYPE: Mapping[str, InstrumentType] = {sort.type: sort for sort in INSTRUMENT_TYPES}


def instrument(rng: Random, sort: InstrumentType, ident: str, accounts: Sequence[str]) -> Entity:
    """An instrument of *sort*; what may be absent is absent half the time."""
    attributes: Document = {name: make(rng) for name, make in sort.attributes.items()}
    attributes |= {name: make(rng) for name, make in sort.optional.items() if rng.random() < 1 / 2}
    links: dict[str, Link] = {name: rng.choice(accounts) for name in sort.accounts if accounts}
    return Entity(collection="instruments", type=sort.type, id=ident, attributes=attributes, links=links)


def instruments(rng: Random, world: World) -> Iterator[Entity]:
    """Those that transactions refer to, and two of every other type."""
    accounts = world.ids("accounts")
    named = [instrument(rng, BY_TYPE[kind], ident, accounts) for kind, ident in world.composer.instruments]
    for made in named:
        yield from _commitments(rng, made)
        yield made
    for sort in INSTRUMENT_TYPES:
        if sort.type not in {entity.type for entity in named}:
            for _ in range(2):
                made = instrument(rng, sort, new_id(rng), accounts)
                yield from _commitments(rng, made)
                yield made


def _commitments(rng: Random, owner: Entity) -> Iterator[Entity]:
    """Commitments to a fund, in its own currency; the instrument links to them."""
    count = rng.randint(1, 3) if owner.type == PRIVATE else 0
    made = [_commitment(rng, owner.id) for _ in range(count)]
    if made:
        owner.links["commitments"] = tuple(commitment.id for commitment in made)
    yield from made


def _commitment(rng: Random, owner: str) -> Entity:
    attributes: Document = {"date": day(rng), "value": positive(rng)}
    if rng.random() < 1 / 3:
        attributes["sideLetter"] = string(rng)  # nobody documented this
    return Entity(collection="commitments", id=new_id(rng), parent_id=owner, attributes=attributes)


def classes(rng: Random, _: World) -> Iterator[Entity]:
    """Classes, and the detailed ones within them; one class has none."""
    for name, details in CLASSES.items():
        above = Entity(collection="instrument_classes", id=new_id(rng), attributes={"name": name})
        yield above
        for detail in details:
            yield Entity(
                collection="instrument_classes_detailed",
                id=new_id(rng),
                attributes={"name": detail, "allowedTransactionTypes": ["bond-coupon-transaction", None]},
                links={"instrumentClass": above.id},
            )
