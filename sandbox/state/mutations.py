"""Mutations: the ways in which data change between two syncs, one function each. Pure but for the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import computed_changes, object_changes, odd_rows, row_changes
from .row_changes import Args, Touched, candidates
from .store import Store

MUTATIONS: Mapping[str, Callable[[Store, Args], Touched]] = {
    change.__name__: change
    for change in (
        row_changes.late,
        row_changes.edit,
        row_changes.delete,
        row_changes.unlink_transfer,
        row_changes.move,
        row_changes.replace,
        row_changes.empty_account,
        odd_rows.redate,
        odd_rows.dateless,
        odd_rows.far_date,
        odd_rows.double,
        odd_rows.retype,
        odd_rows.nul,
        object_changes.new_account,
        object_changes.new_legal_entity,
        object_changes.new_client,
        object_changes.account_gone,
        object_changes.account_forbidden,
        object_changes.account_back,
        object_changes.client_gone,
        object_changes.client_back,
        object_changes.move_account,
        object_changes.rename,
        computed_changes.recompute,
        computed_changes.edit_price,
        computed_changes.new_instrument,
        computed_changes.limit_changed,
    )
}


def mutate(store: Store, kind: str, args: Mapping[str, object]) -> Touched:
    """Apply one mutation; the ids touched, as `added`, `edited` and `removed` transactions and by table for objects.

    Raises:
        ValueError: no such mutation, or nothing in the world to apply it to.
        TypeError: an unknown argument.
    """
    if kind not in MUTATIONS:
        raise ValueError(f"no mutation {kind!r}; there are {', '.join(MUTATIONS)}")
    arguments = {name: value if isinstance(value, int) else str(value) for name, value in args.items()}
    return MUTATIONS[kind](store, Args(**arguments))  # type: ignore[arg-type]


def night(store: Store, seed: int, shares: Mapping[str, float], *, within_days: int) -> dict[str, int]:
    """Late, edited and deleted rows, as shares of all rows; chosen from *seed* alone."""
    store.begin_night(seed)
    total = sum(1 for _ in store.rows())
    done: dict[str, int] = {}
    for name, kind, place in (
        ("deleted", "delete", "removed"),
        ("edited", "edit", "edited"),
        ("late", "late", "added"),
    ):
        count = round(total * shares[name])
        if kind != "late" and not any(candidates(store, Args(within_days=within_days))):
            count = 0
        touched = mutate(store, kind, {"count": count, "within_days": within_days}) if count else {place: []}
        done[name] = len(touched[place])
    return done
