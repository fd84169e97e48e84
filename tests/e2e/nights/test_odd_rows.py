"""Rows whose dates are far off or none (rules D6 and D7)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.e2e.nights.second import counted, feed, fullest
from tests.e2e.program import Program
from tests.lengths import long_but

FORMS = ["null", "absent", "instant"]


def ids(program: Program) -> set[str]:
    return set(program.column("SELECT id FROM aleta.transactions"))


def near(program: Program, account: str, *, days: int = 25) -> list[str]:
    """Rows of the look-back, which every night reads, oldest first."""
    since = program.box._start_day.toordinal() - days
    store = program.box._stores["acme"]
    found = [row for row in store.ledgers[account].rows if since <= row.trade and row.value < since + days]
    return [row.id for row in found if len(row.accounts) == 1]


@pytest.mark.parametrize("ago", long_but({120}, [60, 120, 500]))
def test_a_row_whose_dates_are_edited_far_away_is_modified_the_same_night_d6(synced, ago):
    """D6: it left the look-back without a trace; its account is read whole, and there it is. It is never removed."""
    account = fullest(synced)
    [row_id] = synced.box.mutate("acme", "late", account=account, within_days=20)["added"]
    synced.sync()
    synced.box.mutate("acme", "redate", id=row_id, days=ago)
    before = feed(synced)

    ended = synced.sync()

    assert synced.differences() == []
    assert counted(ended) == {"added": 0, "modified": 1, "removed": 0}
    assert feed(synced) == {**before, "modified": before["modified"] | {row_id}}


def test_a_row_that_is_gone_is_removed_the_same_night_d6(synced):
    """D6: its account's whole history does not have it; so it is gone, at the price of that one account."""
    account = fullest(synced)
    [row_id] = synced.box.mutate("acme", "late", account=account, within_days=20)["added"]
    synced.sync()
    synced.box.mutate("acme", "delete", id=row_id)

    ended = synced.sync()

    assert synced.differences() == []
    assert counted(ended)["removed"] == 1
    run_id = ended.tenant()["run_id"]
    receipts = f"FROM aleta.sync_windows WHERE run_id = '{run_id}' AND resource = 'transactions'"
    assert synced.column(f"SELECT DISTINCT parent_id {receipts} AND from_date = DATE '1970-01-01'") == [account]


def queries(program: Program) -> list[dict[str, str]]:
    return [request.query for request in program.box.requests if request.path == "/api/v2/transactions"]


@pytest.mark.parametrize("form", long_but({"absent"}, FORMS))
def test_a_row_that_names_no_day_is_removed_when_no_window_lists_it_d7(start_synced, form):
    """D7: null, absent or instants; deleted later, no proven day holds it: the whole history does not list it."""
    program = start_synced(reverify_days=0)
    [row_id] = program.box.mutate("acme", "dateless", value=form)["edited"]
    program.sync()
    assert row_id in ids(program)
    program.box.mutate("acme", "delete", id=row_id)

    ended = program.sync()

    assert row_id not in ids(program)
    assert counted(ended)["removed"] == 1
    assert row_id in feed(program)["removed"]


FAR = [
    pytest.param(goes_by, name, day, id=f"{name}-{day}")
    for goes_by, name in (("trade", "valueDate"), ("value", "tradeDate"))
    for day in ("9999-12-31", "0001-01-01", "2040-01-01")
]


@pytest.mark.parametrize(("goes_by", "name", "day"), long_but({"valueDate-9999-12-31", "tradeDate-0001-01-01"}, FAR))
def test_a_row_with_a_date_out_of_reach_is_removed_when_no_window_lists_it_d7(start_synced, goes_by, name, day):
    """D7: the server goes by the other date; deleted, `verify` finds it left over, and the next night removes it."""
    program = start_synced(reverify_days=0)
    program.box.set(date_filter=goes_by)
    [row_id] = program.box.mutate("acme", "far_date", date=day, name=name)["edited"]
    program.sync()
    assert program.differences() == []
    program.box.mutate("acme", "delete", id=row_id)
    found = program.run("verify", "--all", "--json")
    assert found.exit == 1
    assert [(each["kind"], each["id"]) for each in found.tenant()["differences"]] == [("extra", row_id)]

    ended = program.sync()

    assert program.differences() == []
    assert counted(ended)["removed"] == 1


@pytest.fixture(params=[60, 1000], ids=["soon", "years-ahead"])
def ahead(start_synced, request) -> tuple[Program, str, date]:
    """A row that a backfill brought from days beyond the look-ahead; every night reads whole histories."""
    program = start_synced(reverify_days=0, look_ahead_days=2)
    day = date.fromordinal(program.box._start_day.toordinal() + request.param)
    [row_id] = program.box.mutate("acme", "late", date=f"{day}")["added"]
    assert program.run("backfill", "--from", f"{day}", "--to", f"{day}").exit == 0
    assert row_id in ids(program)
    return program, row_id, day


def test_a_row_that_only_a_backfill_reaches_is_not_removed_by_a_night_d7(ahead):
    """D7: no window of the night holds its days; they are asked for by themselves, and show it, as it is by now."""
    program, row_id, day = ahead
    program.box.mutate("acme", "edit", id=row_id)
    moved = program.box.truth("acme").transactions[row_id]["attributes"]["valueDate"] != f"{day}"

    program.sync()

    assert moved or program.differences() == []
    assert row_id in ids(program)


def test_a_row_that_only_a_backfill_reaches_is_removed_once_it_is_gone_d7(ahead):
    """D7: the next whole reading asks for its days, and they do not show it; no mark grows by them."""
    program, row_id, day = ahead
    marks = program.rows("SELECT * EXCLUDE (verified_at) FROM aleta.sync_marks ORDER BY ALL")
    program.box.mutate("acme", "delete", id=row_id)
    found = program.run("verify", "--all", "--json").tenant()
    assert [(each["kind"], each["id"]) for each in found["differences"]] == [("extra", row_id)]

    ended = program.sync()

    assert counted(ended)["removed"] == 1
    assert program.differences() == []
    assert program.rows("SELECT * EXCLUDE (verified_at) FROM aleta.sync_marks ORDER BY ALL") == marks
    assert [q for q in queries(program) if q["fromDate"] == f"{day}"]


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_verify_counts_a_dateless_row_that_is_gone_d7(start_synced, form):
    """D7: `verify --all` finds it left over, as any other row."""
    program = start_synced()
    [row_id] = program.box.mutate("acme", "dateless", value=form)["edited"]
    program.configure(reverify_days=0)
    program.sync()
    program.box.mutate("acme", "delete", id=row_id)

    ended = program.run("verify", "--all", "--json")

    assert ended.exit == 1
    assert row_id in ended.out


@pytest.mark.long
def test_verify_calls_no_row_extra_that_the_day_of_another_shows_d7(start_synced):
    """D7: it lost its dates, years ahead; its account's history does not list it, and that day is asked for anyway."""
    program = start_synced(reverify_days=0, look_ahead_days=2)
    day = date.fromordinal(program.box._start_day.toordinal() + 400)
    bare, _ = program.box.mutate("acme", "late", account=fullest(program), date=f"{day}", count=2)["added"]
    assert program.run("backfill", "--from", f"{day}", "--to", f"{day}").exit == 0
    program.box.mutate("acme", "dateless", id=bare, value="absent")
    program.sync()
    assert bare in ids(program)

    ended = program.run("verify", "--all", "--json")

    assert (ended.exit, ended.tenant()["differences"]) == (0, [])
