"""Mutations of the owners of transactions: new, gone, forbidden, back, renamed. Pure but for the store."""

from __future__ import annotations

from ..world.world import account, named
from .row_changes import Args, Touched, new_row
from .store import Store

NEW_ACCOUNT_ROWS = 5
_NAMES = {"users": "lastName"}


def new_account(store: Store, args: Args) -> Touched:
    """Create an account with a few rows."""
    owner = args.id or store.rng.choice(store.every("legal_entities")).id
    made = account(store.rng, owner)
    store.create(made)
    rows = [new_row(store, args, made.id) for _ in range(max(args.count, NEW_ACCOUNT_ROWS))]
    return {"accounts": [made.id], "added": [row.id for row in rows]}


def new_legal_entity(store: Store, args: Args) -> Touched:
    """Create a legal entity with an account."""
    made = named(store.rng, "legal_entities", args.id or store.rng.choice(store.every("clients")).id)
    store.create(made)
    return {"legal_entities": [made.id], **new_account(store, Args(id=made.id, count=args.count))}


def new_client(store: Store, args: Args) -> Touched:
    """Create a client with a legal entity and an account."""
    made = named(store.rng, "clients", parent=None, children=())
    store.create(made)
    return {"clients": [made.id], **new_legal_entity(store, Args(id=made.id, count=args.count))}


def account_gone(store: Store, args: Args) -> Touched:
    """An account disappears from lists; its rows return 404."""
    chosen = _account(store, args)
    store.gone.add(chosen)
    return {"accounts": [chosen]}


def account_forbidden(store: Store, args: Args) -> Touched:
    """An account stays in lists; its rows return 403."""
    chosen = _account(store, args)
    store.forbidden.add(chosen)
    return {"accounts": [chosen]}


def account_back(store: Store, args: Args) -> Touched:
    """Make one gone or forbidden account readable again, or all."""
    back = {args.id or args.account} if args.id or args.account else store.gone | store.forbidden
    store.gone -= back
    store.forbidden -= back
    return {"accounts": sorted(back)}


def client_gone(store: Store, args: Args) -> Touched:
    """A client and everything below it disappear."""
    chosen = args.id or store.rng.choice(store.every("clients")).id
    store.gone.add(chosen)
    return {"clients": [chosen]}


def client_back(store: Store, args: Args) -> Touched:
    """Make one client that was gone appear again, with all that was below it; or every one."""
    back = {ident for ident in store.gone if store.entities[ident].collection == "clients" and args.id in ("", ident)}
    store.gone -= back
    return {"clients": sorted(back)}


def move_account(store: Store, args: Args) -> Touched:
    """An account changes hands: from now on another legal entity lists it; its rows stay its own."""
    entity = store.entities[args.id or store.rng.choice(store.every("accounts")).id]
    owners = [owner.id for owner in store.every("legal_entities") if owner.id != entity.parent_id]
    target = args.value or store.rng.choice(owners)
    store.file_again(entity, target)
    return {"accounts": [entity.id], "legal_entities": [target]}


def rename(store: Store, args: Args) -> Touched:
    """Change the name of an object."""
    entity = store.entities[args.id] if args.id else store.rng.choice(store.every(args.collection))
    entity.attributes[_NAMES.get(entity.collection, "name")] = f"Renamed {store.rng.randint(1, 10**6)}"
    return {entity.collection: [entity.id]}


def _account(store: Store, args: Args) -> str:
    return (
        args.id
        or args.account
        or store.rng.choice([account for account, rows in store.readable().items() if rows.rows])
    )
