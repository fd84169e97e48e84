"""One id that two accounts list with two contents, and who reads which of them (rule D8)."""

from __future__ import annotations

from datetime import date

from sandbox.world.jsontext import inner, load
from sandbox.world.rows import as_row
from tests.histories.model import owners
from tests.histories.scene import Scene


def doubles(scene: Scene) -> list[tuple[str, date]]:
    """Accounts that list an id which others list with another content, and the day where they do."""
    night = scene._night("acme")
    return [
        (account, on)
        for account in sorted(night.listed)
        for on, row in night.listed[account]
        if row["id"] in night.doubled
    ]


def backfill_of_one_who_has_it_too(scene: Scene) -> None:
    """Of one row that two accounts list, the account that the warehouse has it not from, on its day alone."""
    rows = scene.oracles["acme"].rows.sure
    night = scene._night("acme")
    for row_id in night.doubled:
        account = next(account for account in night.doubled[row_id] if account not in owners(rows[row_id]))
        day = next(on for on, row in night.listed[account] if row["id"] == row_id)
        scene.backfill(day, day, accounts=[account])


def one_of_two_is_deleted(scene: Scene) -> None:
    """The one that the warehouse has."""
    [row_id] = scene.oracles["acme"].doubled
    [account] = owners(scene.oracles["acme"].rows.sure[row_id])
    rows = scene.box._stores["acme"].ledgers[account].rows
    rows.remove(next(row for row in rows if row.id == row_id))


def edit_in(scene: Scene, account: str, row_id: str, **attributes: object) -> None:
    """Change a row as *account* alone lists it."""
    store = scene.box._stores["acme"]
    [row] = [row for row in store.ledgers[account].rows if row.id == row_id]
    document = load(row.body)
    inner(document, "attributes").update(attributes)
    store.ledgers[account].remove(row)
    store.put(as_row(document, was=row))
