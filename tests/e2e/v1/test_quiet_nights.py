"""Nights on v1: what did not change is answered 304, and nothing else is believed."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.conftest import EVERYTHING
from tests.e2e.program import Program
from tests.e2e.v1.spelt import differences, hashes
from tests.lengths import long_but

PAGE = 10


@pytest.fixture
def on_v1(start) -> Program:
    """After a first sync from v1, in pages of ten; every night reads all of them."""
    program = start(aleta={"track": "v1", "look_back_days": EVERYTHING}, v1_page_rows=PAGE)
    program.sync()
    assert differences(program) == []
    program.box.reset_requests()
    return program


def statuses(program: Program) -> Counter[int]:
    """Of the requests to v1."""
    return Counter(request.status for request in program.box.requests if request.path.startswith("/v1/"))


def on_page(program: Program, page: int) -> str:
    """A transaction that the largest account's list shows on *page*, counted from 0."""
    owners = "[account_id, inflow_account_id, outflow_account_id]"
    listed = f"SELECT id, unnest({owners}) AS account FROM aleta.transactions"
    ids = program.column(
        f"SELECT list(id ORDER BY id) FROM ({listed}) WHERE account IS NOT NULL GROUP BY account ORDER BY count(*) DESC"
    )[0]
    return ids[PAGE * page]


def test_a_quiet_night_is_304_and_changes_nothing(on_v1):
    """Lists and single objects, all of them."""
    counts = on_v1.sync().counts()
    assert (counts["added"], counts["modified"], counts["removed"]) == (0, 0, 0)
    found = statuses(on_v1)
    assert found[304] >= 0.9 * found.total()
    assert differences(on_v1) == []


def test_receipts_say_the_track_and_the_pages(on_v1):
    """A chain is one read of a window, however many of its pages are answered 304."""
    on_v1.sync()
    assert on_v1.rows("SELECT DISTINCT track FROM aleta.sync_windows") == [("v1",)]
    pages = "SELECT run_id, sum(pages) FROM aleta.sync_windows WHERE resource = 'transactions' GROUP BY 1"
    assert all(count > 8 for _, count in on_v1.rows(pages))


def test_an_edit_on_a_later_page_is_found(on_v1):
    """The first page is answered 304, and says nothing of the second."""
    row = on_page(on_v1, 1)
    before = hashes(on_v1)
    on_v1.box.mutate("acme", "edit", id=row)
    counts = on_v1.sync().counts()
    assert (counts["added"], counts["modified"], counts["removed"]) == (0, 1, 0)
    assert {own_id for own_id, found in hashes(on_v1).items() if found != before[own_id]} == {row}
    assert differences(on_v1) == []
    assert statuses(on_v1)[304] > 0


@pytest.mark.parametrize("kind", long_but({"delete"}, ["delete", "edit", "late"]))
def test_what_changes_between_two_nights_is_exact(on_v1, kind):
    """Whatever page it is on, and in days that the night reads."""
    on_v1.box.mutate("acme", kind, count=4, within_days=25)
    on_v1.sync()
    assert differences(on_v1) == []


def test_pages_that_are_lost_are_read_without_conditions(on_v1):
    """Nothing rests on what is kept: not on its being there, not on its being sound."""
    file = on_v1.tenant_folder() / "pages.sqlite"
    assert file.stat().st_mode & 0o077 == 0
    file.write_bytes(b"no database" * 100)
    assert on_v1.sync().counts()["modified"] == 0
    asked = {(request.path, *request.query.items()): request for request in reversed(on_v1.box.requests)}
    assert not any(first.if_none_match for first in asked.values() if first.path.startswith("/v1/"))
    on_v1.box.reset_requests()
    on_v1.sync()
    assert statuses(on_v1)[304] > 0


def test_a_304_brings_back_what_the_warehouse_lost(on_v1):
    """It stands for the page itself: whatever is in the warehouse is compared with that."""
    for file in ("warehouse.duckdb", "private"):
        path = on_v1.tenant_folder() / file
        path.rename(path.with_name(f"{file}.lost"))
    on_v1.sync()
    assert differences(on_v1) == []
    assert statuses(on_v1)[304] > 0


def test_a_row_that_moves_to_a_page_that_was_read_is_there_w7(start):
    """Cursors count rows, and one of the first page is deleted before the second is asked for, on a first load."""
    program = start(accounts=1, rows=60, aleta={"track": "v1", "workers": 1}, v1_page_rows=PAGE, v1_cursors="counted")
    first = min(program.box.truth("acme").transactions)
    program.box.schedule("acme", "delete", before="/transactions", skip=1, id=first)
    program.sync()
    assert first not in program.box.truth("acme").transactions
    assert differences(program) == []
