"""What `verify --all` must say, given what the warehouse holds and what the API shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.histories.model import Claim, Night


def verdict_is_right(verdict, oracle, night: Night, *, ahead: date, listed: set[str]) -> Iterator[str]:
    """It finds just the rows that reading every covered span again would change, and the books sound."""
    if verdict.report.errors:
        return
    rows = oracle.rows
    after = rows.after(night, _claims(oracle, ahead, listed), settles=True)
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
        if found - oracle.doubled != ids - oracle.doubled:  # of two contents, either may be the newer reading
            yield f"verify calls {found} {kind}; {set(ids)} are"
    if verdict.checks:
        yield f"verify finds the books unsound: {verdict.checks}"


def _claims(oracle, ahead: date, listed: set[str]) -> Iterator[Claim]:
    """As if every account's covered span, and what lies ahead, had just been read."""
    for account, mark in oracle.books.marks.items():
        if account in listed:
            yield _claim(account, mark.first, max(mark.through, ahead))


def _claim(account: str, first: date, last: date) -> Claim:
    return Claim(run_id="verify", account=account, first=first, last=last, rows=0, status="complete", reason="")
