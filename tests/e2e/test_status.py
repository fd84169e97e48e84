"""`status`: freshness, coverage and runs, without a request."""

from __future__ import annotations

import json


def test_status_before_the_first_sync_says_so(installed):
    """Exit 0, no request, nothing made."""
    ended = installed.run("status", "--json")

    assert ended.exit == 0
    assert json.loads(ended.out)["tenants"]["acme"]["synced"] is False
    assert "never synced" in installed.run("status").out
    assert installed.box.requests == []


def test_status_shows_freshness_coverage_and_runs_without_a_request(synced):
    """What the last run did, how far the marks reach, nothing quarantined."""
    ended = synced.run("status", "--json")

    facts = json.loads(ended.out)["tenants"]["acme"]
    assert ended.exit == 0
    assert facts["synced"] is True
    assert facts["fresh_at"]
    assert [run["status"] for run in facts["runs"]] == ["complete"]
    [coverage] = facts["coverage"]
    assert (coverage["resource"], coverage["parents"]) == ("transactions", len(synced.box.truth("acme").accounts))
    assert facts["quarantined"] == []
    assert synced.box.requests == []


def test_status_reads_the_private_store_where_no_copy_is_made(start):
    """With Parquet alone: the same keys and figures; while a run has the store, what its journal says."""
    program = start(aleta={"publish": ["parquet"]})
    program.sync()

    facts = json.loads(program.run("status", "--json").out)["tenants"]["acme"]

    assert facts["synced"] is True
    assert facts["coverage"]
    assert facts["quarantined"] == []
    assert program.run("status", "--max-age", "0").exit == 1
