"""When one query tells that a package changes nothing, and when hashes must be compared (rules D1 to D3, C5)."""

import pyarrow as pa
import pytest

from pipelines.compare.row_hash import VERSION
from pipelines.compare.rows import unchanged
from pipelines.compare.rows.staged import in_days
from pipelines.compare.rows.unchanged import is_unchanged
from schemas.table import answered
from schemas.transactions import TRANSACTIONS
from sources.aleta.catalogue.catalogue import CATALOGUE
from tests.unit.pipelines.compare.stored import batch, compare, fill, fx, proof, row

ENDPOINT = CATALOGUE["transactions"]
DATES = ("trade_date", "value_date")


def told(store, rows, proven, *, seen_before=()) -> bool:
    """Whether *rows* are known to change nothing; the comparison by hash must agree wherever they are."""
    schema = answered(TRANSACTIONS).remove_metadata()
    incoming = pa.Table.from_batches([batch(*rows).cast(schema)])
    found = is_unchanged(
        store, ENDPOINT, incoming, proven=proven, in_days=in_days(DATES, proven), seen_before=set(seen_before)
    )
    store.local = False
    by_hash = compare(store, [batch(*rows)], proven, seen_before=seen_before)
    store.local = True
    if found:
        assert by_hash.counts == {"added": 0, "modified": 0, "unchanged": len(rows), "removed": 0}
        assert by_hash.rows.data.num_rows == by_hash.changes.data.num_rows == len(by_hash.missed) == 0
    return found


@pytest.mark.parametrize(
    ("rows", "proven", "expected"),
    [
        pytest.param([row("1"), row("2", "B")], [proof(), proof("B")], True, id="all-there-and-equal"),
        pytest.param([row("2", "B"), row("1")], [proof("B"), proof()], True, id="in-another-order"),
        pytest.param([row("1")], [proof()], True, id="of-one-account-alone"),
        pytest.param([], [proof(first=6)], True, id="a-window-that-had-no-rows"),
        pytest.param([row("1", comment="new")], [proof()], False, id="a-value-differs"),
        pytest.param([row("1", day=6)], [proof()], False, id="a-day-differs"),
        pytest.param([row("1", "B"), row("2", "B")], [proof(), proof("B")], False, id="another-account"),
        pytest.param([row("1"), row("3")], [proof()], False, id="a-row-is-new"),
        pytest.param([row("1")], [proof(), proof("B")], False, id="a-row-is-missed"),
        pytest.param([], [proof()], False, id="all-are-missed"),
        pytest.param([row("1")], [proof(first_load=True)], False, id="a-first-load"),
    ],
)
def test_d2_what_is_equal_value_for_value_needs_no_hashes(store, rows, proven, expected):
    """Equal rows and none missed: unchanged. Anything else is compared by hash."""
    fill(store, row("1"), row("2", "B"))
    assert told(store, rows, proven) is expected


@pytest.mark.parametrize("account", ["A", "B"])
def test_d3_an_fx_spot_is_missed_through_either_account(store, account):
    """Each column that names an account is looked through."""
    fill(store, fx("1", "A", "B"))
    assert told(store, [fx("1", "A", "B")], [proof(account)])
    assert not told(store, [], [proof(account)])


def test_d3_a_row_that_an_earlier_package_brought_need_not_come_again(store):
    """It reached into these days, and was compared when it came."""
    fill(store, row("1"))
    assert told(store, [], [proof()], seen_before=["1"])


@pytest.mark.parametrize("spoilt", ["row_hash = 'damaged'", f"row_hash = replace(row_hash, '{VERSION}', 'h2:')"])
def test_d2_a_hash_that_is_not_of_this_version_is_judged_by_the_comparison_of_hashes(store, spoilt):
    """Equal values do not hide it."""
    fill(store, row("1"))
    store.sql.execute(f"UPDATE store.aleta.transactions SET {spoilt}")
    assert not told(store, [row("1")], [proof()])


@pytest.mark.parametrize("bound", ["MOST_ROWS", "MOST_PARENTS"])
def test_c5_many_rows_or_parents_are_not_fetched(store, monkeypatch, bound):
    """What is read into memory to be compared is bounded."""
    monkeypatch.setattr(unchanged, bound, 1)
    fill(store, row("1"), row("2", "B"))
    assert not told(store, [row("1"), row("2", "B")], [proof(), proof("B")])
