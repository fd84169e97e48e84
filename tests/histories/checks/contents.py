"""Whether the rows are those that the API shows: each once, none removed that is shown, none of another tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from tests.histories.books import Books
from tests.histories.checks.duties import Duty
from tests.histories.model import Claim, Night, Rows, day, owners


def keys_are_there_once(books: Books) -> Iterator[str]:
    """C1, D5: whatever was staged or loaded again, no key of any table is there twice."""
    yield from (f"{table}: {key} is there twice" for table, key in sorted(books.doubled.items()))


def copy_is_the_store(store: Books, copy: Books) -> Iterator[str]:
    """C4: what is published is what is committed; but a run that left nothing but its row is no reason to publish."""
    if not copy.runs.items() <= store.runs.items():
        yield "the published runs are not those of the store"
    if unknown := {claim.run_id for claim in copy.claims} - copy.runs.keys():
        yield f"runs left receipts, and are not published: {unknown}"
    for run_id, status in copy.statuses.items():
        if status not in (store.statuses.get(run_id), "running"):
            yield f"a run is published as {status}, and was {store.statuses.get(run_id)}"
    for name in ("marks", "rows"):
        if getattr(store, name) != getattr(copy, name):
            yield f"the published {name} are not those of the store"
    for name in ("claims", "changes"):
        if Counter(map(repr, getattr(store, name))) != Counter(map(repr, getattr(copy, name))):
            yield f"the published {name} are not those of the store"


TEXT_DATES = {"trade_date": "tradeDate", "value_date": "valueDate"}


def text_owners(row: Mapping[str, str]) -> set[str]:
    return {row[name] for name in ("account_id", "inflow_account_id", "outflow_account_id") if row[name]}


def all_is_there(books: Books, night: Night, duty: Duty) -> Iterator[str]:
    """After a complete night in which whole histories were due, ids are the API's own: without the model's help."""
    end = night.at.date() + timedelta(days=duty.look_ahead_days)
    due = {row_id for account in night.listed for row_id in night.lists(account, duty.history_start, end)}
    yield from (f"{row_id} is shown, and missing" for row_id in due - books.rows.keys() - night.moved.keys())
    for row_id in books.rows.keys() - night.shown.keys() - night.moved.keys():
        if text_owners(books.rows[row_id]) & night.readable:
            yield f"{row_id} is not shown any more, and left over"


def what_was_shown_is_there(
    rows: Rows, night: Night, books: Books, answered: Iterable[tuple[str, str, str]]
) -> Iterator[str]:
    """W7: what any answer of a complete run showed is loaded, whatever it was asked for; of old days, too.

    But for accounts of which only days were ever read: their histories are read in time. Rows of days that are no part
    of the history are asked for only by a backfill: those that were loaded count.
    """
    read = {account for account, mark in books.marks.items() if mark.verified_at}
    for account, *ends in answered:
        first, last = map(date.fromisoformat, ends)
        ids = night.lists(account, first, last)
        if account not in read or len(ids) > night.cap:
            continue
        due = ids & (rows.sure.keys() | night.lists(account, *rows.reach_of(account, night)))
        for row_id in due - night.moved.keys() - night.doubled.keys():
            if rows.sure.get(row_id) != night.shown[row_id]:
                yield f"{row_id} was shown, and is not so in the warehouse: {account}, {first} to {last}"


def what_is_shown_stays(old: Mapping[str, Mapping], new: Mapping[str, Mapping], night: Night) -> Iterator[str]:
    """D6, D7: no row that an account lists where it always was counts as removed."""
    listed = {row["id"]: row for account in night.listed for _, row in night.listed[account]}
    for row_id in old.keys() - new.keys() - night.moved.keys():
        row = listed.get(row_id)
        moved = row and text_owners(old[row_id]) != owners(row)  # to an account that may not be read tonight
        if row and not moved and all(old[row_id][name] == f"{day(row, api)}" for name, api in TEXT_DATES.items()):
            yield f"{row_id} is removed, and is shown where it was: {old[row_id]}"


def seen_by(
    claims: Mapping[datetime, Iterable[Claim]],
    nights: Mapping[datetime, Night],
    *,
    before: Iterable[tuple[str, str]],
    books: Books | None,
) -> frozenset[tuple[str, str]]:
    """D8: which rows an account showed in what was read, id and account, if it lists them still.

    Args:
        before: those of earlier runs; without what *books*, as those runs left them, have no more: a reading that came
            less far took a row without days for gone, and nobody can hold another content against it.
    """
    kept = {pair for pair in before if books and pair[0] in books.rows}
    seen = {
        (row_id, claim.account)
        for at, each in claims.items()
        for claim in each
        if claim.loads
        for row_id in nights[at].lists(claim.account, claim.first, claim.last)
    }
    last = [*nights.values()][-1]
    listed = {(row["id"], account) for account in last.readable for _, row in last.listed.get(account, ())}
    return frozenset((seen | kept) & listed)


def conflicts(seen: Collection[tuple[str, str]], night: Night) -> set[str]:
    """D8: ids that two accounts list with different contents, both *seen* in what was read."""
    found = {
        row_id: [row for account, row in each.items() if (row_id, account) in seen]
        for row_id, each in night.doubled.items()
    }
    return {row_id for row_id, rows in found.items() if any(row != rows[0] for row in rows)}


def what_is_left_of_conflicts(ids: Iterable[str], books: Books, night: Night) -> Iterator[str]:
    """D8: when a conflict is over, what is there is what some account lists, if any does."""
    for row_id in set(ids) - night.moved.keys():
        listed = {account for account, rows in night.listed.items() for _, row in rows if row["id"] == row_id}
        stored = text_owners(books.rows[row_id]) if row_id in books.rows else set()
        away = stored - night.readable
        if not stored <= listed | away or (listed and not stored):
            yield f"{row_id} had two contents; now {listed or 'nobody'} has it, and what is there is of {stored}"


def mistyped(claims: Iterable[Claim], night: Night) -> set[str]:
    """D9: ids of rows that were read, and whose amount is text that is no number."""
    return {
        row["id"]
        for claim in claims
        if claim.loads
        for on, row in night.listed.get(claim.account, ())
        if claim.first <= on <= claim.last and row["id"] not in night.moved
        if row["attributes"].get("accountAmount") == GROUPED
    }


GROUPED = "1,234.50"
"""What the sandbox's `retype` makes of an amount."""


def removals_are_guarded(old: Mapping[str, Mapping], new: Mapping[str, Mapping], share: float) -> Iterator[str]:
    """D3: no account loses more than the share of its rows at once, those counted that came in the same run."""
    owned, gone = Counter(), Counter()
    for row in (new | old).values():
        owned.update(text_owners(row))
    for row_id, row in old.items():
        gone.update(text_owners(row) if row_id not in new else ())
    yield from (
        f"{account} lost {gone[account]} of {owned[account]} rows at once"
        for account in gone
        if gone[account] > share * owned[account]
    )


def nothing_of_others(own: Books, others: Iterable[str]) -> Iterator[str]:
    """C3: no account of another tenant is named anywhere."""
    named = {claim.account for claim in own.claims} | own.marks.keys()
    named |= {owner for row in own.rows.values() for owner in text_owners(row)}
    if mixed := named.intersection(others):
        yield f"accounts of another tenant: {mixed}"
