"""Mutations of transactions: late, edited, deleted, moved. Pure but for the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ..world.jsontext import Document, Num, inner, linkage, load
from ..world.ledgers import Ledger
from ..world.ordinary_rows import money
from ..world.rows import Row, as_row, iso, new_id, ordinal
from .store import Store

COUNTERPARTY = b'"counterparty-transaction"'

NEAR_DAYS = 400

Touched: TypeAlias = dict[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """Arguments of a mutation; it chooses at random what is not given.

    Args:
        count: how many rows.
        id: the row or object to change; not of a new one.
        account: only rows of this account; for `move`, the target.
        date: the day of new rows, ISO.
        within_days: only days from today minus this on; 0: all history.
        collection: whose object `rename` changes, a table's name.
        name: an attribute; *value*: what becomes of it; *days*: how many days ago.
    """

    count: int = 1
    id: str = ""
    account: str = ""
    date: str = ""
    within_days: int = 0
    collection: str = "accounts"
    name: str = ""
    value: str = ""
    days: int = 0


def late(store: Store, args: Args) -> Touched:
    """Add rows with an old date."""
    owners = store.rng.choices(targets(store, args), k=args.count)
    return {"added": [new_row(store, args, owner).id for owner in owners]}


def edit(store: Store, args: Args) -> Touched:
    """Change rows in place: an amount, a text, both dates, or an undocumented attribute."""
    chosen = chosen_rows(store, args)
    for row in chosen:
        swap(store, row, _edited(store, row, args))
    return {"edited": [row.id for row in chosen]}


def delete(store: Store, args: Args) -> Touched:
    """Delete rows; the other side of a linked transfer loses its link."""
    touched: Touched = {"removed": [], "edited": []}
    for row in chosen_rows(store, args):
        _remove(store, row, touched)
    return touched


def unlink_transfer(store: Store, args: Args) -> Touched:
    """Delete one side of linked transfers, which silently edits the other."""
    touched: Touched = {"removed": [], "edited": []}
    for row in chosen_rows(store, args, like=_linked(store)):
        if row.id not in touched["edited"]:
            _remove(store, row, touched)
    return touched


def move(store: Store, args: Args) -> Touched:
    """Move rows to another account, where there is one that does not list that id too; they keep their ids."""
    touched: Touched = {"edited": [], "accounts": []}
    for row in chosen_rows(store, Args(count=args.count, id=args.id, within_days=args.within_days), like=is_single):
        others = [account for account in targets(store, args) if row.id not in _ids(store.ledgers[account])]
        if not others:
            continue
        target = store.rng.choice(
            [account for account in others if store.ledgers[account].has_room(row.trade, row.value)] or others
        )
        document = load(row.body)
        inner(document, "relationships")["account"] = linkage("account", target)
        swap(store, row, as_row(document, was=row))
        touched["edited"].append(row.id)
        touched["accounts"] += [row.accounts[0], target]
    return touched


def replace(store: Store, args: Args) -> Touched:
    """Correct rows as the API does: delete each and create it again under a new id."""
    touched: Touched = {"removed": [], "edited": [], "added": []}
    for row in chosen_rows(store, args):
        _remove(store, row, touched)
        document = load(row.body) | {"id": new_id(store.rng)}
        inner(document, "attributes")["comment"] = f"replaces {row.id}"
        inner(document, "relationships").pop("counterparty-transaction", None)
        store.put(as_row(document, was=row))
        touched["added"].append(str(document["id"]))
    return touched


def empty_account(store: Store, args: Args) -> Touched:
    """Delete every row of an account."""
    chosen = (
        args.account
        or args.id
        or store.rng.choice([account for account, rows in store.readable().items() if rows.rows])
    )
    touched: Touched = {"removed": [], "edited": [], "accounts": [chosen]}
    for row in list(store.ledgers[chosen].rows):
        _remove(store, row, touched)
    return touched


def new_row(store: Store, args: Args, owner: str) -> Row:
    trade, value = old_days(store, args, store.ledgers[owner])
    row = store.composer.row(store.rng, account=owner, trade=trade, value=value)
    store.put(row)
    return row


def old_days(store: Store, args: Args, ledger: Ledger) -> tuple[int, int]:
    """A trade day before today and a value day up to three days later, where the account has room."""
    if args.date:
        return ordinal(args.date), ordinal(args.date)
    first = store.today - args.within_days if args.within_days else store.first
    for _ in range(100):
        trade = store.rng.randint(first, store.today - 1)
        value = trade + store.rng.randint(0, 3)
        if ledger.has_room(trade, value):
            return trade, value
    raise ValueError("the account has no day with room for another row")


def candidates(store: Store, args: Args) -> Iterator[Row]:
    """The rows that a mutation may choose from."""
    since = store.today - args.within_days if args.within_days else 0
    rows = store.ledgers[args.account].rows if args.account else store.rows()
    return (row for row in rows if row.trade >= since)


def chosen_rows(store: Store, args: Args, *, like: Callable[[Row], bool] = lambda _: True) -> list[Row]:
    if args.id:
        return [store.find(args.id)]
    rows = [row for row in candidates(store, args) if like(row)]
    if not rows:
        raise ValueError("no row in the world that this mutation could change")
    return store.rng.sample(rows, min(args.count, len(rows)))


def is_single(row: Row) -> bool:
    return len(row.accounts) == 1


def _linked(store: Store) -> Callable[[Row], bool]:
    """Whether a row is one side of a transfer whose both sides are readable."""
    readable_ids = {row.id for row in store.rows() if COUNTERPARTY in row.body}
    return lambda row: row.id in readable_ids and _counterparty(load(row.body)) in readable_ids


def _counterparty(document: Document) -> str:
    link = inner(document, "relationships").get("counterparty-transaction")
    return str(inner(link, "data")["id"]) if link else ""


def _ids(ledger: Ledger) -> set[str]:
    return {row.id for row in ledger.rows}


def targets(store: Store, args: Args) -> list[str]:
    return [args.account] if args.account else list(store.readable())


def _edited(store: Store, row: Row, args: Args) -> Row:
    document = load(row.body)
    attributes = inner(document, "attributes")
    choice = store.rng.choice(("amount", "comment", "days", "unknown"))
    if choice == "amount":
        amount = "accountAmount" if "accountAmount" in attributes else "inflowAccountAmount"
        attributes[amount] = _another_amount(store)
    elif choice == "days" and _is_near(store, row):
        shift = -1 if row.trade > store.first and not args.within_days else 1
        attributes |= {"tradeDate": iso(row.trade + shift), "valueDate": iso(row.value + shift)}
    else:
        name = "comment" if choice == "comment" else "reviewedBy"
        attributes[name] = f"edited {store.rng.randint(1, 10**9)}"
    edited = as_row(document, was=row)
    return edited if _fits(store, edited) else _commented(store, row)


def _another_amount(store: Store) -> Num:
    if store.ordinary:
        return money(store.rng.randint(100, 100_000))
    return Num(f"{store.rng.randint(1, 10**7)}.{store.rng.randint(0, 10**9):09d}")


def _is_near(store: Store, row: Row) -> bool:
    """Whether a shift of a day leaves both dates days that a calendar has."""
    return all(store.first <= day <= store.today + NEAR_DAYS for day in (row.trade, row.value))


def _fits(store: Store, row: Row) -> bool:
    return all(store.ledgers[account].has_room(row.trade, row.value) for account in row.accounts)


def _commented(store: Store, row: Row) -> Row:
    document = load(row.body)
    inner(document, "attributes")["comment"] = f"edited {store.rng.randint(1, 10**9)}"
    return as_row(document, was=row)


def swap(store: Store, old: Row, new: Row) -> None:
    store.take(old)
    store.put(new)


def _remove(store: Store, row: Row, touched: Touched) -> None:
    store.take(row)
    touched["removed"].append(row.id)
    if COUNTERPARTY in row.body and (other := _counterparty(load(row.body))):
        _drop_link(store, other, touched)


def _drop_link(store: Store, ident: str, touched: Touched) -> None:
    try:
        row = store.find(ident)
    except KeyError:
        return
    document = load(row.body)
    inner(document, "relationships").pop("counterparty-transaction", None)
    swap(store, row, as_row(document, was=row))
    touched["edited"].append(ident)
