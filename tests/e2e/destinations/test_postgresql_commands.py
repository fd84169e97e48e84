"""Every command reads the books in PostgreSQL; what cannot be done there is said."""

from __future__ import annotations

import shutil

import pytest

from tests import truth
from tests.e2e.destinations.remote import DATASET, Remote

pytestmark = pytest.mark.long


def test_verify_reads_postgresql(synced):
    """`verify --all` finds all equal, and names the row that someone edited in the database."""
    assert synced.run("verify", "--all", "--json").exit == 0
    (own_id,) = synced.column(f"SELECT id FROM {DATASET}.transactions ORDER BY id LIMIT 1")
    synced.database.run(f"UPDATE {DATASET}.transactions SET row_hash = 'x' WHERE id = '{own_id}'")
    synced.database.run(f"INSERT INTO {DATASET}.clients SELECT * FROM {DATASET}.clients LIMIT 0")

    ended = synced.run("verify", "--all", "--json")

    assert ended.exit == 1
    assert [difference["id"] for difference in ended.tenant()["differences"]] == [own_id]


def test_plan_status_and_check_read_postgresql(synced):
    """`plan` knows the accounts, `status` the last run, `check` that the database answers."""
    assert f"postgres, dataset {DATASET}, has data" in synced.run("check").out
    plan = synced.run("plan", "--json").tenant()
    status = synced.run("status", "--json").tenant()

    accounts = synced.column(f"SELECT count(*) FROM {DATASET}.accounts WHERE removed_at IS NULL")
    assert [plan["resources"]["transactions"]["parents"]] == accounts
    assert status["warehouse"] == f"postgres, dataset {DATASET}"
    assert [run["status"] for run in status["runs"]] == ["complete"]
    assert [coverage["resource"] for coverage in status["coverage"]] == ["transactions"]


def test_plan_goes_by_the_marks_in_postgresql_m5(synced):
    """M5: as on another machine, which has nothing of its own; nothing is made there."""
    planned = synced.run("plan").out
    shutil.rmtree(synced.private)

    assert synced.run("plan").out == planned
    assert not synced.private.exists()


def test_plan_before_a_first_load_into_postgresql_says_what_is_not_known(remote):
    """As before one into DuckDB: no number that looks like an answer, and nothing is made."""
    ended = remote.run("plan")

    assert (ended.exit, "acme: a first load" in ended.out) == (0, True)
    assert "not known: how many accounts there are" in ended.out
    assert not (remote.program.folder / "data").exists()
    assert remote.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%aleta%'") == []


def test_the_page_of_report_is_made_of_the_books_in_postgresql(synced):
    """Runs and coverage, with charts; tables are not counted over the line, and it says so."""
    ended = synced.run("report", "--html", "r.html")

    page = (synced.program.folder / "r.html").read_text(encoding="utf-8")
    page = page.replace("<wbr>", "")  # where a name may break; no reader sees it
    assert (ended.exit, ended.err) == (0, "")
    assert f"postgres, dataset {DATASET}" in page
    assert page.count("a bar chart of the last") == 3
    assert "100 %" in page
    assert "transactions.beneficiary" in page
    assert "Tables are not counted" in page


def test_nothing_is_published_from_postgresql_and_that_is_said(remote):
    """`publish` makes copies of the private DuckDB only: `sync` warns, `publish` refuses, nobody finds a stale file."""
    ended = remote.sync()
    refused = remote.run("publish")

    assert len(ended.tenant()["warnings"]) == 1
    assert "postgres" in ended.tenant()["warnings"][0]
    assert refused.exit == 1
    assert "postgres" in refused.out + refused.err
    assert not remote.program.warehouse().exists()


def test_a_database_that_is_away_is_told_without_its_password(remote):
    """Exit 1, in words, for a database that refuses and for a status that cannot be read."""
    secrets = remote.program.config / "secrets.toml"
    secrets.write_text(secrets.read_text().replace(remote.database.name, "nowhere"))

    ended = remote.sync(expect=1)
    status = remote.run("status")
    check = remote.run("check")

    assert [error["code"] for error in ended.errors()] == ["warehouse"]
    assert "nowhere" in ended.errors()[0]["message"]
    assert status.exit == 1
    assert check.exit == 1
    assert "nowhere" in check.out


def test_tenants_share_a_database_and_nothing_else_c3(start, server):
    """C3: one whose name is that of another's staging is kept apart, though both load at the same time."""
    remote = Remote(start(aleta={"destination": "postgres"}, tenants=("acme", "acme_staging")), server.database())

    remote.sync()

    for tenant, dataset in (("acme", DATASET), ("acme_staging", "aleta_acme_staging")):
        copy = remote.database.copy(dataset, remote.program.folder / f"{tenant}.duckdb")
        shown = remote.box.truth(tenant)
        filled = tuple(name for name in (*truth.OBJECTS, "transactions") if getattr(shown, name))
        assert truth.differences(copy, shown, tables=filled) == []


@pytest.mark.parametrize("destination", ["filesystem", "nonsense"])
def test_a_destination_that_cannot_keep_a_warehouse_is_refused(start, destination):
    """What cannot replace and delete by key, or does not exist, is exit 2, before any request."""
    program = start(aleta={"destination": destination})

    for command in ("sync", "status"):
        ended = program.run(command)

        assert (ended.exit, ended.out) == (2, "")
        assert (
            f"aleta.destination: expected a destination that can keep a warehouse. destination '{destination}'"
            in ended.err
        )
    assert program.box.requests == []
