"""The macro changes_since, and the example family beside its feed."""

from __future__ import annotations

import json

from schemas.guide import opened
from schemas.transactions import TRANSACTIONS
from schemas.views.example import ROWS, as_feed
from tests.unit.schemas.views.memory import D, paid, rows

DAYS = [f"2026-06-0{day} 02:00:00+00" for day in range(1, 6)]


def _row(own_id, amount, seen=0, changed=0):
    return paid(own_id, "2026-05-01", amount) | {"first_seen_at": DAYS[seen], "changed_at": DAYS[changed]}


def _step(day, op, before=None, after=None, *, late="false"):
    row = before or after
    return {
        "run_id": f"r{day}",
        "changed_at": DAYS[day],
        "op": op,
        "id": row["id"],
        "late": late,
        "before": as_feed(before) if before else None,
        "after": as_feed(after) if after else None,
    }


def _changed(*steps, now=(), since=DAYS[1]):
    return rows(
        "SELECT id, op, account_amount_before, account_amount_after, columns_changed "
        f"FROM aleta.changes_since('{since}') ORDER BY id",
        transaction_changes=steps,
        transactions=now,
    )


def test_changes_are_those_after_the_moment():
    """What the run of that moment saw is known already: its own steps are stamped with it."""
    old, new = _row("t1", "1"), _row("t1", "2", changed=2)
    known = _row("t2", "7", changed=1)
    steps = _step(2, "modified", old, new), _step(1, "modified", _row("t2", "6"), known)

    assert _changed(*steps, now=[new, known]) == [("t1", "modified", D(1), D(2), ["account_amount"])]


def test_several_steps_are_one_change_from_first_to_last():
    """1 became 2, then 3: from 1 to 3."""
    first, second, third = _row("t1", "1"), _row("t1", "2", changed=2), _row("t1", "3", changed=3)

    found = _changed(_step(3, "modified", second, third), _step(2, "modified", first, second), now=[third])

    assert found == [("t1", "modified", D(1), D(3), ["account_amount"])]


def test_what_came_and_went_or_changed_back_is_no_change():
    """The transactions are what they were."""
    came = _row("t1", "1", seen=2, changed=2)
    first, other, back = _row("t2", "1"), _row("t2", "2", changed=2), _row("t2", "1", changed=3)
    steps = (
        _step(2, "added", after=came),
        _step(3, "removed", came),
        _step(2, "modified", first, other),
        _step(3, "modified", other, back),
    )

    assert _changed(*steps, now=[back]) == []


def test_what_was_modified_and_then_removed_shows_what_it_was():
    """The state at the moment, not that of the removal; and by it the account it was on."""
    first, second = _row("t1", "1"), _row("t1", "2", changed=2)

    assert _changed(_step(2, "modified", first, second), _step(3, "removed", second)) == [
        ("t1", "removed", D(1), None, None)
    ]


def test_what_was_added_and_then_modified_is_added():
    """It was not there at the moment."""
    came, now = _row("t1", "1", seen=2, changed=2), _row("t1", "2", seen=2, changed=3)

    assert _changed(_step(2, "added", after=came), _step(3, "modified", came, now), now=[now]) == [
        ("t1", "added", None, D(2), None)
    ]


def test_a_first_load_after_the_moment_is_added_also_where_it_was_modified_since():
    """The feed does not repeat a first load: first_seen_at tells of it."""
    loaded, before, now = _row("t1", "1", 2, 2), _row("t2", "5", 2, 2), _row("t2", "6", 2, 3)

    found = _changed(_step(3, "modified", before, now), now=[loaded, now])

    assert found == [("t1", "added", None, D(1), None), ("t2", "added", None, D(6), None)]


def test_what_moved_to_another_account_in_one_run_is_modified():
    """The run removes it from one account and adds it on the other, at one and the same time."""
    old, new = _row("t1", "1"), _row("t1", "1", seen=2, changed=2) | {"account_id": "a2"}

    for steps in (
        (_step(2, "removed", old), _step(2, "added", after=new)),
        (_step(2, "added", after=new), _step(2, "removed", old)),
    ):
        assert _changed(*steps, now=[new]) == [("t1", "modified", D(1), D(1), ["account_id"])]


def test_a_moment_before_everything_gives_everything():
    """Who begins with nothing gets all that is there."""
    assert _changed(now=[_row("t1", "1")], since="1970-01-01 00:00:00+00") == [("t1", "added", None, D(1), None)]


def test_before_and_after_are_whole_rows_as_the_feed_has_them():
    """Column by column, numbers as text with their digits; an exchange's two legs too."""
    spot = {
        "id": "t1",
        "type": "fx-spot-transaction",
        "inflow_account_id": "a2",
        "inflow_account_amount": "0.123456789012",
        "outflow_account_id": "a1",
        "outflow_account_amount": "-12345678901234567890123456.1",
        "extra": '{"odd": 1.10}',
        "first_seen_at": DAYS[0],
        "changed_at": DAYS[2],
    }
    was = spot | {"inflow_account_amount": "0.5"}
    with opened(
        {"transactions": [spot], "transaction_changes": [_step(2, "modified", was, spot, late="true")]}
    ) as connection:
        found = connection.sql(f"FROM aleta.changes_since(TIMESTAMPTZ '{DAYS[1]}')").to_arrow_table().to_pylist()[0]

    assert json.loads(found["after"]) == json.loads(as_feed(spot))
    assert json.loads(found["before"]) == json.loads(as_feed(was))
    assert list(json.loads(found["after"])) == [
        name for name in TRANSACTIONS.names if name not in {"first_seen_at", "changed_at", "row_hash"}
    ]
    assert found["late"] is True
    assert (found["inflow_account_id"], found["outflow_account_id"], found["account_id"]) == ("a2", "a1", None)
    assert (found["inflow_account_amount_before"], found["inflow_account_amount_after"]) == (
        D("0.5"),
        D("0.123456789012"),
    )
    assert found["outflow_account_amount_after"] == D("-12345678901234567890123456.1")


def test_the_example_family_is_consistent_with_its_own_feed():
    """Each change's last `after` is the row that is there now; what was removed is not there."""
    now = {row["id"]: row for row in ROWS["transactions"]}
    for step in ROWS["transaction_changes"]:
        assert (step["id"] in now) is (step["op"] != "removed")
        if step["id"] in now:
            assert json.loads(step["after"]) == json.loads(as_feed(now[step["id"]]))
