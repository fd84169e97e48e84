"""Transaction kinds and their attributes: one row per kind. Pure.

Names and attributes are those of the vendor's pages; the last two kinds are undocumented, because the set is open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from .jsontext import Json, Num, linkage

Maker: TypeAlias = Callable[[Random], Json]

AWKWARD = (
    "1234567890123456789012345",  # 25 digits: a double holds 15
    "98765432109876.54321098765",
    "-1234567890123456789012.123456789012",
    "1e-5",
    "1.5E+3",
    "-2.50e2",
    "0.1234567890123456",  # more than 12 decimals
    "-0.0000000000005",
    "100.10",
    "-0",
    "-0.0",
    "0.1",
    "9007199254740993",  # 2^53 + 1
)
STRINGS = (
    "Gebühr für März",
    "納税 ✓",
    "family 👪 office",
    'quoted "twice" \\ and back',
    "two\nlines\tand a tab",
    "",
    " padded ",
    "null",
    "\u2028 é e\u0301",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind: its own attributes, which of `instrument` and `depository` it has, and undocumented relationships."""

    name: str
    attributes: Mapping[str, Maker] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    relations: Mapping[str, Maker] = field(default_factory=dict)


def number(rng: Random) -> Num:
    """Mostly money with two decimals; one in eight has a spelling that a careless parser breaks."""
    if rng.random() < 1 / 8:
        return Num(rng.choice(AWKWARD))
    cents = rng.randint(-50_000_000, 50_000_000)
    return Num(f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}")


def positive(rng: Random) -> Num:
    return Num(number(rng).text.removeprefix("-"))


def negative(rng: Random) -> Num:
    return Num("-" + positive(rng).text)


def factor(rng: Random) -> Num:
    return Num(f"1.{rng.randint(0, 10 ** rng.choice((2, 5, 14))):05d}")


def factor_text(rng: Random) -> Json:
    return rng.choice((factor(rng).text, factor(rng).text, None))


def flag(rng: Random) -> Json:
    return rng.random() < 1 / 2


def string(rng: Random) -> Json:
    return rng.choice((*STRINGS, None))


def one_of(*words: str) -> Maker:
    return lambda rng: rng.choice(words)


def schedule(rng: Random) -> Json:
    days = [f"20{rng.randint(20, 39)}-0{rng.randint(1, 9)}-{rng.randint(10, 28)}" for _ in range(rng.randint(0, 3))]
    return [{"day": day, "level": number(rng), "paid": flag(rng), "note": string(rng)} for day in days]


def validator(rng: Random) -> Json:
    return {
        "name": string(rng),
        "epochs": [Num(str(rng.randint(0, 9))), number(rng)],
        "region": {"code": "DK", "x": {}},
    }


def parties(rng: Random) -> Json:
    return {"data": [{"type": "party", "id": f"{rng.getrandbits(64):016x}"} for _ in range(rng.randint(0, 2))]}


def issuer(rng: Random) -> Json:
    return linkage("issuer", f"{rng.getrandbits(64):016x}")


def null_link(_: Random) -> Json:
    return {"data": None}


AFFECTS: Mapping[str, Maker] = {
    "affectsEstimatedNav": flag,
    "affectsMultiples": flag,
    "affectsIrr": flag,
    "affectsCostBase": flag,
}
SECURITY_LINKS = ("instrument", "depository")

KINDS = (
    Kind(name="account-interest-transaction"),
    Kind(name="bond-coupon-transaction", attributes={"grossAmount": number}, links=SECURITY_LINKS),
    Kind(name="bond-redemption-transaction", attributes={"unitPrice": positive, "units": number}, links=SECURITY_LINKS),
    Kind(
        name="index-linked-bond-trade-transaction",
        attributes={
            "accruedInterest": number,
            "commission": positive,
            "unitPrice": positive,
            "units": number,
            "indexFactor": factor_text,
        },
        links=SECURITY_LINKS,
    ),
    Kind(
        name="index-linked-bond-coupon-transaction",
        attributes={"grossAmount": number, "indexFactor": factor},
        links=SECURITY_LINKS,
    ),
    Kind(
        name="index-linked-bond-redemption-transaction",
        attributes={"unitPrice": positive, "units": number, "indexFactor": factor},
        links=SECURITY_LINKS,
    ),
    Kind(name="fee-transaction", attributes={"category": one_of("custody", "management", "other")}),
    Kind(name="refund-transaction"),
    Kind(
        name="private-market-fund-drawdown-transaction",
        attributes={
            "category": one_of("capital-call", "management-fee", "interest-paid", "other-fee"),
            "amount": positive,
            "effectOnUnfundedCommitment": negative,
            **AFFECTS,
        },
        links=("instrument",),
    ),
    Kind(
        name="private-market-fund-distribution-transaction",
        attributes={
            "category": one_of(
                "distribution",
                "capital-gain",
                "dividend",
                "return-of-capital",
                "interest-received",
                "carried-interest",
                "withholding-tax",
            ),
            "amount": positive,
            "recallableAmount": positive,
            **AFFECTS,
        },
        links=("instrument",),
    ),
    Kind(name="loan-transaction", links=("instrument",)),
    Kind(name="fx-forward-cash-settlement-transaction", links=("instrument",)),
    Kind(name="fx-forward-physical-delivery-transaction", links=("instrument",)),
    Kind(
        name="structured-note-barrier-transaction",
        attributes={"barrierLevel": number, "observations": schedule, "knockedIn": flag, "desk": string},
        links=SECURITY_LINKS,
        relations={"issuer": issuer, "underlying-parties": parties},
    ),
    Kind(
        name="staking-reward-transaction",
        attributes={"validator": validator, "rewardRate": number, "units": number, "lockedUntil": one_of("2031-01-31")},
        relations={"beneficiary": null_link},
    ),
)
TRANSFER = Kind(name="cash-transfer-transaction")
FX_SPOT = Kind(name="fx-spot-transaction")
