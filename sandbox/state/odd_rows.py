"""Mutations that leave odd rows: dates far off or none, one id twice, other types. Pure but for the store.

A row that names no day keeps the day it had for the server: it is still listed there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..world.jsontext import Document, Json, Num, inner, linkage, load
from ..world.rows import DATES, Row, as_row, iso, ordinal
from .row_changes import Args, Touched, chosen_rows, is_single, swap, targets
from .store import Store

FAR_DAYS = ("9999-12-31", "0001-01-01")
TEN_YEARS = 3653
REDATED = (5, 120)
"""How many days ago a row is dated after `redate`, unless the mutation says it."""


def redate(store: Store, args: Args) -> Touched:
    """Edit both dates of rows: to *date*, to *days* before today, or to a day from 5 to 120 days ago."""
    return _changed(store, args, lambda row: _dated(row, _new_day(store, row, args)))


def dateless(store: Store, args: Args) -> Touched:
    """Both dates of rows become `null`, `absent` or an `instant`, as *value* says; they are listed where they were."""
    form = args.value or store.rng.choice(("null", "absent", "instant"))
    if form not in _FORMS:
        raise ValueError(f"dateless: {form!r} is none of {', '.join(_FORMS)}")
    return _changed(store, args, lambda row: _edited(row, _FORMS[form]))


def far_date(store: Store, args: Args) -> Touched:
    """The date *name* (`valueDate`) of rows becomes *date*: 9999-12-31, 0001-01-01, or a day ten years ahead."""
    day = args.date or store.rng.choice((*FAR_DAYS, iso(store.today + TEN_YEARS)))
    return _changed(store, args, lambda row: _edited(row, lambda attributes: {**attributes, _name(args): day}))


def double(store: Store, args: Args) -> Touched:
    """Rows appear in a second account too, under the same id and with another amount."""
    found = chosen_rows(store, args, like=is_single)
    for row in found:
        listing = {name for name, ledger in store.ledgers.items() if row.id in {each.id for each in ledger.rows}}
        others = [account for account in targets(store, replace(args, account="")) if account not in listing]
        document = load(row.body)
        inner(document, "attributes")["accountAmount"] = Num(f"{store.rng.randint(1, 10**7)}.77")
        inner(document, "relationships")["account"] = linkage("account", store.rng.choice(others))
        store.put(as_row(document, was=row))
    return {"doubled": [row.id for row in found]}


def retype(store: Store, args: Args) -> Touched:
    """The amount of rows becomes grouped text, their comment an object."""
    odd: Document = {"accountAmount": "1,234.50", "comment": {"text": "moved", "level": Num("1.10")}}
    chosen = {name: value for name, value in odd.items() if args.name in ("", name)}
    return _changed(store, args, lambda row: _edited(row, lambda attributes: {**attributes, **chosen}), like=is_single)


def nul(store: Store, args: Args) -> Touched:
    """The comment of rows has a NUL in it."""
    return _changed(store, args, lambda row: _edited(row, lambda attributes: {**attributes, "comment": "a\0b"}))


def _changed(
    store: Store, args: Args, change: Callable[[Row], Row], *, like: Callable[[Row], bool] = lambda _: True
) -> Touched:
    found = chosen_rows(store, args, like=like)
    for row in found:
        swap(store, row, change(row))
    return {"edited": [row.id for row in found]}


def _edited(row: Row, change: Callable[[Document], Document]) -> Row:
    document = load(row.body)
    document["attributes"] = change(inner(document, "attributes"))
    return as_row(document, was=row)


def _dated(row: Row, day: int) -> Row:
    return _edited(row, lambda attributes: {**attributes, **dict.fromkeys(DATES, iso(day))})


def _new_day(store: Store, row: Row, args: Args) -> int:
    if args.date or args.days:
        return ordinal(args.date) if args.date else store.today - args.days
    for _ in range(100):
        day = store.today - store.rng.randint(*REDATED)
        if day != row.trade and all(store.ledgers[account].has_room(day, day) for account in row.accounts):
            return day
    raise ValueError("the account has no day with room for another row")


def _name(args: Args) -> str:
    return args.name or "valueDate"


def _nulls(attributes: Document) -> Document:
    return {**attributes, **dict.fromkeys(DATES)}


def _absent(attributes: Document) -> Document:
    return {name: value for name, value in attributes.items() if name not in DATES}


def _instants(attributes: Document) -> Document:
    return {**attributes, **{name: _instant(attributes.get(name)) for name in DATES}}


def _instant(day: Json) -> Json:
    return f"{day}T00:00:00Z" if isinstance(day, str) and "T" not in day else day


_FORMS: dict[str, Callable[[Document], Document]] = {"null": _nulls, "absent": _absent, "instant": _instants}
