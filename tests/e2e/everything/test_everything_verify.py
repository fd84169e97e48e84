"""`verify` of every table."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest

from tests.e2e.everything.world import ONE, PARTS, TABLES, TODAY


@pytest.mark.long
def test_verify_calls_all_equal_and_finds_what_was_spoilt_in_any_table(start_synced):
    """One row of each table is spoilt beside an intact hash: just those are named, exit 1."""
    program = start_synced()
    sound = program.run("verify", "--all", "--json")
    with duckdb.connect(f"{program.tenant_folder() / 'private' / 'store.duckdb'}") as store:
        for table in TABLES:
            what = "DELETE FROM" if table in PARTS else "UPDATE"
            value = "" if table in PARTS else """SET extra = '{"spoilt":true}'"""
            store.execute(f"{what} aleta.{table} {value} {ONE.format(table=table)}")

    ended = program.run("verify", "--all", "--json")

    assert (sound.exit, sound.tenant()["status"], sound.tenant()["differences"]) == (0, "equal", [])
    assert (ended.exit, ended.tenant()["status"]) == (1, "different")
    assert sorted(difference["resource"] for difference in ended.tenant()["differences"]) == sorted(TABLES)
    counts = {kind: ended.tenant()[kind] for kind in ("missing", "different", "extra")}
    assert counts == {"missing": len(PARTS), "different": len(TABLES - PARTS), "extra": 0}


def test_verify_leaves_out_the_days_between_backfills_that_nobody_read(start):
    """Of what is asked for day by day: two days that were backfilled by themselves say nothing of those between."""
    program = start(aleta={"resources": ["custodian_holdings"]})
    program.sync()
    for ago in (20, 14):
        day = f"{TODAY - timedelta(days=ago)}"
        assert program.run("backfill", "--resource", "custodian_holdings", "--from", day, "--to", day).exit == 0

    ended = program.run("verify", "--all", "--json")

    assert (ended.exit, ended.tenant()["status"], ended.tenant()["missing"]) == (0, "equal", 0)


@pytest.mark.long
def test_verify_asks_again_for_days_that_a_backfill_read_before_the_first_sync(start):
    """Of what is asked for day by day: where the mark begins, `verify --all` does not end."""
    tables = ("custodian_holdings", "private_market_performance")
    program = start(aleta={"resources": [*tables]})
    program.sync()
    days = [f"{TODAY - timedelta(days=ago)}" for ago in (20, 18)]
    named = [word for table in tables for word in ("--resource", table)]
    assert program.run("backfill", *named, "--from", days[0], "--to", days[1]).exit == 0
    sound = program.run("verify", "--all", "--json")
    with duckdb.connect(f"{program.tenant_folder() / 'private' / 'store.duckdb'}") as store:
        gone = {
            table: store.execute(f"DELETE FROM aleta.{table} WHERE date BETWEEN ? AND ?", days).fetchall()[0][0]
            for table in tables
        }

    ended = program.run("verify", "--all", "--json")

    assert (sound.exit, sound.tenant()["status"]) == (0, "equal")
    assert all(gone.values()), gone
    assert (ended.exit, ended.tenant()["missing"]) == (1, sum(gone.values()))
    assert {difference["resource"] for difference in ended.tenant()["differences"]} == {*tables}
