"""What must hold after a run, however it ended. Each check says in words what is wrong; no words, no fault."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

from tests.histories.books import Books, Change
from tests.histories.model import DAY, Claim, Night, Span, covers, day, joined, owners, proven_spans

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


def keys_are_there_once(books: Books) -> Iterator[str]:
    """C1, D5: whatever was staged or loaded again, no key of any table is there twice."""
    yield from (f"{table}: {key} is there twice" for table, key in sorted(books.doubled.items()))


def claims_are_true(claims: Iterable[Claim], night: Night) -> Iterator[str]:
    """W2, W3: a window that is called complete held just the rows that there were."""
    for claim in claims:
        true = len(night.lists(claim.account, claim.first, claim.last))
        if claim.loads and claim.account not in night.readable:
            yield f"{claim.account} could not be read, and has a receipt for {claim.first}..{claim.last}"
        elif claim.loads and claim.rows != true:
            yield f"receipt of {claim.account} {claim.first}..{claim.last} counts {claim.rows} rows; there were {true}"


def claims_were_asked(claims: Iterable[Claim], answered: Collection[tuple[str, str, str]]) -> Iterator[str]:
    """Each receipt stands for a request of the same run that was answered."""
    for claim in claims:
        if claim.status == "complete" and (claim.account, f"{claim.first}", f"{claim.last}") not in answered:
            yield f"receipt of {claim.account} {claim.first}..{claim.last} without a request"


def claims_tile(claims: Sequence[Claim], reach: Span, *, cut: bool) -> Iterator[str]:
    """W5: the kept windows of one run do not overlap, but for a whole history that is read after a part of it (D6).

    Args:
        cut: nobody knows how much of the whole history was still to come.
    """
    kept = defaultdict(list)
    for claim in claims:
        if claim.loads:
            kept[claim.account].append((claim.first, claim.last))
    for account, spans in kept.items():
        first, *rest = _tilings(spans)
        again = len(rest) == 1 and (cut or any(covers(joined([*each]), reach) for each in (first, *rest)))
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


def quarantines_are_needed(claims: Sequence[Claim], night: Night) -> Iterator[str]:
    """W4: only a day that no answer of the run shows to be whole is given up."""
    largest = max((claim.rows for claim in claims if claim.status == "complete"), default=0)
    for claim in claims:
        if claim.status != "quarantined" or claim.doubts:
            continue
        true = len(night.lists(claim.account, claim.first, claim.last))
        if claim.first != claim.last:
            yield f"{claim.account} {claim.first}..{claim.last} is quarantined, and is more than a day"
        elif true <= night.cap and true < largest:
            yield f"{claim.account} {claim.first} is quarantined with {true} rows; another answer had {largest}"


def doubts_are_justified(claims: Iterable[Claim], before: Books | None, night: Night, share: float) -> Iterator[str]:
    """D3: only an account that lost more than the share may be doubted."""
    for account in {claim.account for claim in claims if claim.doubts}:
        owned = [row_id for row_id, row in (before.rows if before else {}).items() if account in text_owners(row)]
        gone = [row_id for row_id in owned if account not in owners(night.shown.get(row_id, NOBODY))]
        # its rows may also have left by their dates: then they are not where they were
        if len(gone) <= share * len(owned) and not _moved_in_time(owned, before, night):
            yield f"{account} lost {len(gone)} of {len(owned)} rows and is doubted"


TEXT_DATES = {"trade_date": "tradeDate", "value_date": "valueDate"}
NOBODY: Mapping[str, object] = {"relationships": {}}


def _moved_in_time(row_ids: Iterable[str], before: Books, night: Night) -> bool:
    shown = {row_id: night.shown[row_id] for row_id in row_ids if row_id in night.shown}
    return any(before.rows[row_id]["trade_date"] != f"{day(row, 'tradeDate')}" for row_id, row in shown.items())


def text_owners(row: Mapping[str, str]) -> set[str]:
    return {row[name] for name in ("account_id", "inflow_account_id", "outflow_account_id") if row[name]}


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
    """M1: nothing moves a mark back, but that a clock was ahead (M6): what lies after the *last* elapsed day."""
    for account, old in (before.marks if before else {}).items():
        new = after.marks.get(account)
        if new is None or new.first > old.first or new.through < min(old.through, last):
            yield f"the mark of {account} went from {old} to {new}"


def receipts_are_append_only(before: Books | None, after: Books) -> Iterator[str]:
    if before and (lost := set(before.claims) - set(after.claims)):
        yield f"receipts are gone: {lost}"
    if before and (
        lost := {(c.run_id, c.op, c.id) for c in before.changes} - {(c.run_id, c.op, c.id) for c in after.changes}
    ):
        yield f"lines of the feed are gone: {lost}"


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
        yield from _nightly(
            before.marks.get(account) if before else None, after, account, claimed[account], night, duty
        )


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


def all_is_there(books: Books, night: Night, duty: Duty) -> Iterator[str]:
    """After a complete night in which whole histories were due, ids are the API's own: without the model's help."""
    end = night.at.date() + timedelta(days=duty.look_ahead_days)
    due = {row_id for account in night.listed for row_id in night.lists(account, duty.history_start, end)}
    yield from (f"{row_id} is shown, and missing" for row_id in due - books.rows.keys())
    for row_id in books.rows.keys() - night.shown.keys():
        row = books.rows[row_id]
        beyond = all(row[name] and row[name] > f"{end}" for name in TEXT_DATES)  # a backfill may have brought it
        if text_owners(row) & night.readable and not beyond:
            yield f"{row_id} is not shown any more, and left over"


def feed_replays(before: Books | None, after: Books, doubled: Collection[str]) -> Iterator[str]:
    """What a consumer gets who took the rows as they were and follows the feed is the rows as they are.

    Args:
        doubled: ids with two contents; one run may change such a row twice, and tell only of the last time.
    """
    old = before.rows if before else {}
    news = _news(before, after)
    first_loads = {
        owner for row in after.rows.values() for owner in text_owners(row) if not _is_verified(before, owner)
    }
    for row_id in (old.keys() | after.rows.keys() | news.keys()) - set(doubled):
        was, now = old.get(row_id), after.rows.get(row_id)
        silent = was is None and now is not None and bool(text_owners(now) & first_loads)
        if not (silent and not news[row_id]) and not _leads(was, now, news[row_id], first_load=bool(first_loads)):
            yield f"{row_id}: the feed does not lead from {was} to {now}: {news[row_id]}"


def _news(before: Books | None, after: Books) -> Mapping[str, list[Change]]:
    known = {(change.run_id, change.op, change.id) for change in before.changes} if before else set()
    news = defaultdict(list)
    for change in after.changes:
        if (change.run_id, change.op, change.id) not in known:
            news[change.id].append(change)
    return news


def _is_verified(books: Books | None, account: str) -> bool:
    mark = books.marks.get(account) if books else None
    return bool(mark and mark.verified_at)


def _leads(was, now, changes: Sequence[Change], *, first_load: bool) -> bool:
    ordered = sorted(changes, key=lambda change: change.at)
    if len(ordered) > 4:
        return True
    return any(_chained(was, now, each, first_load) for each in permutations(ordered))


def _chained(was, now, changes: Sequence[Change], first_load: bool) -> bool:
    state = was
    for change in changes:
        if change.before != state and not (first_load and state is None):  # a first load came silently in between
            return False
        state = change.after
    return state == now


def counts_agree(counts, old: Mapping[str, object], new: Mapping[str, object], *, one_package: bool) -> Iterator[str]:
    """D2: the report counts what changed; where nothing did, it counts nothing."""
    true = Counter(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        modified=sum(1 for row_id in new.keys() & old.keys() if new[row_id] != old[row_id]),
    )
    said = Counter(added=counts.added, removed=counts.removed, modified=counts.modified)
    net = said["added"] - said["removed"] == true["added"] - true["removed"]
    if not net or ((one_package or not true.total()) and said != true):
        yield f"the report counts {dict(said)}; it was {dict(true)}"


def what_is_shown_stays(old: Mapping[str, Mapping], new: Mapping[str, Mapping], night: Night) -> Iterator[str]:
    """D6, D7: no row that an account lists where it always was counts as removed."""
    listed = {row["id"]: row for account in night.listed for _, row in night.listed[account]}
    for row_id in old.keys() - new.keys():
        row = listed.get(row_id)
        if row and all(old[row_id][column] == f"{day(row, name)}" for column, name in TEXT_DATES.items()):
            yield f"{row_id} is removed, and is shown where it was: {old[row_id]}"


def conflicts(claims: Iterable[Claim], night: Night) -> set[str]:
    """D8: ids that two accounts listed with different contents, both in what was read."""
    seen = {
        (row_id, claim.account)
        for claim in claims
        if claim.loads
        for row_id in night.lists(claim.account, claim.first, claim.last)
    }
    return {
        row_id for row_id, contents in night.doubled.items() if len({a for a in contents if (row_id, a) in seen}) > 1
    }


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
