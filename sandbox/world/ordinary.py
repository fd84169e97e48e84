"""Objects as a real office has them: the odd values of the seeded world give way to plain ones. Pure.

What replaces a value depends on the object's id alone, so that the random generators of the world draw what they always
drew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from .amounts import noise
from .jsontext import Document, Json, Num
from .market import CURRENCIES, account_currency
from .world import Entity

Tidy: TypeAlias = Callable[[Entity], Document]

FAMILIES = ("Andersen", "Bergström", "Holm", "Ibsen", "Keller", "Lindqvist", "Møller", "Strauss", "Dupont", "Winther")
FIRST_NAMES = ("Anna", "Bo", "Clara", "David", "Ellen", "Frederik", "Greta", "Henrik", "Ida", "Jonas")
CITIES = ("Aarhus", "Basel", "Copenhagen", "Geneva", "Lund", "Malmö", "Odense", "Oslo", "Stockholm", "Zurich")
BANKS = ("Nordea", "Saxo Bank", "Zürcher Kantonalbank", "SEB")
COMPANIES = ("Ørsted A/S", "Nestlé SA", "Novo Nordisk A/S", "Roche AG", "Volvo AB", "Apple Inc.", "Siemens AG")
ISSUERS = ("Kingdom of Denmark", "Nykredit", "Swiss Confederation", "US Treasury", "Realkredit Danmark", "KfW")
FUNDS = ("Harbour Buyout", "Nordic Growth", "Alpine Credit", "Baltic Ventures", "Meridian Infrastructure")
LEGAL_FORMS = ("Holding ApS", "Invest AG", "Ejendomme A/S", "Foundation")
PURPOSES = ("current account", "investment account", "savings account")
VIEWS = ("consolidated", "liquid assets", "private wealth", "long-term assets")
PORTFOLIOS = ("Core", "Income", "Growth", "Private markets", "Liquidity")
LIMITS = ("At most 40 % equities", "At least 5 % cash", "No more than 10 % in one issuer", "Bonds within their band")
CLASS_NAMES = {"Cash & 現金": "Cash", "Bonds / Länder & Städte": "Bonds - Government"}
DETAILED = "instrument_classes_detailed"
CLASS_OF_TYPE = {
    "zero-coupon": "Bonds - Government",
    "bond": "Bonds - Danish mortgage",
    "loan": "Bonds - Danish mortgage",
    "private-market": "Private equity",
    "mutual-fund": "Equities - American",
}
"""A word in the type of an instrument -> its detailed class; the first that fits."""
UNDOCUMENTED = (
    "isAccumulating",
    "overdraftLimit",
    "bank",
    "sideLetter",
    "escalation",
    "insuredAmount",
    "appraisals",
    "vault",
    "isAccumulating",
)
BEGINS = ("agreementDate", "datedDate", "firstCouponDate", "fixingDate", "vintageDate", "startDate", "date")
ENDS = ("maturityDate", "settlementDate", "expectedExitDate", "exitDate")


def make_ordinary(entity: Entity) -> None:
    """Replace what no office would have, in place; the second time changes nothing."""
    if entity.type == "tokenised-art-instrument":
        entity.type = "other-instrument"
    kept = {name: _plain(entity.id, name, value) for name, value in entity.attributes.items()}
    tidy = _TIDIES.get(entity.collection, _untouched)
    entity.attributes = {name: value for name, value in (kept | tidy(entity)).items() if name not in UNDOCUMENTED}


def ordinary_classes(entities: Iterable[Entity]) -> Mapping[str, tuple[str, str]]:
    """Each instrument's class and detailed class, by its type."""
    known = list(entities)
    details = {entity.attributes["name"]: entity for entity in known if entity.collection == DETAILED}
    found = {entity.id: details[_class_name(entity.type)] for entity in known if entity.collection == "instruments"}
    return {instrument: (str(detail.links["instrumentClass"]), detail.id) for instrument, detail in found.items()}


def _class_name(kind: str) -> str:
    return next((name for word, name in CLASS_OF_TYPE.items() if word in kind), "Equities - European")


def round_amount(ident: str, name: str) -> Num:
    """An amount of some ten thousands to some millions."""
    return Num(f"{(1 + noise(ident, name) % 200) * 25_000}.00")


def _plain(ident: str, name: str, value: Json) -> Json:
    """A date becomes one that makes sense, a number a round one; the rest stays."""
    chance = noise(ident, name)
    if name in BEGINS and value:
        return f"{2015 + chance % 9}-{1 + chance % 12:02d}-{1 + chance % 28:02d}"
    if name in ENDS and value:
        return f"{2027 + chance % 12}-{1 + chance % 12:02d}-{1 + chance % 28:02d}"
    return round_amount(ident, name) if isinstance(value, Num) else value


def _pick(entity: Entity, word: str, choices: Sequence[str]) -> str:
    return choices[noise(entity.id, word) % len(choices)]


def _digits(entity: Entity, count: int) -> str:
    return f"{noise(entity.id, 'number') % 10**count:0{count}d}"


def _untouched(_: Entity) -> Document:
    return {}


def _client(entity: Entity) -> Document:
    return {"name": f"{_pick(entity, 'family', FAMILIES)} family, {_pick(entity, 'city', CITIES)}"}


def _legal_entity(entity: Entity) -> Document:
    return {"name": f"{_pick(entity, 'family', FAMILIES)} {_pick(entity, 'form', LEGAL_FORMS)}"}


def _account(entity: Entity) -> Document:
    currency = account_currency(entity.id)
    name = f"{_pick(entity, 'bank', BANKS)} {_pick(entity, 'purpose', PURPOSES)} {currency}"
    return {"name": name, "ccyCode": currency, "externalIdentifier": _digits(entity, 10)}


def _depository(entity: Entity) -> Document:
    number = _digits(entity, 6)
    return {"name": f"{_pick(entity, 'bank', BANKS)} custody {number}", "externalIdentifier": f"VP{number}"}


def _reporting_entity(entity: Entity) -> Document:
    return {"name": f"{_pick(entity, 'family', FAMILIES)} {_pick(entity, 'view', VIEWS)}"}


def _portfolio(entity: Entity) -> Document:
    return {"name": f"{_pick(entity, 'portfolio', PORTFOLIOS)} {_digits(entity, 2)}"}


def _user(entity: Entity) -> Document:
    return {"firstName": _pick(entity, "first", FIRST_NAMES), "lastName": _pick(entity, "family", FAMILIES)}


def _limit(entity: Entity) -> Document:
    """A share between bounds, of what is in one currency."""
    currency = _pick(entity, "currency", CURRENCIES)
    found: Document = {"name": _pick(entity, "limit", LIMITS), "ccyCode": currency}
    if entity.links.get("parentLimit"):
        bounds: Document = {"min": Num("0.05"), "max": Num("0.40")}
        condition: Document = {"type": "currency-code-is", "currency-code": currency}
        found |= {"limitType": {"type": "proportional", "values": bounds}}
        found |= {"limitFilter": {"type": "condition", "condition": condition}}
    return found


def _authority(entity: Entity) -> Document:
    status = entity.attributes["status"]
    linked = entity.attributes["linkedDepositories"]
    assert isinstance(linked, list)
    numbered: Json = [
        {**place, "depositoryNumber": f"VP{noise(entity.id, turn) % 10**6:06d}"}
        for turn, place in enumerate(linked)
        if isinstance(place, dict)
    ]
    return {"status": "active" if status == "suspended" else status, "linkedDepositories": numbered}


def _flow(entity: Entity) -> Document:
    files: Json = [{"name": "power-of-attorney", "description": "Signed by all", "fileType": "application/pdf"}]
    return {"expectedFiles": files} if entity.attributes.get("expectedFiles") else {}


def _class(entity: Entity) -> Document:
    name = str(entity.attributes["name"])
    return {"name": CLASS_NAMES.get(name, name)}


def _detailed_class(entity: Entity) -> Document:
    kinds: Json = ["bond-coupon-transaction"]
    return {**_class(entity), "allowedTransactionTypes": kinds}


def _instrument(entity: Entity) -> Document:
    """A name of its own, a currency, and what its type needs besides."""
    number, found = _digits(entity, 3), Document()
    if "name" in entity.attributes:
        found["name"] = _instrument_name(entity, number)
    for name in ("ccyCode", "primaryCcyCode", "secondaryCcyCode"):
        if name in entity.attributes:
            found[name] = _pick(entity, name, CURRENCIES)
    if "interestRateInPercent" in entity.attributes:
        found["interestRateInPercent"] = Num(f"{1 + noise(entity.id) % 5}.25")
    if isinstance(fund := entity.attributes.get("fund"), dict):
        found["fund"] = _fund(entity, fund, number)
    return found | _identifiers(entity, number)


def _instrument_name(entity: Entity, number: str) -> str:
    if "bond" in entity.type:
        percent, year = noise(entity.id, "coupon") % 5, 2028 + noise(entity.id, "year") % 20
        return f"{_pick(entity, 'issuer', ISSUERS)} {percent}.{number[0]}0 % {year}"
    if entity.type == "fee-instrument":
        return f"Management fee {number}"
    return f"{_pick(entity, 'company', COMPANIES)} {'fund ' if 'fund' in entity.type else ''}{number}"


def _fund(entity: Entity, fund: Mapping[str, Json], number: str) -> Document:
    name = _pick(entity, "fund", FUNDS)
    dates: Document = {key: _plain(entity.id, key, fund[key]) for key in ("vintageDate", "expectedExitDate")}
    named: Document = {"managerName": f"{name} Partners", "name": f"{name} {number}", "ccyCode": "EUR"}
    return {**fund, **dates, **named}


def _identifiers(entity: Entity, number: str) -> Document:
    makers = {"ticker": f"TK{number}", "customIdentifier": f"PE-{number}"}
    return {name: value for name, value in makers.items() if name in entity.attributes}


_TIDIES: Mapping[str, Tidy] = {
    "clients": _client,
    "legal_entities": _legal_entity,
    "accounts": _account,
    "depositories": _depository,
    "reporting_entities": _reporting_entity,
    "portfolios": _portfolio,
    "users": _user,
    "limits": _limit,
    "custodian_authorities": _authority,
    "custodian_auth_flows": _flow,
    "instrument_classes": _class,
    "instrument_classes_detailed": _detailed_class,
    "instruments": _instrument,
}
