"""The rules D and X3, one by one."""

import json
from dataclasses import replace
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from pipelines.compare.differences import Proven, Run, Suspicion, differences
from pipelines.compare.row_hash import row_hash
from pipelines.warehouse.warehouse import GONE
from schemas.table import described_by_api
from schemas.transactions import TRANSACTIONS
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from tests.stores import at, memory_store, on

SAID = described_by_api(TRANSACTIONS)
NOW = at(400)
FIRST_RUN = Run(run_id="first", now=at(300), max_removed_share=1.0)
RUN = Run(run_id="run", now=NOW, max_removed_share=1.0)


@pytest.fixture
def store():
    with memory_store() as empty:
        yield empty


def row(own_id: str, account: str = "A", day: int = 5, **more) -> dict[str, object]:
    return {"id": own_id, "type": "fee", "account_id": account, "trade_date": on(day), "value_date": on(day)} | more


def fx(own_id: str, inflow: str, outflow: str, day: int = 5) -> dict[str, object]:
    ends = {"account_id": None, "inflow_account_id": inflow, "outflow_account_id": outflow}
    return row(own_id, day=day) | {"type": "fx-spot-transaction"} | ends


def batch(*rows) -> pa.RecordBatch:
    full = [{name: one.get(name) for name in SAID.names} for one in rows]
    return pa.RecordBatch.from_pylist(full, schema=SAID)


def proof(account: str = "A", first: int = 0, last: int = 10, **more) -> Proven:
    """Days *first* to *last* read; everything up to day 5 was covered before."""
    given = {"new_from": on(first), "covered": Window(on(0), on(5)), "first_load": False} | more
    return Proven(parent_id=account, span=Window(on(first), on(last)), **given)


def compare(store, batches, proven, *, seen_before=(), run=RUN):
    return differences(store, CATALOGUE["transactions"], list(batches), list(proven), seen_before=seen_before, run=run)


def fill(store, *rows):
    """The warehouse as an earlier run left it."""
    store.merge(compare(store, [batch(*rows)], [], run=FIRST_RUN).rows)


def removed(found) -> set[str]:
    return {line["id"] for line in found.rows.data.to_pylist() if line[GONE]}


def test_a_first_package_into_an_empty_warehouse_is_all_new_and_no_news(store):
    """Without a table every row is added, and a first load is not repeated in the feed."""
    found = compare(store, [batch(row("1"), row("2"))], [proof(first_load=True, covered=None)])
    assert found.counts == {"added": 2, "modified": 0, "unchanged": 0, "removed": 0}
    assert found.changes.data.num_rows == 0


def test_a_package_without_an_answer_changes_nothing(store):
    """No batch and nothing proven: no row, no change, no count."""
    fill(store, row("1"))
    found = compare(store, [], [])
    assert (found.rows.data.num_rows, found.changes.data.num_rows, found.counts.total()) == (0, 0, 0)


def test_d2_unchanged_rows_are_not_loaded(store):
    """A second reading of the same rows brings counts and nothing else."""
    fill(store, row("1"), row("2"))
    found = compare(store, [batch(row("2"), row("1"))], [proof()])
    assert found.rows.data.num_rows == found.changes.data.num_rows == 0
    assert found.counts["unchanged"] == 2


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param("category = 'spoilt'", id="a-text"),
        pytest.param("account_amount = account_amount + 0.000000000001", id="a-digit"),
        pytest.param("comment = NULL", id="a-value-lost"),
        pytest.param("""extra = '{"a":1}'""", id="extra"),
        pytest.param("row_hash = 'x'", id="the-hash-itself"),
    ],
)
def test_a_row_that_was_spoilt_in_the_warehouse_is_found_by_who_distrusts_it(store, spoilt):
    """A run takes a row for what its hash says; `verify` looks at what it holds, and tells of it once."""
    fill(store, row("1", account_amount=Decimal("1.5"), comment="x"), row("2"))
    store.sql.execute(f"UPDATE store.aleta.transactions SET {spoilt} WHERE id = '1'")
    found = compare(
        store,
        [batch(row("1", account_amount=Decimal("1.5"), comment="x"), row("2"))],
        [proof()],
        run=replace(RUN, distrusts=True, tells_all=True),
    )
    assert (found.counts["modified"], found.counts["unchanged"], found.counts["added"]) == (1, 1, 0)
    assert [(one["op"], one["id"]) for one in found.changes.data.to_pylist()] == [("modified", "1")]


def test_sound_rows_are_unchanged_for_who_distrusts_them_too(store):
    """Hashed anew they are what they were."""
    full = row("1", account_amount=Decimal("-0.1"), comment="| ü", extra='{"a":"1E-13","b":[1.50,null]}')
    fill(store, full, row("2", trade_date=None))
    found = compare(store, [batch(full, row("2", trade_date=None))], [proof()], run=replace(RUN, distrusts=True))
    assert (found.counts["unchanged"], found.counts.total()) == (2, 2)


@pytest.mark.parametrize(
    ("trade", "value", "gone"),
    [
        pytest.param(2, 8, True, id="both-inside"),
        pytest.param(2, 9, False, id="value-date-behind-the-span"),
        pytest.param(1, 8, False, id="trade-date-before-the-span"),
        pytest.param(9, 1, False, id="both-outside"),
        pytest.param(5, None, True, id="only-one-date-and-that-inside"),
        pytest.param(None, None, False, id="no-date"),
    ],
)
def test_d3_a_row_is_gone_only_if_both_its_dates_are_proven(store, trade, value, gone):
    """Which date filters is unknown, so a row may be missed only where all its dates were asked for."""
    fill(store, row("1", trade_date=trade and on(trade), value_date=value and on(value)))
    found = compare(store, [], [proof(first=2, last=8)])
    assert removed(found) == ({"1"} if gone else set())


def test_d3_what_an_earlier_package_compared_is_not_compared_again(store):
    """Rows that lie wholly before the days this package adds are settled: its answers do not hold them."""
    fill(store, row("old", day=3), row("reaches", trade_date=on(3), value_date=on(6)))
    found = compare(store, [], [proof(first=0, last=10, new_from=on(6))])
    assert removed(found) == {"reaches"}


def test_d3_a_row_that_an_earlier_package_brought_is_not_gone(store):
    """A row listed in one package by its trade date is not missed in the next, where its value date lies."""
    fill(store, row("1", trade_date=on(3), value_date=on(6)))
    assert removed(compare(store, [], [proof(new_from=on(6))], seen_before=["1"])) == set()


def test_d3_an_account_that_was_not_read_removes_nothing(store):
    """Gone, forbidden or failing: nothing is proven of it, so its rows stay."""
    fill(store, row("1", "A"), row("2", "B"))
    assert removed(compare(store, [], [proof("A")])) == {"1"}


def test_d3_a_row_that_moved_to_another_account_is_modified_not_removed(store):
    """An id in any answer of the package is there, whoever's answer it is."""
    fill(store, row("1", "A"))
    found = compare(store, [batch(row("1", "B"))], [proof("A"), proof("B")])
    assert found.counts == {"added": 0, "modified": 1, "unchanged": 0, "removed": 0}


@pytest.mark.parametrize("account", ["A", "B"])
def test_d3_an_fx_spot_is_gone_when_either_account_misses_it(store, account):
    """It is listed under both its accounts, so either one's answer tells."""
    fill(store, fx("x", "A", "B"))
    found = compare(store, [], [proof(account)])
    assert removed(found) == {"x"}
    assert found.counts["removed"] == 1


def test_d3_an_fx_spot_that_both_accounts_miss_is_removed_once(store):
    """Two parents that miss one row make one removal and one line in the feed."""
    fill(store, fx("x", "A", "B"))
    found = compare(store, [], [proof("A"), proof("B")])
    assert (found.rows.data.num_rows, found.changes.data.num_rows, found.counts["removed"]) == (1, 1, 1)


def test_d3_an_fx_spot_listed_under_one_account_is_not_gone_from_the_other(store):
    """The two accounts' answers are one package: what one lists is there."""
    fill(store, fx("x", "A", "B"))
    assert removed(compare(store, [batch(fx("x", "A", "B"))], [proof("A"), proof("B")])) == set()


@pytest.mark.parametrize(("share", "gone"), [(0.5, 2), (0.49, 0), (1.0, 2), (0.0, 0)])
def test_d3_more_than_the_share_of_an_account_gone_at_once_is_not_believed(store, share, gone):
    """Two of four rows gone: just the share is removed, more than it is doubted, and the doubt names the account."""
    fill(store, row("1"), row("2"), row("3"), row("4", day=30), row("5", "B"))
    found = compare(store, [batch(row("3"))], [proof()], run=replace(RUN, max_removed_share=share))
    assert found.counts["removed"] == len(removed(found)) == gone
    assert list(found.suspicions) == ([] if gone else [Suspicion(parent_id="A", gone=2, rows=4)])


def test_d3_an_account_in_doubt_does_not_hold_back_the_others(store):
    """The rows of one account are doubted; the other's single row of three goes."""
    fill(store, row("1", "A"), *(row(f"b{number}", "B") for number in range(3)))
    found = compare(
        store,
        [batch(row("b0", "B"), row("b1", "B"))],
        [proof("A"), proof("B")],
        run=replace(RUN, max_removed_share=0.5),
    )
    assert removed(found) == {"b2"}
    assert [one.parent_id for one in found.suspicions] == ["A"]


def test_d3_an_fx_spot_counts_as_missed_by_each_of_its_accounts(store):
    """All of a small account's rows gone is doubted, even where they are few of the large account's."""
    fill(store, fx("x", "A", "Z"), *(row(f"a{number}", "A") for number in range(9)))
    kept = batch(*(row(f"a{number}", "A") for number in range(9)))
    found = compare(store, [kept], [proof("A"), proof("Z")], run=replace(RUN, max_removed_share=0.5))
    assert removed(found) == set()
    assert list(found.suspicions) == [Suspicion(parent_id="Z", gone=1, rows=1)]


def test_d4_a_window_that_became_empty_removes_its_rows(store):
    """An answer without rows is an answer."""
    fill(store, row("1"), row("2"), row("3", day=20))
    found = compare(store, [batch()], [proof()])
    assert removed(found) == {"1", "2"}


def test_d5_one_id_in_several_answers_is_one_row_and_the_last_one_counts(store):
    """An id read twice is loaded once, as it was read last."""
    found = compare(store, [batch(row("1", comment="old"), row("2")), batch(row("1", comment="new"))], [proof()])
    assert found.rows.data.num_rows == found.counts["added"] == 2
    assert {line["id"]: line["comment"] for line in found.rows.data.to_pylist()} == {"1": "new", "2": None}


def test_an_added_row_keeps_its_two_instants_and_a_modified_one_its_first(store):
    """`first_seen_at` is never moved; `changed_at` is the run's."""
    fill(store, row("1"))
    store.merge(compare(store, [batch(row("1", comment="edited"), row("2"))], [proof()]).rows)
    seen = {own_id: (one["first_seen_at"], one["changed_at"]) for own_id, one in store.read(TRANSACTIONS).items()}
    assert seen == {"1": (FIRST_RUN.now, NOW), "2": (NOW, NOW)}


def test_x1_the_feed_keeps_every_digit_as_text(store):
    """`before` and `after` are JSON with the warehouse's names and each value as text."""
    fill(store, row("1", account_amount=Decimal("12345678901234567890.123456789012")))
    found = compare(store, [batch(row("1", account_amount=Decimal("0.1")))], [proof()])
    (line,) = found.changes.data.to_pylist()
    before, after = json.loads(line["before"]), json.loads(line["after"])
    assert before["account_amount"] == "12345678901234567890.123456789012"
    assert after["account_amount"] == "0.100000000000"
    assert set(before) == set(after) == set(SAID.names)


@pytest.mark.parametrize(
    ("day", "late"),
    [
        pytest.param(1, False, id="before-what-was-covered"),
        pytest.param(2, True, id="its-first-day"),
        pytest.param(5, True, id="its-last-day"),
        pytest.param(6, False, id="behind-it"),
    ],
)
@pytest.mark.parametrize("op", ["added", "modified", "removed"])
def test_late_says_that_the_day_was_already_covered(store, op, day, late):
    """A change is late when the first of its days lies in the span that an earlier run had proven complete."""
    was, shows = row("1", day=day, value_date=on(9)), row("1", day=day, value_date=on(9), comment="edited")
    fill(store, *([] if op == "added" else [was]))
    answer = [] if op == "removed" else [batch(shows)]
    found = compare(store, answer, [proof(covered=Window(on(2), on(5)))])
    (line,) = found.changes.data.to_pylist()
    assert (line["op"], line["late"]) == (op, late)


def test_a_first_load_is_news_for_the_account_that_was_loaded_before(store):
    """An fx-spot between a new and a known account is in the feed: the known one's reader has not seen it."""
    found = compare(store, [batch(fx("x", "A", "B"), row("1", "A"))], [proof("A", first_load=True), proof("B")])
    assert [line["id"] for line in found.changes.data.to_pylist()] == ["x"]


def hashes(columns, *rows) -> list[str]:
    with duckdb.connect(":memory:") as sql:
        sql.register("rows", pa.Table.from_batches([batch(*rows)]))
        return [found for (found,) in sql.sql(f"SELECT {row_hash(columns)} FROM rows").fetchall()]


def test_x3_the_hash_does_not_depend_on_the_order_of_columns():
    """The same content hashes the same, whatever order a schema lists its columns in."""
    content = row("1", account_amount=Decimal(1), comment="a", extra='{"b":1}')
    assert hashes(SAID, content) == hashes([*SAID][::-1], content)


VALUES = {
    pa.string(): ("a", "b"),
    pa.date32(): (on(1), on(2)),
    pa.bool_(): (True, False),
    SAID.field("units").type: (Decimal("0.000000000001"), Decimal("0.000000000002")),
}


@pytest.mark.parametrize("name", SAID.names)
def test_x3_a_change_of_any_column_is_a_change_of_the_hash(name):
    """One value or another or none, in each column: three different hashes."""
    one, other = VALUES[SAID.field(name).type]
    rows = [dict.fromkeys(SAID.names) | {name: value} for value in (one, other, None)]
    assert len(set(hashes(SAID, *rows))) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"comment": "a\x1fextra=b"}, {"comment": "a", "extra": "b"}, id="a-separator-in-the-text"),
        pytest.param({"comment": "a\x1e1"}, {"comment": "a"}, id="what-separates-the-lengths-in-the-text"),
        pytest.param({"comment": ""}, {}, id="empty-and-none"),
        pytest.param({"category": "x", "comment": ""}, {"category": "", "comment": "x"}, id="another-column"),
        pytest.param({"comment": "a\x00b"}, {"comment": "a"}, id="a-nul-in-the-text"),
    ],
)
def test_x3_no_text_can_pass_for_another_row(one, other):
    """Rows that differ hash differently, whatever characters their text holds."""
    assert len(set(hashes(SAID, one, other))) == 2
