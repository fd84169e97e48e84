"""Whether marks are what receipts prove, and only grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from tests.histories.books import Books
from tests.histories.checks.duties import Duty, elapsed
from tests.histories.model import covers, proven_spans


def marks_are_supported(books: Books, now: datetime, duty: Duty) -> Iterator[str]:
    """M1, M2: a mark is what receipts prove, up to the last day that had elapsed; so is the instant of verification."""
    ever = proven_spans(books.claims)
    last = elapsed(now)
    for account, mark in books.marks.items():
        if not covers(ever[account], (mark.first, mark.through)):
            yield f"the mark of {account} ({mark.first}..{mark.through}) is not covered by receipts {ever[account]}"
        if mark.through > last:
            yield f"the mark of {account} ends {mark.through}, later than the last elapsed day {last}"
        if mark.verified_at:
            yield from _verified(books, account, mark.verified_at, duty)


def _verified(books: Books, account: str, since: datetime, duty: Duty) -> Iterator[str]:
    runs = {run_id: at for run_id, at in books.runs.items() if at >= since}
    read = proven_spans(claim for claim in books.claims if claim.account == account and claim.run_id in runs)[account]
    span = (duty.history_start, max(duty.history_start, elapsed(since)))
    if not covers(read, span):
        yield f"{account} is verified since {since:%m-%d %H:%M}, but {span[0]}..{span[1]} was not read since: {read}"


def marks_only_grow(before: Books | None, after: Books, last: date) -> Iterator[str]:
    """M1: nothing moves a mark back, but that a clock was ahead (M6): what lies after the *last* elapsed day.

    Of an account that was never read whole, days that a backfill read may stay an island, beside a mark that reaches
    further.
    """
    for account, old in (before.marks if before else {}).items():
        new = after.marks.get(account)
        if new and old.verified_at is None and new.first > old.through < new.through:
            continue
        if new is None or new.first > old.first or new.through < min(old.through, last):
            yield f"the mark of {account} went from {old} to {new}"
