"""What `verify --all` must say, given what the warehouse holds and what the API shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.histories.books import Books
from tests.histories.checks.contents import conflicts
from tests.histories.model import DATES, Claim, Night, day, owners

NAMED = 100
"""Differences of a kind and table that a verification names; it counts all."""


def verdict_is_right(verdict, oracle, night: Night, *, start: date, ahead: date, listed: set[str]) -> Iterator[str]:
    """It finds just the rows that reading every account's whole history would change, and the books sound.

    Args:
        start: the first day of a history.
        ahead: the last that is looked at.
    """
    if any(error.code != "conflict" for error in verdict.report.errors):
        return
    claims = [*_claims(oracle, night, start, ahead, listed)]
    named = " ".join(error.message for error in verdict.report.errors)
    shown = {(row_id, c.account) for c in claims for row_id in night.lists(c.account, c.first, c.last)}
    for row_id in conflicts(shown, night) - night.moved.keys():
        is_missing = row_id not in oracle.rows.sure  # which is said; its contents may come in packages of their own
        if (row_id not in named and not is_missing) or verdict.status == "equal":
            yield f"{row_id} has two contents, and verify says {verdict.status}: {named}"
    rows = oracle.rows
    after, doubled = rows.after(night, claims, settles=True), oracle.doubled | night.doubled.keys()
    expected = {
        "missing": after.sure.keys() - rows.sure.keys(),
        "extra": rows.sure.keys() - after.sure.keys(),
        "different": {
            row_id for row_id in rows.sure.keys() & after.sure.keys() if rows.sure[row_id] != after.sure[row_id]
        },
    }
    for kind, ids in expected.items():
        found = {
            difference.id
            for difference in verdict.differences
            if difference.kind == kind and difference.resource == "transactions"
        }
        either = doubled | night.moved.keys()  # of two contents any may be the newer; what changed may be seen or not
        is_whole = len(found) < NAMED
        if found - either - ids or (is_whole and ids - either - found):
            yield f"verify calls {found} {kind}; {set(ids)} are"
        if verdict.counts[kind] < len(ids - either):
            yield f"verify counts {verdict.counts[kind]} {kind}; {len(ids)} are"
    if verdict.checks:
        yield f"verify finds the books unsound: {verdict.checks}"


def _claims(oracle, night: Night, start: date, ahead: date, listed: set[str]) -> Iterator[Claim]:
    """As if every account's whole history, and what lies ahead, had just been read."""
    spans = {account: _span(oracle.books, account, start, ahead) for account in listed}
    seen = {row_id for account, span in spans.items() for row_id in night.lists(account, *span)}
    for account, (first, last) in spans.items():
        yield _claim(account, first, last)
        for row_id, row in oracle.rows.sure.items():
            for on in filter(None, (day(row, name) for name in DATES.values())):
                if row_id not in seen and account in owners(row) and not first <= on <= last:
                    yield _claim(account, on, on)  # D7: no account shows it, so it is asked for by itself


def _span(books: Books, account: str, start: date, ahead: date) -> tuple[date, date]:
    """From the first day that is asked for, or that a backfill asked for before it. A sync asks for far days (D7)."""
    backfills = [claim for claim in books.claims if claim.run_id not in books.syncs and claim.loads]
    first = min([start, *(claim.first for claim in backfills if claim.account == account)])
    return first, max([ahead, *(mark.through for mark in [books.marks.get(account)] if mark)])


def _claim(account: str, first: date, last: date) -> Claim:
    return Claim(run_id="verify", account=account, first=first, last=last, rows=0, status="complete", reason="")
