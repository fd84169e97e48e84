"""Whether receipts say what happened: each window asked for, whole, and given up only where it had to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from tests.histories.books import Books
from tests.histories.checks.contents import text_owners
from tests.histories.model import DAY, Claim, Night, Span, covers, day, joined, owners


def claims_are_true(claims: Iterable[Claim], night: Night) -> Iterator[str]:
    """W2, W3: a window that is called complete held just the rows that there were."""
    for claim in claims:
        if claim.loads and claim.account not in night.readable:
            yield f"{claim.account} could not be read, and has a receipt for {claim.first}..{claim.last}"
        elif claim.loads and claim.rows not in night.counts(claim.account, claim.first, claim.last):
            true = len(night.lists(claim.account, claim.first, claim.last))
            yield f"receipt of {claim.account} {claim.first}..{claim.last} counts {claim.rows} rows; there were {true}"


def claims_were_asked(
    claims: Iterable[Claim], answered: AbstractSet[tuple[str, str, str]], *, overlap: int
) -> Iterator[str]:
    """Each receipt stands for a request of the same run that was answered."""
    for claim in claims:
        asked = {(claim.account, f"{claim.first - days}", f"{claim.last + days}") for days in (0 * DAY, overlap * DAY)}
        if claim.status == "complete" and not asked & answered:
            yield f"receipt of {claim.account} {claim.first}..{claim.last} without a request"


def claims_tile(claims: Sequence[Claim], reach: Span, *, cut: bool) -> Iterator[str]:
    """W5: the kept windows of one run do not overlap, but for whole histories that are read after a part (D6, D8).

    Args:
        cut: nobody knows how much of the whole history was still to come.
    """
    kept, given_up = defaultdict(list), defaultdict(list)
    for claim in claims:
        (kept if claim.loads else given_up)[claim.account].append((claim.first, claim.last))
    for account, spans in kept.items():
        first, *rest = _tilings(spans)
        # a whole history was read whole, whatever of it could not be proven; a window of both is there once
        shared = ([*each, *_beside(each, spans), *given_up[account]] for each in (first, *rest))
        wholes = sum(covers(joined(each), reach) for each in shared)
        again = len(rest) <= 2 and (cut or wholes >= len(rest))
        if rest and not again:
            yield f"windows of {account} overlap: {first}, {rest}"


def _tilings(spans: Iterable[Span]) -> list[list[Span]]:
    """As few rows of spans without an overlap as will do."""
    found: list[list[Span]] = []
    for span in sorted(spans):
        for each in found:
            if each[-1][1] < span[0]:
                each.append(span)
                break
        else:
            found.append([span])
    return found


def _beside(row: Iterable[Span], spans: Iterable[Span]) -> list[Span]:
    """Those of *spans* that have no day of the *row*'s."""
    return [span for span in spans if all(span[1] < other[0] or other[1] < span[0] for other in row)]


def quarantines_are_needed(
    claims: Sequence[Claim], night: Night, *, broken: bool, asked: Span | None = None
) -> Iterator[str]:
    """W4, F8: only a day that no answer of the run shows to be whole is given up; or one whose ids are no text.

    Args:
        broken: answers may be odd.
        asked: by a backfill. What it reads besides comes later, for what its rows leave open.
    """
    within = [claim for claim in claims if not asked or (claim.first <= asked[1] and asked[0] <= claim.last)]
    largest = max((claim.rows for claim in within if claim.status == "complete"), default=0)
    for claim in claims:
        if claim.status != "quarantined" or claim.doubts or (broken and NO_TEXT in claim.reason):
            continue
        true = len(night.lists(claim.account, claim.first, claim.last))
        if claim.first != claim.last:
            yield f"{claim.account} {claim.first}..{claim.last} is quarantined, and is more than a day"
        elif true <= night.cap and true < largest and not night.moved:
            yield f"{claim.account} {claim.first} is quarantined with {true} rows; another answer had {largest}"


def doubts_are_justified(claims: Iterable[Claim], before: Books | None, night: Night, share: float) -> Iterator[str]:
    """D3: only an account that lost more than the share may be doubted."""
    for account in {claim.account for claim in claims if claim.doubts}:
        owned = [row_id for row_id, row in (before.rows if before else {}).items() if account in text_owners(row)]
        gone = [row_id for row_id in owned if account not in owners(night.shown.get(row_id, NOBODY))]
        # its rows may also have left by their dates: then they are not where they were
        if len(gone) <= share * len(owned) and not night.moved and not _moved_in_time(owned, before, night):
            yield f"{account} lost {len(gone)} of {len(owned)} rows and is doubted"


NO_TEXT = "is no text"
NOBODY: Mapping[str, object] = {"relationships": {}}


def _moved_in_time(row_ids: Iterable[str], before: Books, night: Night) -> bool:
    shown = {row_id: night.shown[row_id] for row_id in row_ids if row_id in night.shown}
    return any(before.rows[row_id]["trade_date"] != f"{day(row, 'tradeDate')}" for row_id, row in shown.items())


def receipts_are_append_only(before: Books | None, after: Books, *, old: bool) -> Iterator[str]:
    """None goes; but of *old* ones, those that a later reading covers, and windows that were split (C7)."""
    if before and not old and (lost := set(before.claims) - set(after.claims)):
        yield f"receipts are gone: {lost}"
    if before and (
        lost := {(c.run_id, c.op, c.id) for c in before.changes} - {(c.run_id, c.op, c.id) for c in after.changes}
    ):
        yield f"lines of the feed are gone: {lost}"
