"""What the dlt source yields together: enough rows to be worth it, and no more than fits into memory (rule C5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.dlt_source.receipts import in_packages
from sources.aleta.dlt_source.tables import in_batches
from sources.aleta.jsonapi.answer import nothing
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)
TRANSACTIONS = CATALOGUE["transactions"]
KEPT = Receipt(
    endpoint=TRANSACTIONS,
    parent_id="a",
    window=Window(date(2026, 3, 1), date(2026, 3, 31)),
    status=Status.COMPLETE,
    rows=0,
    fetched_at=NOW,
    answer=nothing(TRANSACTIONS, parent_id="a", at=NOW),
)


def sized(rows: int) -> pa.Table:
    return pa.table({"id": pa.array(range(rows), pa.int64())})


@pytest.mark.parametrize(
    ("receipt", "sizes"),
    [
        pytest.param(KEPT, [1000, 1000, 500], id="quiet"),
        pytest.param(replace(KEPT, rows=2_000), [3] * 833 + [1], id="busy"),
        pytest.param(replace(KEPT, rows=2_000, answer=None), [1000, 1000, 500], id="dropped"),
    ],
)
def test_c5_a_package_ends_with_enough_rows_or_receipts(receipt, sizes):
    """Marks of accounts without rows are stored on the way, not all at the end."""
    assert [len(package) for package in in_packages([receipt] * 2_500)] == sizes


def test_small_answers_are_one_table_and_none_is_empty():
    batches = [batch.num_rows for batch in in_batches(map(sized, (0, 3_000, 0, 2_000, 0, 6_000, 7, 0)))]

    assert batches == [5_000, 6_000, 7]
    assert [*in_batches([sized(0)])] == []
