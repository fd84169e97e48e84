"""What PostgreSQL alone can show of a sync: `test_conformance` has what holds everywhere."""

from __future__ import annotations

import time

import pytest

from tests.e2e.destinations.dying import sync_that_dies
from tests.e2e.destinations.remote import CHANGES, DATASET

pytestmark = pytest.mark.long


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
        pytest.param("to_regclass('aleta_acme._dlt_version') IS NOT NULL", id="tables are made"),
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
    assert sync_that_dies(synced.program, before_note_of=last) == 9

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

    assert {error["code"] for error in ended.errors()} == {"removals"}
    assert remote.column(f"SELECT count(*) FROM {DATASET}.transactions") == count
