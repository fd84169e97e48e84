"""`status`: freshness, coverage and runs, without a request."""

from __future__ import annotations

import json

import duckdb
import pytest

from tests.lengths import long_but


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


@pytest.mark.parametrize("published", long_but({"duckdb"}, ["duckdb", "parquet"]))
@pytest.mark.parametrize("journal", [True, False], ids=["journal", "no-journal"])
def test_a_copy_that_was_deleted_is_told(start_synced, published, journal):
    """`status`, its page and `check` say that there is nothing to open and what to run, as of one that is cut short."""
    program = start_synced(publish=[published])
    program.sync()
    folder = program.tenant_folder()
    gone = program.warehouse() if published == "duckdb" else folder / "parquet" / "current"
    gone.unlink()
    if not journal:
        (folder / "runs.jsonl").unlink()

    status, check = program.run("status"), program.run("check", "--json")
    program.run("report", "--html", f"{folder / 'r.html'}")

    said = f"there is no copy for analysts at {gone}: run `{program.named('publish acme')}`"
    assert (status.exit, status.out.splitlines()[0]) == (0, "1 of 1 tenant needs attention.")
    assert said in program.run("status", "--json").tenant()["attention"]
    assert f"{gone}" in (folder / "r.html").read_text(encoding="utf-8").replace("<wbr>", "")
    assert [(found["what"], found["text"]) for found in json.loads(check.out)["checks"] if not found["ok"]] == [
        ("published", said)
    ]
    program.run("publish")
    assert [program.run("status").exit, program.run("check").exit] == [0, 0]


def test_before_the_first_complete_run_no_copy_is_missing(start):
    """A night that was refused has nothing to publish: why it failed is what counts."""
    program = start()
    program.rewrite("kid-acme", "kid-acne")
    program.sync(expect=3)

    status = program.run("status")

    assert "never complete: failed" in status.out
    assert "no copy" not in status.out
    assert "no copy yet" in program.run("check").out


@pytest.mark.long
def test_coverage_is_that_of_every_account_that_is_there(start):
    """One that was never readable is proven on no day, and so not all are; one that is gone holds nothing back."""
    program = start()
    accounts = sorted(program.box.truth("acme").accounts)
    program.box.mutate("acme", "account_forbidden", account=accounts[0])
    program.sync(expect=4)

    [unread] = json.loads(program.run("status", "--json").out)["tenants"]["acme"]["coverage"]
    metrics = program.run("status", "--format", "prometheus").out
    program.box.mutate("acme", "account_gone", account=accounts[0])
    program.sync()
    [read] = json.loads(program.run("status", "--json").out)["tenants"]["acme"]["coverage"]

    assert (unread["parents"], unread["never_read_whole"], unread["all_through"]) == (len(accounts), 1, None)
    assert "aleta_sync_covered_through_timestamp_seconds{" not in metrics
    assert (read["parents"], read["never_read_whole"]) == (len(accounts) - 1, 0)
    assert read["all_through"] == read["through_date"]


def test_status_and_its_page_read_a_copy_of_an_older_version(synced):
    """Tables and columns that it lacks are empty; the rest is said."""
    with duckdb.connect(f"{synced.warehouse()}") as copy:
        copy.execute("DROP TABLE aleta.sync_drift; DROP TABLE aleta.sync_windows")
        for table, column in (("sync_runs", "clients"), ("sync_runs", "retries"), ("accounts", "removed_at")):
            copy.execute(f"ALTER TABLE aleta.{table} DROP COLUMN {column}")
    (synced.tenant_folder() / "runs.jsonl").unlink()

    status = synced.run("status", "--json", "--max-age", "1")
    page = synced.run("report", "--html", f"{synced.folder / 'r.html'}")

    [coverage] = json.loads(status.out)["tenants"]["acme"]["coverage"]
    assert (status.exit, page.exit) == (0, 0), status.err + page.err
    assert coverage["parents"] == len(synced.box.truth("acme").accounts)
    assert "acme is fine" in (synced.folder / "r.html").read_text(encoding="utf-8")
