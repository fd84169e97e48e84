"""Whether marks are what receipts prove, and only grow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

from tests.histories.books import Books
from tests.histories.checks.duties import Duty, elapsed
from tests.histories.model import DAY, Claim, covers, proven_spans


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


def marks_only_grow(
    before: Books | None, after: Books, last: date, news: Sequence[Claim], *, failed: Collection[str]
) -> Iterator[str]:
    """M1: nothing moves a mark back, but that a clock was ahead (M6), or that a day could not be read tonight (W4).

    Of an account that was never read whole, days that a backfill read may stay an island, beside a mark that reaches
    further.

    Args:
        last: what lies after it was claimed by a clock that was ahead.
        news: the claims of tonight.
        failed: accounts of which some days failed, that is all that is known.
    """
    for account, old in (before.marks if before else {}).items():
        new = after.marks.get(account)
        if new and old.verified_at is None and new.first > old.through < new.through:
            continue
        unread = (c for c in news if c.account == account and c.status == "quarantined" and not c.doubts)
        through = min(old.through, last, *(claim.first - DAY for claim in unread if claim.last >= old.first))
        kept = new and new.first <= old.first and new.through >= through
        if account not in failed and through >= old.first and not kept:
            yield f"the mark of {account} went from {old} to {new}"


def marks_stop_before_what_is_unread(books: Books, news: Sequence[Claim]) -> Iterator[str]:
    """W4: a day that could not be read is not under the mark, unless another answer of the run was whole."""
    read = proven_spans(news)
    for claim in news:
        mark = books.marks.get(claim.account)
        under = mark and mark.first <= claim.first and claim.last <= mark.through
        unread = claim.status == "quarantined" and not covers(read[claim.account], (claim.first, claim.last))
        if unread and under and not claim.doubts:
            yield f"{claim.first} of {claim.account} was not read, and is under its mark {mark}"
