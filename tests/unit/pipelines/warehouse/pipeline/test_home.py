"""Under which name dlt finds a tenant's state."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.warehouse.pipeline.home import pipeline_home


@pytest.fixture
def private(tmp_path):
    folder = tmp_path / "private"
    folder.mkdir()
    return folder


def name(private, *, folders=(), stored=()):
    """The pipeline's name for the tenant `zurich`, where these are its folders, and these names are in its store."""
    for folder in folders:
        (private / "dlt" / folder).mkdir(parents=True)
    store = private / "store.duckdb"
    if stored:
        with duckdb.connect(f"{store}") as connection:
            connection.execute("CREATE SCHEMA aleta; CREATE TABLE aleta._dlt_pipeline_state (pipeline_name VARCHAR)")
            connection.executemany("INSERT INTO aleta._dlt_pipeline_state VALUES (?)", [[text] for text in stored])
    return pipeline_home(store, tenant="zurich").name


def test_a_new_tenant_has_its_own(private):
    assert name(private) == "aleta_zurich"


def test_its_own_goes_before_a_former_one(private):
    """A version that did not know of renaming may have begun it."""
    assert name(private, folders=["aleta_acme", "aleta_zurich"]) == "aleta_zurich"


def test_a_former_name_is_kept(private):
    assert name(private, folders=["aleta_acme"]) == "aleta_acme"


def test_without_dlt_s_files_the_store_tells(private):
    """Each state of the last packages has it."""
    assert name(private, stored=["aleta_acme", "aleta_acme"]) == "aleta_acme"


@pytest.mark.parametrize("stored", [["aleta_acme", "aleta_bolt"], []])
def test_what_is_not_certain_is_not_guessed(private, stored):
    """Two names, or a store without a state."""
    if not stored:
        duckdb.connect(f"{private / 'store.duckdb'}").close()

    assert name(private, stored=stored) == "aleta_zurich"


def test_a_store_that_cannot_be_read_is_left_to_who_opens_it(private):
    (private / "store.duckdb").write_bytes(b"damaged" * 1000)

    assert name(private) == "aleta_zurich"
