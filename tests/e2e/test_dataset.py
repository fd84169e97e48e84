"""dlt's own reading of what was synced: `dataset()` in the locked environment."""

from __future__ import annotations

from decimal import Decimal

import dlt
import pyarrow as pa
import pytest


@pytest.fixture
def dataset(synced):
    """A synced private store, as dlt sees it that never heard of aleta-sync."""
    private = synced.tenant_folder() / "private"
    return dlt.pipeline(
        "aleta_acme",
        pipelines_dir=f"{private / 'dlt'}",
        destination=dlt.destinations.duckdb(f"{private / 'store.duckdb'}"),
        dataset_name="aleta",
    ).dataset()


def test_dataset_reads_rows(synced, dataset):
    """Whole tables, and decimals as they are."""
    rows = dataset.transactions.select("id", "account_amount").fetchall()

    assert len(rows) == synced.column("SELECT count(*) FROM aleta.transactions")[0]
    assert {type(amount) for _, amount in rows} <= {Decimal, type(None)}


def test_dataset_filters_sorts_and_counts(synced, dataset):
    """What dlt makes of it with sqlglot is what DuckDB says."""
    [(first,)] = synced.rows("SELECT id FROM aleta.transactions ORDER BY id LIMIT 1")

    assert dataset.transactions.select("id").order_by("id").limit(1).fetchall() == [(first,)]
    assert dataset.transactions.where("id", "eq", first).select("id").fetchall() == [(first,)]
    assert dict(dataset.row_counts(table_names=["accounts"]).fetchall()) == {
        "accounts": synced.column("SELECT count(*) FROM aleta.accounts")[0]
    }


def test_dataset_takes_sql(synced, dataset):
    """A query of one's own."""
    assert dataset("SELECT count(*) AS n FROM accounts").fetchall() == synced.rows(
        "SELECT count(*) FROM aleta.accounts"
    )


@pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning")
def test_dataset_gives_arrow(dataset):
    """In pieces: of the whole, dlt 1.31 asks DuckDB 2 for a method that is gone."""
    found = pa.concat_tables(dataset.transactions.iter_arrow(chunk_size=2048))

    assert found.schema.field("account_amount").type == pa.decimal128(38, 12)
    assert found.num_rows == len(dataset.transactions.fetchall())
