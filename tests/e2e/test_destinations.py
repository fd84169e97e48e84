"""A warehouse kept elsewhere: the same promises, with PostgreSQL as an example of dlt's other destinations."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

import pytest

from sandbox import Sandbox, SandboxSettings
from tests import truth
from tests.e2e.conftest import SMALL
from tests.e2e.program import Program
from tests.postgres import PASSWORD, Database, Server, running

DATASET = "aleta_acme"
CHANGES = {"late": 0.05, "edited": 0.05, "deleted": 0.02}


@pytest.fixture(scope="session")
def server():
    with running() as started:
        yield started


class Remote:
    """The program with `destination = "postgres"`, and the database it fills."""

    def __init__(self, program: Program, database: Database) -> None:
        self.program = program
        self.box = program.box
        self.database = database
        secrets = program.config / "secrets.toml"
        secrets.write_text(f'[destination.postgres]\ncredentials = "{database.url}"\n')
        secrets.chmod(0o600)

    def run(self, *args: str):
        ended = self.program.run(*args)
        assert PASSWORD not in ended.out + ended.err
        return ended

    def sync(self, expect: int = 0):
        ended = self.run("sync", "--json")
        assert ended.exit == expect, f"exit {ended.exit}\n{ended.out}\n{ended.err}"
        return ended

    def differences(self) -> list[str]:
        copy = self.database.copy(DATASET, self.program.folder / "copy.duckdb")
        return truth.differences(copy, self.box.truth("acme"))

    def column(self, sql: str) -> list:
        return [row[0] for row in self.database.run(sql)]

    @property
    def private(self):
        return self.program.tenant_folder() / "private"


@pytest.fixture
def remote(start, server: Server):
    return Remote(start(aleta={"destination": "postgres"}), server.database())


@pytest.fixture(scope="session")
def first(server: Server, tmp_path_factory) -> Remote:
    """The first sync of the small world, by the program as it is installed; only to be copied."""
    with Sandbox(SandboxSettings(**SMALL)) as box:
        program = Program(box, tmp_path_factory.mktemp("first_in_postgresql"), destination="postgres")
        program.cold = True
        remote = Remote(program, server.database())
        remote.sync()
        return remote


@pytest.fixture
def synced(start, server: Server, first: Remote) -> Remote:
    """The program and its database after that sync."""
    program = start(aleta={"destination": "postgres"})
    shutil.copytree(first.program.folder / "data", program.folder / "data")
    return Remote(program, server.database(like=first.database))


def whole_histories(box) -> int:
    """Requests for all of an account's days, since the last reset."""
    return sum(one.query.get("fromDate") == "1970-01-01" for one in box.requests)


def loaded(ended) -> dict[str, int]:
    """What a run changed, over all tables."""
    resources = ended.tenant()["resources"].values()
    return {op: sum(one[op] for one in resources) for op in ("added", "modified", "removed")}


def test_a_first_sync_is_exact_in_postgresql(remote):
    """Every row, number, day and word is there as the API shows it."""
    ended = remote.sync()

    assert ended.tenant()["status"] == "complete"
    assert remote.differences() == []


def test_an_unchanged_night_loads_nothing_into_postgresql_d2(synced):
    """D2: what came back from the database compares equal, so nothing is added, modified or removed."""
    rows = synced.column(f"SELECT count(*) FROM {DATASET}.transaction_changes") if feed_exists(synced) else [0]

    ended = synced.sync()

    assert loaded(ended) == {"added": 0, "modified": 0, "removed": 0}
    assert rows == [0]
    assert not feed_exists(synced)


def feed_exists(remote: Remote) -> bool:
    return bool(remote.database.run(f"SELECT 1 WHERE to_regclass('{DATASET}.transaction_changes') IS NOT NULL"))


def test_late_edited_and_deleted_rows_reach_postgresql(synced):
    """After the second sync the database equals the API, and the feed says what changed."""
    before = synced.box.truth("acme").transactions
    synced.box.mutate_night("acme", 1, within_days=25, **CHANGES)
    after = synced.box.truth("acme").transactions
    changed = {
        "added": after.keys() - before.keys(),
        "modified": {one for one in after.keys() & before.keys() if after[one] != before[one]},
        "removed": before.keys() - after.keys(),
    }
    assert all(changed.values())

    ended = synced.sync()

    assert synced.differences() == []
    feed = synced.database.run(f"SELECT op, id FROM {DATASET}.transaction_changes")
    assert {op: {own_id for said, own_id in feed if said == op} for op in changed} == changed
    assert {op: ended.counts()[op] for op in changed} == {op: len(ids) for op, ids in changed.items()}


def test_whole_histories_are_compared_in_postgresql_d1(remote):
    """D1: with `reverify_days` 0, changes of any age come in."""
    remote.program.configure(destination="postgres", reverify_days=0)
    remote.sync()
    remote.box.mutate_night("acme", 2, **CHANGES)

    remote.sync()

    assert remote.differences() == []


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("to_regnamespace('aleta_acme') IS NOT NULL", id="tables are made"),
        pytest.param("to_regclass('aleta_acme_staging.users') IS NOT NULL", id="rows are staged"),
        pytest.param("EXISTS (SELECT FROM pg_stat_user_tables WHERE n_live_tup > 0)", id="rows are merged"),
    ],
)
def test_a_killed_sync_is_made_good_by_the_next_c1(remote, when):
    """C1: wherever the kill falls, also between two tables of a package, the next run ends exact."""
    process = remote.program.start("sync")
    while process.poll() is None and not remote.column(f"SELECT {when}")[0]:
        time.sleep(0.05)
    process.kill()
    process.communicate()

    remote.sync()

    assert remote.differences() == []
    assert remote.run("verify", "--json").exit == 0


DIES = """
import os, sys
from fnmatch import fnmatch
from dlt.common.storages.load_package import PackageStorage

last, note = sys.argv.pop(1), PackageStorage.save_pending_transition

def noted(self, load_id, job, *args, **kwargs):
    if fnmatch(job, last):
        os._exit(9)
    note(self, load_id, job, *args, **kwargs)

PackageStorage.save_pending_transition = noted
from pipelines.cli import main
main()
"""


@pytest.mark.parametrize(
    "last",
    [
        pytest.param("transactions.*.gz", id="rows are staged"),
        pytest.param("transactions.*.sql", id="rows are merged"),
        pytest.param("_dlt_pipeline_state.*.gz", id="the state is there"),
    ],
)
def test_a_job_that_committed_and_was_not_noted_is_made_good_c1(synced, last):
    """C1: killed between the commit of a job and dlt's note of it, which would have it done twice, for ever."""
    synced.box.mutate_night("acme", 5, within_days=25, **CHANGES)
    command = [sys.executable, "-c", DIES, last, "--config", f"{synced.program.config}", "sync"]
    environ = os.environ | {"DLT_CONFIG_FOLDER": f"{synced.program.config}"}
    assert subprocess.run(command, cwd=synced.program.folder, env=environ, check=False).returncode == 9

    synced.sync()

    assert synced.differences() == []
    feed = synced.database.run(f"SELECT op, id FROM {DATASET}.transaction_changes")
    assert len(set(feed)) == len(feed) > 0
    assert synced.run("verify", "--json").exit == 0


def test_more_gone_than_believable_is_not_removed_from_postgresql_d3(remote):
    """D3: the share is of all of an account's rows, also of those that were not read."""
    remote.program.configure(destination="postgres", max_removed_share=0.0)
    remote.sync()
    count = remote.column(f"SELECT count(*) FROM {DATASET}.transactions")
    remote.box.mutate_night("acme", 3, late=0, edited=0, deleted=0.02, within_days=25)

    ended = remote.sync(expect=4)

    assert {one["code"] for one in ended.errors()} == {"removals"}
    assert remote.column(f"SELECT count(*) FROM {DATASET}.transactions") == count


@pytest.mark.parametrize("lost", [pytest.param("dlt", id="dlt-s folder"), pytest.param("", id="all that is private")])
def test_marks_travel_with_the_destination_m5(synced, lost):
    """M5: without the local folder the next sync goes on from what the database says."""
    shutil.rmtree(synced.private / lost)
    synced.box.mutate_night("acme", 4, within_days=25, **CHANGES)
    synced.box.reset_requests()

    synced.sync()

    assert whole_histories(synced.box) <= 1  # the largest answer, asked again as a proof of the cap
    assert synced.differences() == []


def test_marks_travel_with_the_duckdb_file_m5(start_synced):
    """M5: without dlt's folder the next sync goes on from what the private file says."""
    program = start_synced()
    shutil.rmtree(program.tenant_folder() / "private" / "dlt")
    program.box.mutate_night("acme", 4, within_days=25, **CHANGES)

    program.sync()

    assert whole_histories(program.box) <= 1
    assert program.differences() == []


def test_without_the_duckdb_file_there_are_no_marks(start_synced):
    """Marks without rows would be a lie: with the file gone, they are gone, and all is read again."""
    program = start_synced()
    (program.tenant_folder() / "private" / "store.duckdb").unlink()

    program.sync()

    assert whole_histories(program.box) >= 8
    assert program.differences() == []


def test_a_database_put_back_to_an_older_state_is_believed(synced):
    """What the private folder remembers does not count when the destination does not have it (M5)."""
    synced.database.run(f"ALTER SCHEMA {DATASET} RENAME TO kept")
    synced.sync()
    synced.database.run(f"DROP SCHEMA {DATASET} CASCADE; ALTER SCHEMA kept RENAME TO {DATASET}")
    synced.box.mutate_night("acme", 5, within_days=25, **CHANGES)

    synced.sync()

    assert synced.differences() == []


def test_an_emptied_database_is_filled_again(synced):
    """Marks without rows would be a lie: with the dataset gone, they are gone."""
    synced.database.run(f"DROP SCHEMA {DATASET} CASCADE")

    synced.sync()

    assert synced.differences() == []


def test_verify_reads_postgresql(synced):
    """`verify --all` finds all equal, and names the row that someone edited in the database."""
    assert synced.run("verify", "--all", "--json").exit == 0
    (own_id,) = synced.column(f"SELECT id FROM {DATASET}.transactions ORDER BY id LIMIT 1")
    synced.database.run(f"UPDATE {DATASET}.transactions SET row_hash = 'x' WHERE id = '{own_id}'")
    synced.database.run(f"INSERT INTO {DATASET}.clients SELECT * FROM {DATASET}.clients LIMIT 0")

    ended = synced.run("verify", "--all", "--json")

    assert ended.exit == 1
    assert [one["id"] for one in ended.tenant()["differences"]] == [own_id]


def test_plan_status_and_check_read_postgresql(synced):
    """`plan` knows the accounts, `status` the last run, `check` that the database answers."""
    assert f"postgres, dataset {DATASET}, in use" in synced.run("check").out
    plan = synced.run("plan", "--json").tenant()
    status = synced.run("status", "--json").tenant()

    accounts = synced.column(f"SELECT count(*) FROM {DATASET}.accounts WHERE removed_at IS NULL")
    assert [plan["resources"]["transactions"]["parents"]] == accounts
    assert status["warehouse"] == f"postgres, dataset {DATASET}"
    assert [one["status"] for one in status["runs"]] == ["complete"]
    assert [one["resource"] for one in status["coverage"]] == ["transactions"]


def test_the_page_of_report_is_made_of_the_books_in_postgresql(synced):
    """Runs and coverage, with charts; tables are not counted over the line, and it says so."""
    ended = synced.run("report", "--html", "r.html")

    page = (synced.program.folder / "r.html").read_text(encoding="utf-8")
    assert (ended.exit, ended.err) == (0, "")
    assert f"postgres, dataset {DATASET}" in page
    assert page.count("</svg>") == 3
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

    assert [one["code"] for one in ended.errors()] == ["warehouse"]
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
    """What cannot replace and delete by key, or does not exist, is refused before any request."""
    program = start(aleta={"destination": destination})

    ended = program.sync(expect=1)

    assert [one["code"] for one in ended.errors()] == ["destination"]
    assert program.box.requests == []
