"""Columns that are new in a schema, and the rows that were here before: real dlt, real DuckDB."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

import pipelines.compare.migration.promotion as promoting
from pipelines.compare.migration.promotion import promote
from pipelines.compare.rows.differences import differences
from pipelines.compare.rows.findings import Proven, Run
from pipelines.ledger.ledger import Ledger
from pipelines.warehouse.package import Rows
from pipelines.warehouse.warehouse import Warehouse
from schemas.ledger import SYNC_DRIFT
from schemas.table import number, text, to_one
from schemas.transactions import TRANSACTIONS
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import parser
from sources.aleta.planning.windows import Window
from tests.stores import at, on

pytestmark = pytest.mark.slow

OLD = CATALOGUE["transactions"]
NEW_COLUMNS = [
    number("barrier_level", "Level of the barrier", unit="instrument currency"),
    text("desk", "Who booked it"),
    to_one("broker_id", "The broker"),
]
WIDER = pa.schema([*list(TRANSACTIONS)[:-4], *NEW_COLUMNS, *list(TRANSACTIONS)[-4:]], TRANSACTIONS.metadata)
NEW = replace(OLD, schema=WIDER)
SAID = [
    {"barrierLevel": "12.50", "desk": '"Zürich"'},
    {"barrierLevel": "0.1234567890123456789"},
    {"desk": "7", "mood": '"good"'},
    {},
]


def answer(endpoint, *, first=0):
    """What the API shows: rows whose attributes no schema names yet, the first with a broker."""
    rows = [
        f'{{"type":"fee-transaction","id":"t{first + place}","attributes":{{"tradeDate":"{on(5)}","valueDate":"{on(5)}"'
        + "".join(f',"{name}":{value}' for name, value in said.items())
        + '},"relationships":{"account":{"data":{"type":"account","id":"A"}}'
        + (',"broker":{"data":{"type":"broker","id":"b1"}}' if not place else "")
        + "}}"
        for place, said in enumerate(SAID)
    ]
    return parser(endpoint, parent_id="A", now=lambda: at(1))(f'{{"data":[{",".join(rows)}]}}'.encode())


def compared(warehouse: Warehouse, endpoint, run_id: str, batches):
    proven = Proven(
        parent_id="A",
        span=Window(on(0), on(9)),
        new=Window(on(0), on(9)),
        covered=Window(on(0), on(9)),
        first_load=False,
    )
    run = Run(run_id=run_id, now=at(2), max_removed_share=1.0)
    with warehouse.open() as store:
        return differences(
            store, endpoint, batches, [proven], asked=[("A", None)] * len(batches), seen_before=(), run=run
        )


@pytest.fixture
def warehouse(tmp_path):
    made = Warehouse("acme", tmp_path)
    found = compared(made, OLD, "first", [answer(OLD).batch])
    ledger = Ledger()
    ledger.note_drift("transactions", ["barrierLevel", "mood"], at(1))
    drift = Rows(schema=SYNC_DRIFT, data=ledger.take_drift({"transactions.barrierLevel": 2, "transactions.mood": 1}))
    made.write([found.rows, found.changes, drift], ledger.to_state())
    return made


def rows(warehouse: Warehouse) -> dict[str, dict]:
    with warehouse.open() as store:
        table = store.sql.sql(f"SELECT * FROM {store.rows(WIDER)}").to_arrow_table()
    return {row["id"]: row for row in table.to_pylist()}


def test_values_go_from_extra_into_their_columns_and_nothing_else_changes(warehouse):
    """Numbers to the last digit, relationships too; what a column cannot hold stays in extra."""
    ledger = Ledger.from_state(warehouse.state())

    assert promote(warehouse, ledger, [WIDER]) == {"transactions": 3}

    stored = rows(warehouse)
    assert stored["t0"]["barrier_level"] == Decimal("12.5")
    assert (stored["t0"]["desk"], stored["t0"]["broker_id"], stored["t0"]["extra"]) == ("Zürich", "b1", None)
    assert stored["t1"]["barrier_level"] == Decimal("0.123456789012")
    assert json.loads(stored["t1"]["extra"]) == {"barrierLevel": "0.1234567890123456789"}
    assert stored["t2"]["desk"] is None
    assert json.loads(stored["t2"]["extra"]) == {"desk": "7", "mood": "good"}
    assert list(ledger.drift) == ["transactions.mood"]
    with warehouse.open() as store:
        assert store.sql.execute("SELECT name FROM store.aleta.sync_drift").fetchall() == [("mood",)]


def test_the_next_read_finds_nothing_changed_d2(warehouse):
    """D2: the feed does not tell of what did not change upstream; what it said before stays."""
    promote(warehouse, Ledger.from_state(warehouse.state()), [WIDER])

    found = compared(warehouse, NEW, "second", [answer(NEW).batch])

    assert found.counts == {"added": 0, "modified": 0, "removed": 0, "unchanged": len(SAID)}
    with warehouse.open() as store:
        assert store.sql.execute("SELECT count(*) FROM store.aleta.transaction_changes").fetchone() == (len(SAID),)


def test_without_it_the_next_read_takes_them_for_modified(warehouse):
    """The check that the check above can fail."""
    found = compared(warehouse, NEW, "second", [answer(NEW).batch])

    assert found.counts["modified"] == 3


def test_a_promotion_cut_short_is_gone_on_with_c1(warehouse, monkeypatch):
    """C1: killed after its second package, the next run moves the rest, and looks at no row again."""
    monkeypatch.setattr(promoting, "ROWS", 1)
    ledger = Ledger.from_state(warehouse.state())
    write, written = warehouse.write, []

    def killed(package, state):
        if len(written) > 1:
            raise KeyboardInterrupt
        written.append(package)
        write(package, state)

    monkeypatch.setattr(warehouse, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        promote(warehouse, ledger, [WIDER])
    monkeypatch.setattr(warehouse, "write", write)

    promote(warehouse, Ledger.from_state(warehouse.state()), [WIDER])

    assert rows(warehouse)["t2"]["desk"] is None
    found = compared(warehouse, NEW, "second", [answer(NEW).batch])
    assert found.counts["unchanged"] == len(SAID)


def test_a_warehouse_that_is_up_to_date_is_left_alone(warehouse):
    """No package is written for nothing."""
    promote(warehouse, Ledger.from_state(warehouse.state()), [WIDER])

    assert promote(warehouse, Ledger.from_state(warehouse.state()), [WIDER]) == {}


def test_rows_without_a_hash_are_promoted_too(tmp_path):
    """Tables of objects have no row_hash."""
    accounts = CATALOGUE["accounts"].schema
    wider = pa.schema([*accounts, number("overdraft_limit", "How far", unit="account currency")], accounts.metadata)
    made = Warehouse("acme", tmp_path)
    row = dict.fromkeys(accounts.names) | {"id": "a", "extra": '{"overdraftLimit":5.25}', "first_seen_at": at(0)}
    made.write([Rows(schema=accounts, data=pa.Table.from_pylist([row], accounts.remove_metadata()))], {})

    promote(made, Ledger(), [wider])

    with made.open() as store:
        stored = store.sql.sql(f"SELECT id, overdraft_limit, extra FROM {store.rows(wider)}").fetchall()
    assert stored == [("a", Decimal("5.25"), None)]
