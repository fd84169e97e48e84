"""A lease in the database keeps a second machine from a tenant that is being synced (C2).

Two machines are two processes with folders of their own, which no lock of files keeps apart.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import dlt
import psycopg2
import pytest

from pipelines.warehouse.destinations.lease import Lease, LeasedError, LeaseLostError
from pipelines.warehouse.destinations.postgres.place import POSTGRES
from pipelines.warehouse.destinations.sqlalchemy import SQLITE
from tests import sqlite
from tests.e2e.destinations.kept import InPostgres, InSqlite, Kept, Place
from tests.e2e.program import Program

pytestmark = pytest.mark.long

WAIT_S = 60.0
LEASE = "SELECT host, pid, command, until_s FROM {aleta}.sync_lease"


@pytest.fixture(params=["postgres", "sqlalchemy"])
def place(request, tmp_path: Path) -> Place:
    if request.param == "postgres":
        return InPostgres(request.getfixturevalue("server").database())
    home = tmp_path / "sqlite"
    home.mkdir()
    return InSqlite(sqlite.Database(home))


@pytest.fixture
def machines(start, place: Place, tmp_path: Path) -> tuple[Kept, Kept]:
    """Two that sync the same tenant into the same database."""
    here = start(aleta={"destination": place.destination})
    (tmp_path / "there").mkdir()
    there = Program(here.box, tmp_path / "there", destination=place.destination)
    return Kept(here, place), Kept(there, place)


@contextmanager
def paused(kept: Kept):
    """A sync that has its lease, and stands still."""
    process = kept.program.start("sync", "--json")
    try:
        _wait(lambda: _leases(kept))
        _wait(lambda: _stands_still(process, kept.place))
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def _stands_still(process, place: Place) -> bool:
    """Stop it where it locks nobody out of SQLite's file, who would wait for as long as it stands still."""
    process.send_signal(signal.SIGSTOP)
    if isinstance(place, InPostgres) or place.database.is_free():
        return True
    process.send_signal(signal.SIGCONT)
    return False


def _leases(kept: Kept) -> list[tuple]:
    """None before there is a table of them."""
    with suppress(psycopg2.errors.UndefinedTable, sqlite3.OperationalError):
        return kept.rows(LEASE)
    return []


def _wait(ready) -> None:
    until = time.monotonic() + WAIT_S
    while not (found := ready()):
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def _expire(kept: Kept) -> None:
    """As two minutes would."""
    assert kept.rows("UPDATE {aleta}.sync_lease SET until_s = 1 RETURNING pid")


def test_a_second_machine_is_told_who_syncs_and_until_when(machines) -> None:
    """Exit 1 and nothing asked of the API; when the first has ended, it has its turn."""
    here, there = machines
    with paused(here) as process:
        there.box.reset_requests()
        refused = there.sync(expect=1)
        verify = there.run("verify", "--all", "--json")

        assert there.box.requests == []
        [error] = refused.errors()
        assert error["code"] == "locked"
        assert f"process {process.pid} on {socket.gethostname()} (`sync`, since 2" in error["message"]
        assert "until 2" in error["message"]
        assert f"process {process.pid}" in refused.err
        assert verify.exit == 1
        assert f"process {process.pid}" in verify.err

        process.send_signal(signal.SIGCONT)
        ended = here.program.end(process)
    assert ended.exit == 0, ended.err
    assert there.rows(LEASE) == []

    assert there.sync().tenant()["status"] == "complete"
    assert there.differences() == []
    assert there.rows(LEASE) == []


def test_a_lease_whose_holder_died_runs_out(machines) -> None:
    """Until then the other machine is kept out; the next run on the same machine is not, and goes on."""
    here, there = machines
    with paused(here) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(WAIT_S)

    assert [error["code"] for error in there.sync(expect=1).errors()] == ["locked"]
    _expire(there)
    there.sync()
    assert there.differences() == []

    with paused(there) as process:
        process.kill()
        process.wait(WAIT_S)
    there.sync()
    assert there.differences() == []


def test_a_run_that_lost_its_lease_commits_nothing_more(machines) -> None:
    """A machine that slept through its lease, while another synced, ends with exit 1; the other's rows stay."""
    here, there = machines
    with paused(here) as process:
        _expire(there)
        there.sync()
        runs = there.rows("SELECT run_id FROM {aleta}.sync_runs")

        process.send_signal(signal.SIGCONT)
        ended = here.program.end(process)

    assert (ended.exit, [error["code"] for error in ended.errors()]) == (1, ["lease"])
    assert there.rows("SELECT run_id FROM {aleta}.sync_runs") == runs
    assert there.differences() == []


@pytest.fixture
def lease(place: Place, tmp_path: Path):
    """Make a lease on a dataset of the place."""
    made = dlt.destinations.postgres if isinstance(place, InPostgres) else dlt.destinations.sqlalchemy
    dialect = POSTGRES if isinstance(place, InPostgres) else SQLITE

    def leased(owner: str, **more) -> Lease:
        pipeline = dlt.pipeline(
            f"of_{owner}",
            pipelines_dir=f"{tmp_path / owner}",
            destination=made(place.database.url),
            dataset_name=place.dataset,
        )
        return Lease(pipeline.sql_client(), dialect, place="there", owner=owner, command="sync", **more)

    return leased


def test_a_lease_is_renewed_while_its_holder_lives(lease) -> None:
    """A run of hours keeps what was leased for two minutes."""
    with lease("a", lasts_s=6, renews_s=0.2):
        time.sleep(8.5)
        with pytest.raises(LeasedError), lease("b"):
            pass
    with lease("b"):
        pass


def test_a_lease_that_nobody_renews_runs_out(lease) -> None:
    """By the database's clock; who had it hears of it before it commits more, and takes nothing from the other."""
    with lease("a", lasts_s=1, renews_s=1000) as lost:
        time.sleep(2.1)
        with lease("b") as now:
            with pytest.raises(LeaseLostError, match="process"):
                lost.renew()
            now.renew()


def test_a_lease_that_ran_out_and_that_nobody_took_is_kept(lease) -> None:
    """A database that was away for a while is no reason to end a run."""
    other = lease("b")
    with lease("a", lasts_s=4, renews_s=1000) as kept:
        time.sleep(5.1)
        kept.renew()
        with pytest.raises(LeasedError), other:
            pass


def test_the_lease_of_a_dead_run_on_the_same_folder_is_taken_over(lease) -> None:
    """The lock of files keeps the living apart there."""
    with lease("a", renews_s=1000) as dead, lease("a") as now:
        now.renew()
        with pytest.raises(LeaseLostError):
            dead.renew()


def test_what_only_reads_makes_no_dataset(lease, place: Place, tmp_path: Path) -> None:
    """Where there is no table of leases, nobody writes with one."""
    with lease("a", creates=False) as nothing:
        nothing.renew()
    with pytest.raises(Exception, match="sync_lease"):
        place.run(None, LEASE.format(aleta=place.dataset))
