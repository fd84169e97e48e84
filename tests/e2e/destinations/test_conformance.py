"""One suite for every destination that is called proven: the same nights, and the same promises after each.

Which they are, and what is said of any other, `pipelines.warehouse.destinations.destination.PROVEN` has.
"""

from __future__ import annotations

import shutil
import time

import pytest

from sandbox import Sandbox, SandboxSettings
from tests import sqlite, truth
from tests.e2e.conftest import SMALL
from tests.e2e.destinations.dying import sync_that_dies
from tests.e2e.destinations.kept import InDuckDb, InPostgres, InSqlite, Kept, Place, taken_over
from tests.e2e.destinations.remote import CHANGES
from tests.e2e.program import Program

PLACES = [
    pytest.param("duckdb", marks=pytest.mark.long),
    "postgres",
    pytest.param("sqlalchemy", marks=pytest.mark.long),
]


def new_place(request: pytest.FixtureRequest, folder, *, like: Kept | None = None) -> Place:
    """An empty one, or a copy of another."""
    match request.param:
        case "duckdb":
            return InDuckDb()
        case "postgres":
            server = request.getfixturevalue("server")
            return InPostgres(server.database(like=like.place.database if like else None))
        case _:
            home = folder / "sqlite"
            shutil.copytree(like.place.database.folder, home) if like else home.mkdir()
            return InSqlite(sqlite.Database(home))


@pytest.fixture(scope="module", params=PLACES)
def first(request, tmp_path_factory) -> Kept:
    """The first sync of the small world, by the program as it is installed; only to be copied."""
    folder = tmp_path_factory.mktemp("first")
    with Sandbox(SandboxSettings(**SMALL)) as box:
        place = new_place(request, folder)
        program = Program(box, folder, destination=place.destination)
        program.cold = True
        kept = Kept(program, place)
        kept.sync()
        return kept


@pytest.fixture
def synced(start, first: Kept, request, tmp_path) -> Kept:
    """The program and its database after that sync."""
    request.param = first.place.destination
    program = start(aleta={"destination": first.place.destination})
    return taken_over(first, program, new_place(request, tmp_path, like=first))


@pytest.fixture(params=PLACES)
def empty(start, request, tmp_path) -> Kept:
    """The program, before its first sync."""
    place = new_place(request, tmp_path)
    return Kept(start(aleta={"destination": place.destination}), place)


def changed(ended) -> dict[str, int]:
    """What a run changed, over all tables."""
    resources = ended.tenant()["resources"].values()
    return {op: sum(resource[op] for resource in resources) for op in ("added", "modified", "removed")}


def test_a_first_load_is_exact(synced: Kept) -> None:
    """Every row, number, day and word is there as the API shows it; the feed of changes does not repeat it."""
    assert synced.differences() == []
    if synced.place.destination != "duckdb":  # there it comes with the published copy
        assert synced.feed() == []
    assert synced.run("verify", "--all", "--json").exit == 0


def test_a_quiet_night_changes_no_row_d2(synced: Kept) -> None:
    """D2: what came back from the database compares equal; receipts and a run are all that is new."""
    before = synced.counts()

    ended = synced.sync()

    assert changed(ended) == {"added": 0, "modified": 0, "removed": 0}
    after = synced.counts()
    assert after["sync_runs"] == before["sync_runs"] + 1
    assert after["sync_windows"] == before["sync_windows"] + ended.counts()["windows"]
    assert {name for name in after if after[name] != before[name]} <= {"sync_runs", "sync_windows", "_dlt_loads"}
    assert synced.differences() == []


def test_late_edited_deleted_and_moved_rows_arrive(synced: Kept) -> None:
    """After the second night the place equals the API, the feed says what changed, and `verify --all` agrees."""
    before = synced.box.truth("acme").transactions
    synced.box.mutate_night("acme", 1, within_days=25, **CHANGES)
    synced.box.mutate("acme", "move", count=2, within_days=25)
    synced.box.mutate("acme", "redate", count=1, within_days=5, days=120)
    synced.box.mutate("acme", "rename")
    after = synced.box.truth("acme").transactions
    told = {
        "added": after.keys() - before.keys(),
        "modified": {own_id for own_id in after.keys() & before.keys() if after[own_id] != before[own_id]},
        "removed": before.keys() - after.keys(),
    }
    assert all(told.values())

    ended = synced.sync()

    assert synced.differences() == []
    feed = synced.feed()
    assert {op: {own_id for said, own_id in feed if said == op} for op in told} == told
    assert {op: ended.counts()[op] for op in told} == {op: len(ids) for op, ids in told.items()}
    assert synced.run("verify", "--all", "--json").exit == 0


def test_a_parent_that_is_gone_is_kept_with_its_day(synced: Kept) -> None:
    """An account that the API shows no more has `removed_at`; nothing else has."""
    [account] = synced.box.mutate("acme", "account_gone")["accounts"]

    synced.sync()

    assert synced.rows("SELECT id FROM {aleta}.accounts WHERE removed_at IS NOT NULL") == [(account,)]
    assert synced.differences(tables=truth.OBJECTS) == []


@pytest.mark.long
def test_verify_names_the_row_that_someone_edited(synced: Kept) -> None:
    """`verify --all` reads what is there, not what was written."""
    [(own_id,)] = synced.rows("SELECT id FROM {aleta}.transactions ORDER BY id LIMIT 1")
    update = "UPDATE {aleta}.transactions SET row_hash = 'x' WHERE id = '" + own_id + "' RETURNING id"
    assert synced.rows(update) == [(own_id,)]

    ended = synced.run("verify", "--all", "--json")

    assert ended.exit == 1
    assert [difference["id"] for difference in ended.tenant()["differences"]] == [own_id]


@pytest.mark.long
def test_marks_come_from_the_place_m5(synced: Kept) -> None:
    """M5: without dlt's folder the next sync goes on from what the place says."""
    shutil.rmtree(synced.private / "dlt")
    synced.box.mutate("acme", "late", count=4, within_days=25)
    synced.box.reset_requests()

    synced.sync()

    whole = sum(request.query.get("fromDate") == "1970-01-01" for request in synced.box.requests)
    assert whole <= 1  # the largest answer, asked again as a proof of the cap
    assert synced.differences() == []


@pytest.mark.long
def test_a_state_that_a_clock_ahead_stored_is_not_the_last_for_ever_m6(synced: Kept) -> None:
    """M6: dlt's load ids are the clock's, and it goes on from the state with the highest; one state is left (C7)."""
    last = "(SELECT max(_dlt_load_id) FROM {aleta}._dlt_pipeline_state)"
    for table, column in (("_dlt_loads", "load_id"), ("_dlt_pipeline_state", "_dlt_load_id")):
        set_ahead = "UPDATE {aleta}." + f"{table} SET {column} = '9999999999.0' WHERE {column} = {last} RETURNING 1"
        assert synced.rows(set_ahead) == [(1,)]

    [account] = synced.box.mutate("acme", "new_account")["accounts"]
    synced.sync()

    assert synced.rows("SELECT count(*) FROM {aleta}._dlt_pipeline_state WHERE _dlt_load_id < '9'") == [(1,)]
    assert synced.rows("SELECT count(*) FROM {aleta}._dlt_pipeline_state") == [(1,)]
    shutil.rmtree(synced.private / "dlt")
    synced.box.reset_requests()
    synced.sync()
    asked = [request.query for request in synced.box.requests if request.query.get("accountId") == account]
    assert [query["fromDate"] for query in asked if query["fromDate"] == "1970-01-01"] == []
    assert synced.differences() == []


@pytest.mark.long
@pytest.mark.parametrize("later_s", [0.0, 0.3, 1.0])
def test_a_first_load_that_was_killed_is_made_good_c1(empty: Kept, later_s: float) -> None:
    """C1: killed while its package is being loaded, sooner or later; the next run ends as if nothing had been."""
    process = empty.program.start("sync")
    loading = empty.private / "dlt" / "aleta_acme" / "load" / "normalized"
    while process.poll() is None and not any(loading.glob("*/*_jobs/*")):
        time.sleep(0.01)
    time.sleep(later_s)
    process.kill()
    process.communicate()

    empty.sync()

    assert empty.differences() == []
    assert empty.run("verify", "--all", "--json").exit == 0


@pytest.mark.long
def test_a_job_that_committed_and_was_not_noted_is_made_good_c1(synced: Kept) -> None:
    """C1: killed between the commit of a job and dlt's note of it, which would have it done twice."""
    synced.box.mutate_night("acme", 5, within_days=25, **CHANGES)
    assert sync_that_dies(synced.program, before_note_of="transactions.*") == 9

    synced.sync()

    assert synced.differences() == []
    feed = synced.feed()
    assert len(set(feed)) == len(feed) > 0
    assert synced.run("verify", "--json").exit == 0


@pytest.mark.long
def test_old_receipts_go_once_their_days_were_read_again_c7(synced: Kept) -> None:
    """C7: with `keep_windows_days`, and every mark stays covered."""
    synced.configure(keep_windows_days=1, reverify_days=0)
    old = "'2001-01-01 00:00:00.000000'"
    synced.rows("UPDATE {aleta}.sync_windows SET fetched_at = " + old + " RETURNING 1")

    synced.sync()

    assert synced.rows("SELECT 1 FROM {aleta}.sync_windows WHERE fetched_at <= " + old) == []
    assert synced.run("verify", "--all", "--json").exit == 0


def test_no_proven_destination_is_warned_of(synced: Kept) -> None:
    """The warning is for those that this suite does not run on."""
    ended = synced.sync()

    assert not any("prove" in warning for warning in ended.tenant()["warnings"])
    assert "WARNING" not in ended.err
