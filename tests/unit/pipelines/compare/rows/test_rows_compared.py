"""Rows that came against rows that are there: new, unchanged, spoilt, or listed twice (D2, D5, X1)."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from schemas.transactions import TRANSACTION_CHANGES, TRANSACTIONS
from sources.aleta.planning.windows import Window
from tests.stores import on
from tests.unit.pipelines.compare.stored import FIRST_RUN, NOW, RUN, SAID, batch, compare, fill, fx, proof, row


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
    assert [(change["op"], change["id"]) for change in found.changes.data.to_pylist()] == [("modified", "1")]


def test_sound_rows_are_unchanged_for_who_distrusts_them_too(store):
    """Hashed anew they are what they were."""
    full = row("1", account_amount=Decimal("-0.1"), comment="| ü", extra='{"a":"1E-13","b":[1.50,null]}')
    fill(store, full, row("2", trade_date=None))
    found = compare(store, [batch(full, row("2", trade_date=None))], [proof()], run=replace(RUN, distrusts=True))
    assert (found.counts["unchanged"], found.counts.total()) == (2, 2)


def test_d5_one_id_in_several_answers_is_one_row_and_the_last_one_counts(store):
    """An id read twice is loaded once, as it was read last."""
    found = compare(store, [batch(row("1", comment="old"), row("2")), batch(row("1", comment="new"))], [proof()])
    assert found.rows.data.num_rows == found.counts["added"] == 2
    assert {line["id"]: line["comment"] for line in found.rows.data.to_pylist()} == {"1": "new", "2": None}


def test_an_added_row_keeps_its_two_instants_and_a_modified_one_its_first(store):
    """`first_seen_at` is never moved; `changed_at` is the run's."""
    fill(store, row("1"))
    store.merge(compare(store, [batch(row("1", comment="edited"), row("2"))], [proof()]).rows)
    seen = {own_id: (row["first_seen_at"], row["changed_at"]) for own_id, row in store.read(TRANSACTIONS).items()}
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


def test_what_the_feed_told_of_is_news_also_to_a_first_load(store):
    """Its account lost it, that was told and the run was killed; the account that has it now is loaded after that."""
    fill(store, row("1", "A"), row("2", "A"))
    lost = compare(store, [batch(row("2", "A"))], [proof("A")])
    store.merge(lost.rows)
    store.merge(lost.changes)

    first_load = [proof("B", first_load=True, covered=None)]
    found = compare(store, [batch(row("1", "B"), row("3", "B"))], first_load, run=replace(RUN, run_id="next"))

    assert [(change["op"], change["id"]) for change in found.changes.data.to_pylist()] == [("added", "1")]
    assert found.counts["added"] == 2


def test_a_first_load_is_news_for_the_account_that_was_loaded_before(store):
    """An fx-spot between a new and a known account is in the feed: the known one's reader has not seen it."""
    found = compare(store, [batch(fx("x", "A", "B"), row("1", "A"))], [proof("A", first_load=True), proof("B")])
    assert [line["id"] for line in found.changes.data.to_pylist()] == ["x"]


def test_late_rows_are_counted_for_the_parents_that_are_read_in_part(store):
    """Rule 10 of the trials: added in days that were covered; a first load and a whole reading tell nothing by it."""
    fill(store, row("old", day=3))
    rows = [row(f"{account}{day}", account, day=day) for account in "ABC" for day in (2, 3, 6)]
    part = {"settles": False, "reach": Window(on(0), on(10))}
    proven = [proof("A", **part), proof("B"), proof("C", first_load=True, **part)]
    found = compare(store, [batch(row("old", day=3), *rows)], proven)
    assert found.late == {"A": 2}


def loaded(store, shows, *, run=RUN) -> tuple[dict[str, int], list[tuple]]:
    """Compare one more package of *run* and commit it: its counts, and what the feed says of the run by now."""
    found = compare(store, shows, [proof("A"), proof("B")], run=run)
    store.merge(found.rows)
    store.merge(found.changes)
    told = store.read(TRANSACTION_CHANGES).values() if store.columns(TRANSACTION_CHANGES) else ()
    said = [(line["op"], line["id"], _comment(line["before"]), _comment(line["after"])) for line in told]
    return dict(found.counts), said


def _comment(content: str | None) -> str | None:
    return json.loads(content)["comment"] if content else content


def test_what_one_run_changes_twice_is_one_change(store):
    """Each step starts from what was there before the run, and the counts of both packages say so together."""
    fill(store, row("1", comment="a"))
    loaded(store, [batch(row("1", comment="b"))])
    counts, told = loaded(store, [batch(row("1", comment="c"))])
    assert told == [("modified", "1", "a", "c")]
    assert counts == {"added": 0, "modified": 0, "unchanged": 0, "removed": 0}


def test_a_row_that_a_later_package_shows_elsewhere_is_modified(store):
    """It left one account, and another that is read later has it: it was never gone."""
    fill(store, row("1", "A", comment="a"))
    assert loaded(store, [])[1] == [("removed", "1", "a", None)]
    counts, told = loaded(store, [batch(row("1", "B", comment="b"))])
    assert told == [("modified", "1", "a", "b")]
    assert counts == {"added": 0, "modified": 1, "unchanged": 0, "removed": -1}


def test_what_is_back_as_it_was_within_a_run_is_no_change(store):
    """A row that was missed and is there all the time; one that came and went."""
    fill(store, row("1", comment="a"))
    loaded(store, [])
    assert loaded(store, [batch(row("1", comment="a"), row("2"))])[1] == [("added", "2", None, None)]
    assert loaded(store, [batch(row("1", comment="a"))])[1] == []


def test_what_another_run_told_stays(store):
    """The feed is a record: only the run itself takes back what it said."""
    fill(store, row("1", comment="a"))
    loaded(store, [])
    counts, told = loaded(store, [batch(row("1", comment="a"))], run=replace(RUN, run_id="next"))
    assert sorted(told) == [("added", "1", None, "a"), ("removed", "1", "a", None)]
    assert (counts["added"], counts["removed"]) == (1, 0)
