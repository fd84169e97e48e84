"""Ids that a run knows of, and what a 404 says of them."""

from __future__ import annotations

from dataclasses import replace

from pipelines.ledger.marks import Mark
from pipelines.run.reading.known import Known
from sources.aleta.catalogue.catalogue import CATALOGUE
from tests.fakes import NOON


def test_f2_a_404_says_no_rows_only_of_who_was_shown_or_never_had_any():
    """As a sync has it, so a verification: of others it is a failed read."""
    marks = {
        "had rows": Mark(verified_at=NOON),
        "bare": Mark(verified_at=NOON, bare=True),
        "new": Mark(),
    }
    prices, transactions = CATALOGUE["prices"], CATALOGUE["transactions"]
    known = Known(shown={"instruments": set(marks)})
    assert known.without_rows(prices, marks) == {"bare", "new"}
    assert known.without_rows(transactions, marks) == set(marks)  # the crawl shows who is there


def test_f2_a_404_repeats_that_there_are_none_of_who_was_read_without_rows_and_was_not_away_since():
    """Of what is asked for day by day, no day was asked for before."""
    bare = Mark(verified_at=NOON, bare=True)
    marks = {"had rows": Mark(verified_at=NOON), "bare": bare, "away": replace(bare, due=True), "new": Mark()}
    assert Known().none_before(CATALOGUE["prices"], marks) == {"bare"}
    assert Known().none_before(CATALOGUE["limit_status"], marks) == set()
