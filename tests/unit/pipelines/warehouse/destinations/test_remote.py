"""Rows from elsewhere: what is asked for comes, however many values it takes, and nothing twice."""

from collections import Counter
from datetime import date
from decimal import Decimal
from random import Random

import duckdb
import pytest

from pipelines.warehouse.destinations.dialect import DUCKDB
from pipelines.warehouse.destinations.naming import dataset_of
from pipelines.warehouse.destinations.remote import VALUES, RemoteStore
from pipelines.warehouse.store import DuckDbStore, Slice
from schemas.transactions import TRANSACTIONS
from tests.stores import at, memory_store, on
from tests.unit.pipelines.warehouse.destinations.elsewhere import Elsewhere

PARENTS = ("account_id", "inflow_account_id", "outflow_account_id")
DAYS = ("trade_date", "value_date")


@pytest.fixture
def there():
    """The database elsewhere."""
    with memory_store() as store:
        yield store


@pytest.fixture
def client(there):
    return Elsewhere(there.sql)


@pytest.fixture
def remote(client):
    with duckdb.connect(":memory:") as sql:
        sql.execute("SET TimeZone = 'UTC'")
        yield RemoteStore(sql, client, dialect=DUCKDB, misfits=Counter())


def transaction(number: int, **more) -> dict:
    usual = {
        "type": "fee-transaction",
        "account_id": f"a{number % 7}",
        "trade_date": on(number),
        "value_date": on(number),
    }
    return {"id": f"t{number}", "row_hash": f"{number:x}", "first_seen_at": at(0)} | usual | more


def ids(store, relation: str) -> list[str]:
    return sorted(row[0] for row in store.sql.execute(f"SELECT id FROM {relation}").fetchall())


def test_a_row_comes_as_it_is(there, remote):
    """Decimals, days, instants, JSON and words, digit for digit; what the table lacks is null."""
    row = transaction(
        1, account_amount=Decimal("12345678901234567890123456.000000000001"), extra='{"b": 1.50, "a": 1e5}'
    )
    there.put(TRANSACTIONS, [row])
    there.sql.execute("ALTER TABLE store.aleta.transactions DROP COLUMN comment")

    (found,) = remote.sql.sql(f"SELECT * FROM {remote.rows(TRANSACTIONS)}").to_arrow_table().to_pylist()

    assert found == dict.fromkeys(TRANSACTIONS.names) | row


def test_before_the_first_load_there_are_no_rows(remote):
    """No table is an empty relation, nobody counted and nothing repeated."""
    assert ids(remote, remote.rows(TRANSACTIONS)) == []
    assert remote.count(TRANSACTIONS, PARENTS, ["a1"]) == {}
    assert remote.repeated(TRANSACTIONS) == 0


def test_rows_asked_for_by_key_are_not_fetched_again(there, client, remote):
    """Ids that a slice of parents brought are left out; each row is there once."""
    there.put(TRANSACTIONS, [transaction(number) for number in range(20)])

    relation = remote.rows(
        TRANSACTIONS,
        ["row_hash"],
        [Slice(column="id", values=["t1", "t2", "t99"]), Slice(column="account_id", values=["a1"])],
    )

    assert ids(remote, relation) == ["t1", "t15", "t2", "t8"]
    assert client.asked[-1][1] == ("t2", "t99")


def test_more_values_than_a_statement_takes(there, remote):
    """Thousands of ids come in several statements, all of them."""
    there.put(TRANSACTIONS, [transaction(number) for number in range(2 * VALUES + 5)])
    wanted = [f"t{number}" for number in range(1, 2 * VALUES + 4)]

    assert ids(remote, remote.rows(TRANSACTIONS, ["row_hash"], [Slice(column="id", values=wanted)])) == sorted(wanted)


def test_small_tables_are_brought_once(there, client, remote):
    """A whole table that is asked for again is the one that is there."""
    there.put(TRANSACTIONS, [transaction(1)])

    assert remote.rows(TRANSACTIONS) == remote.rows(TRANSACTIONS)
    assert len(client.asked) == 2  # its columns, and its rows


@pytest.mark.parametrize("seed", range(30))
def test_slices_bring_what_they_mean(there, remote, seed):
    """Any slices bring exactly their rows, and counts and repeated keys are those of the database itself."""
    chance = Random(seed)

    def somebody():
        return chance.choice([None, *(f"a{number}" for number in range(4))])

    def some_day():
        return chance.choice([None, *(on(number) for number in range(12))])

    rows = [
        {"id": f"t{number}"} | {name: somebody() for name in PARENTS} | {name: some_day() for name in DAYS}
        for number in range(60)
    ]
    there.put(TRANSACTIONS, rows)
    slices = [
        Slice(column=chance.choice(PARENTS), values=["a1", "a2"], days=DAYS, first=on(first), last=on(first + 4))
        for first in (chance.randrange(10), chance.randrange(10))
    ] + [Slice(column="id", values=["t3", "t4"]), Slice(days=DAYS[:1], first=on(10))]

    found = ids(remote, remote.rows(TRANSACTIONS, [*PARENTS, *DAYS], slices))

    assert found == sorted(row["id"] for row in rows if any(meant(selection, row) for selection in slices))
    assert remote.count(TRANSACTIONS, PARENTS, ["a1", "a2"]) == counted(rows, ["a1", "a2"])
    assert DuckDbStore(there.sql).count(TRANSACTIONS, PARENTS, ["a1", "a2"]) == counted(rows, ["a1", "a2"])
    assert remote.repeated(TRANSACTIONS) == 0


def meant(selection: Slice, row: dict) -> bool:
    latest = max((row[day] for day in selection.days if row[day]), default=None)
    bounded = selection.first > date.min or selection.last < date.max
    in_time = not bounded or (latest is not None and selection.first <= latest <= selection.last)
    return in_time and (not selection.column or row[selection.column] in selection.values)


def counted(rows, values) -> dict[str, int]:
    found = {value: sum(value in [row[name] for name in PARENTS] for row in rows) for value in values}
    return {value: count for value, count in found.items() if count}


def test_a_key_that_is_there_twice_is_told(there, remote):
    """What `verify` asks needs no rows to travel."""
    there.put(TRANSACTIONS, [transaction(1), transaction(2)])
    there.sql.execute("INSERT INTO store.aleta.transactions SELECT * FROM store.aleta.transactions WHERE id = 't1'")

    assert remote.repeated(TRANSACTIONS) == DuckDbStore(there.sql).repeated(TRANSACTIONS) == 1


def test_the_private_file_lacks_a_column_that_is_new(there):
    """A schema that grew reads null from a table that did not yet."""
    there.put(TRANSACTIONS, [transaction(1)])
    there.sql.execute("ALTER TABLE store.aleta.transactions DROP COLUMN comment")
    store = DuckDbStore(there.sql)

    assert there.sql.execute(f"SELECT id, comment FROM {store.rows(TRANSACTIONS)}").fetchall() == [("t1", None)]


@pytest.mark.parametrize(
    "names", [("acme-x", "acme_x"), ("a--b", "a_b"), ("acme_", "acme"), ("a-b", "a--b"), ("a", "a_staging")]
)
def test_no_two_tenants_share_a_dataset_c3(names):
    """C3: names that a database may fold into one stay apart, and no dataset is another's staging."""
    first, second = map(dataset_of, names)

    assert len({first, second, f"staging_{first}", f"staging_{second}"}) == 4
    assert all(part.isidentifier() and "__" not in part for part in (first, second))
