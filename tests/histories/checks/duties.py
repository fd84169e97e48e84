"""What the settings of a run oblige it to read, and whether it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests.histories.books import Books
from tests.histories.model import DAY, Claim, Night, Span, covers, proven_spans

HOURS_BEHIND = 12  # where a day ends last, UTC-12


@dataclass(frozen=True, kw_only=True)
class Duty:
    """What the settings of a run oblige it to.

    Args:
        span: of a backfill; None for a sync.
        accounts: of a backfill; none for all.
    """

    history_start: date
    look_back_days: int
    look_ahead_days: int
    reverify_days: int
    span: tuple[date, date] | None = None
    accounts: tuple[str, ...] = ()


def elapsed(now: datetime) -> date:
    """The last day that is over everywhere on earth (M2)."""
    return (now.astimezone(UTC) - timedelta(hours=HOURS_BEHIND)).date() - DAY


def look_back_is_read(own: Sequence[Claim], night: Night, duty: Duty, excused: set[str]) -> Iterator[str]:
    """D1: a night reads its look-back and its look-ahead itself, whatever runs before it did."""
    end = night.at.date() + timedelta(days=duty.look_ahead_days)
    start = max(duty.history_start, elapsed(night.at) + DAY - timedelta(days=duty.look_back_days))
    if duty.span or start > end:
        return
    claimed = proven_spans(own)
    for account in sorted(night.readable - excused):
        if not covers(claimed[account], (start, end)):
            yield f"{account} was read {claimed[account]} in this run, not {start}..{end}"


def duty_is_done(
    before: Books | None, after: Books, claims: Sequence[Claim], night: Night, duty: Duty, excused: set[str]
) -> Iterator[str]:
    """D1, M3: of every account that was readable and is not named as a problem, all that was due was read."""
    claimed = proven_spans(claims)
    for account in sorted(night.readable - excused):
        if duty.span:
            if (not duty.accounts or account in duty.accounts) and not covers(claimed[account], duty.span):
                yield f"backfill: {account} was read {claimed[account]}, not {duty.span}"
            continue
        old = before.marks.get(account) if before else None
        read = _since_it_began(after, account) if old and old.verified_at is None else claimed[account]
        yield from _nightly(old, after, account, read, night, duty)


def _since_it_began(books: Books, account: str) -> list[Span]:
    """What was read since the first reading of the whole history began: a day that could not be read parted it."""
    mark = books.marks.get(account)
    since = mark.verified_at if mark and mark.verified_at else max(books.runs.values())
    own = [claim for claim in books.claims if claim.account == account and books.runs[claim.run_id] >= since]
    return proven_spans(own)[account]


def _nightly(old, after: Books, account: str, claimed, night: Night, duty: Duty) -> Iterator[str]:
    end = night.at.date() + timedelta(days=duty.look_ahead_days)
    start = duty.history_start
    if old:
        start = max(start, min(old.through, elapsed(night.at)) + DAY - timedelta(days=duty.look_back_days))
    if start <= end and not covers(claimed, (start, end)):
        yield f"{account} was read {claimed}, not {start}..{end}"
    mark = after.marks.get(account)
    last = elapsed(night.at)
    if duty.history_start > last:
        return
    if mark is None or mark.first > duty.history_start or mark.through < last:
        yield f"the mark of {account} is {mark} after a complete night; {duty.history_start}..{last} was due"
    elif mark.verified_at is None or night.at - mark.verified_at > timedelta(days=duty.reverify_days):
        yield f"{account} was last verified {mark.verified_at}, it is {night.at}"


def who_was_away_is_read_whole(
    before: Books | None, claims: Sequence[Claim], night: Night, duty: Duty, excused: set[str]
) -> Iterator[str]:
    """L4: an account that had `removed_at` is read whole the night it is back."""
    claimed = proven_spans(claims)
    back = (
        {account for account in before.gone_accounts if account in before.marks} if before and not duty.span else set()
    )
    for account in sorted(back & night.readable - excused):
        if before.marks[account].verified_at and not covers(claimed[account], night.reach):
            yield f"{account} was away, and was read {claimed[account]}, not {night.reach}"
