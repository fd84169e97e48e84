"""Whether the change feed leads from the rows as they were to the rows as they are, and the report counts the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import permutations

from tests.histories.books import Books, Change
from tests.histories.checks.contents import text_owners
from tests.histories.model import covers, proven_spans


def feed_replays(before: Books | None, after: Books, doubled: Collection[str], *, start: date) -> Iterator[str]:
    """What a consumer gets who took the rows as they were and follows the feed is the rows as they are.

    Args:
        start: of all histories.
        doubled: ids with two contents; one run may change such a row twice, and tell only of the last time.
    """
    old = before.rows if before else {}
    news = _news(before, after)
    gone = [
        change.before for changes in news.values() for change in changes if change.before
    ]  # recovered, then removed
    owners = {owner for row in (*after.rows.values(), *gone) for owner in text_owners(row)}
    first_loads = {owner for owner in owners if not _is_loaded(before, owner, start)}
    for row_id in (old.keys() | after.rows.keys() | news.keys()) - set(doubled):
        was, now = old.get(row_id), after.rows.get(row_id)
        silent = was is None and now is not None and bool(text_owners(now) & first_loads)
        if not (silent and not news[row_id]) and not _leads(was, now, news[row_id], first_load=bool(first_loads)):
            yield f"{row_id}: the feed does not lead from {was} to {now}: {news[row_id]}"


def nothing_comes_and_goes(before: Books, after: Books, doubled: Collection[str]) -> Iterator[str]:
    """D6: a row that is in the same account all the time is modified; it is not gone in between."""
    for row_id, news in _news(before, after).items():
        was, now = before.rows.get(row_id), after.rows.get(row_id)
        stays = was and now and text_owners(was) == text_owners(now) and row_id not in doubled
        runs = {change.run_id for change in news if change.op == "removed"}
        if stays and any(change.op == "added" and change.run_id in runs for change in news):
            yield f"{row_id} is said to be gone and back in one run; it was there all the time"
        elif stays and before.first_seen[row_id] != after.first_seen[row_id]:
            yield f"{row_id} counts as new in a run in which it was modified: gone and back, whatever the feed says"


def _news(before: Books | None, after: Books) -> Mapping[str, list[Change]]:
    known = {(change.run_id, change.op, change.id) for change in before.changes} if before else set()
    news = defaultdict(list)
    for change in after.changes:
        if (change.run_id, change.op, change.id) not in known:
            news[change.id].append(change)
    return news


def _is_loaded(books: Books | None, account: str, start: date) -> bool:
    """Whether its history was read to its end, by one sync and but for days that were given up; or verified (M3)."""
    mark = books.marks.get(account) if books else None
    if mark is None or mark.verified_at:
        return bool(mark)
    runs = defaultdict(list)
    for claim in books.claims:
        if claim.account == account and claim.run_id in books.syncs and claim.status in {"complete", "quarantined"}:
            runs[claim.run_id].append(claim)
    return any(
        covers(proven_spans(claims, ("complete", "quarantined"))[account], (start, books.runs[run_id].date()))
        for run_id, claims in runs.items()
    )


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
