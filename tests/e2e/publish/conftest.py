"""A store that dlt wrote, and what was published from it."""

from __future__ import annotations

import shutil

import pytest

from pipelines.publish.publish import publish
from pipelines.warehouse.package import GONE
from pipelines.warehouse.warehouse import Warehouse
from schemas.clients import CLIENTS
from schemas.ledger import SYNC_RUNS
from schemas.transactions import TRANSACTIONS
from tests.e2e.publish.copies import BOTH, NOON, rows, transaction


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A store as two runs leave it: rows, deletions, empty tables not made yet."""
    warehouse = Warehouse("acme", tmp_path_factory.mktemp("written"))
    runs = [{"run_id": "r1", "started_at": NOON, "requests": 1}]
    clients = [{"id": "c1", "name": "Ångström & Søn", "first_seen_at": NOON}]
    warehouse.write(
        [
            rows(TRANSACTIONS, [transaction(number) for number in range(50)], deletes=True),
            rows(CLIENTS, clients),
            rows(SYNC_RUNS, runs),
        ],
        {},
    )
    warehouse.write([rows(TRANSACTIONS, [transaction(7) | {GONE: True}], deletes=True)], {})
    warehouse.close()
    return warehouse.file


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "acme"


@pytest.fixture
def store(written, folder):
    """The tenant's own store, which a test may change."""
    file = folder / "private" / "store.duckdb"
    file.parent.mkdir(parents=True)
    shutil.copyfile(written, file)
    return file


@pytest.fixture(scope="session")
def published(written, tmp_path_factory):
    """Both copies of the store as it was written, for tests that only look."""
    folder = tmp_path_factory.mktemp("published") / "acme"
    publish(written, folder, formats=BOTH)
    return folder
