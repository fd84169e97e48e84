"""`verify` of every table."""

from __future__ import annotations

import duckdb
import pytest

from tests.e2e.everything.world import ONE, PARTS, TABLES

pytestmark = pytest.mark.long


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
