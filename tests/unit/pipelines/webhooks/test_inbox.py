"""What is on the disk, for how long, and what happens when it cannot be."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.webhooks import inbox as module
from pipelines.webhooks.delivery import CALCULATED, Delivery
from pipelines.webhooks.inbox import FILE, MOST_REMEMBERED, Inbox, InboxError, exists

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def delivery(webhook_id, client_id="c1", *, kind=CALCULATED, at=NOW):
    return Delivery(webhook_id=webhook_id, type=kind, client_id=client_id, received_at=at)


def ids(deliveries):
    return [delivery.webhook_id for delivery in deliveries]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "acme"


def test_what_was_recorded_is_there_after_a_restart(folder):
    """And in the order in which it came."""
    with Inbox(folder) as inbox:
        assert inbox.record([delivery("2", "b"), delivery("1", "a"), delivery("3", "b")]) == [True, True, True]
    with Inbox(folder) as inbox:
        assert ids(inbox.undone()) == ["2", "1", "3"]
        assert inbox.waiting().clients == ["b", "a"]


def test_a_delivery_is_recorded_once_also_after_a_restart(folder):
    with Inbox(folder) as inbox:
        assert inbox.record([delivery("1"), delivery("1")]) == [True, False]
    with Inbox(folder) as inbox:
        assert inbox.record([delivery("1", "other")]) == [False]
        assert inbox.waiting().clients == ["c1"]


def test_a_synced_delivery_is_remembered_and_not_due(folder):
    with Inbox(folder) as inbox:
        inbox.record([delivery("1")])
        inbox.settle(inbox.undone(), run_id="r1", done_at=NOW)
        inbox.compact(NOW)
        assert inbox.undone() == []
        assert inbox.record([delivery("1")]) == [False]


def test_a_delivery_whose_sync_failed_stays_due(folder):
    with Inbox(folder) as inbox:
        inbox.record([delivery("1")])
        assert inbox.waiting().new_clients == ["c1"]
        inbox.settle(inbox.undone(), run_id="r1", done_at=None)
        assert ids(inbox.undone()) == ["1"]
        assert (inbox.waiting().clients, inbox.waiting().new_clients) == (["c1"], [])


def test_news_of_a_client_that_was_tried_make_it_new(folder):
    """And those that were tried come behind the new ones: of a great many clients a sync takes the first."""
    with Inbox(folder) as inbox:
        inbox.record([delivery("1", "a"), delivery("2", "b")])
        inbox.settle(inbox.undone(), run_id="r1", done_at=None)
        inbox.record([delivery("3", "c"), delivery("4", "b")])
        assert inbox.waiting().new_clients == ["c", "b"]
        assert inbox.waiting().clients == ["c", "b", "a"]


def test_a_type_that_announces_nothing_waits_for_no_sync_but_is_recorded_once(folder):
    with Inbox(folder) as inbox:
        inbox.record([delivery("1", None, kind="limit.breached")])
        assert inbox.waiting().clients == []
        assert ids(inbox.undone(clients=["c9"])) == ["1"]
        inbox.settle(inbox.undone(), run_id="r1", done_at=None)
        assert inbox.undone() == []


def test_only_the_clients_named_are_taken(folder):
    with Inbox(folder) as inbox:
        inbox.record([delivery("1", "a"), delivery("2", "b")])
        assert ids(inbox.undone(clients=["b"])) == ["2"]


def test_what_is_done_is_forgotten_after_thirty_days(folder):
    """What is due is not, however old it is."""
    old = NOW - timedelta(days=31)
    with Inbox(folder) as inbox:
        inbox.record([delivery("1", at=old), delivery("2", at=old), delivery("3")])
        inbox.settle([delivery("1"), delivery("3")], run_id="r1", done_at=NOW)
        inbox.compact(NOW)
        assert inbox.record([delivery("1"), delivery("2"), delivery("3")]) == [True, False, False]


@pytest.mark.slow
def test_the_file_is_bounded(folder):
    """A hundred thousand are remembered; the space of the rest is used again."""
    count = MOST_REMEMBERED // 2
    sizes = []
    with Inbox(folder) as inbox:
        for turn in range(4):
            deliveries = [delivery(f"{turn}-{number}") for number in range(count)]
            inbox.record(deliveries)
            inbox.settle(deliveries, run_id="r1", done_at=NOW)
            inbox.compact(NOW)
            sizes.append((folder / FILE).stat().st_size)
        assert inbox.record([delivery("0-0"), delivery("3-0")]) == [True, False]
    assert sizes[3] <= 1.6 * sizes[1]


def test_every_commit_is_synced_to_the_disk(folder):
    """`synchronous = FULL` (2) and a log: a commit returns when the disk has it."""
    with Inbox(folder) as inbox:
        found = [inbox._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
    assert found == [2, "wal"]


def test_its_files_are_the_owners_only(folder):
    with Inbox(folder) as inbox:
        inbox.record([delivery("1")])
        modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert modes == dict.fromkeys([FILE, f"{FILE}-wal", f"{FILE}-shm"], 0o600)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_link_is_not_followed(folder, tmp_path):
    folder.mkdir(parents=True)
    (folder / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InboxError):
        Inbox(folder)


def test_a_damaged_file_is_said_and_left_alone(folder):
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"no database, but something that an operator may want to look at" * 100)
    with pytest.raises(InboxError, match="move it away"):
        Inbox(folder)
    assert (folder / FILE).read_bytes().startswith(b"no database")


def test_a_file_that_was_moved_away_is_not_written_to(folder):
    """Nobody would ever read it."""
    with Inbox(folder) as inbox:
        inbox.record([delivery("1")])
        (folder / FILE).rename(folder / "kept.sqlite")
        Inbox(folder).close()
        with pytest.raises(InboxError, match="replaced"):
            inbox.record([delivery("2")])


def test_a_log_that_was_removed_is_not_written_to(folder):
    """Whoever removed it, nobody would ever read it: the delivery is refused, and sent again."""
    with Inbox(folder) as inbox:
        inbox.record([delivery("1")])
        (folder / f"{FILE}-wal").rename(folder / "kept-wal")
        with pytest.raises(InboxError, match="replaced"):
            inbox.record([delivery("2")])


def test_a_failed_write_records_nothing(folder):
    with Inbox(folder) as inbox:
        inbox._database.execute("PRAGMA query_only = 1")
        with pytest.raises(InboxError):
            inbox.record([delivery("1")])
        inbox._database.execute("PRAGMA query_only = 0")
        assert inbox.undone() == []


def test_a_probe_leaves_nothing(folder):
    with Inbox(folder) as inbox:
        inbox.probe()
        assert inbox.undone() == []


def test_two_processes_use_it(folder):
    """`serve` records while `sync` settles."""
    with Inbox(folder) as serve, Inbox(folder) as sync:
        serve.record([delivery("1")])
        taken = sync.undone()
        serve.record([delivery("2")])
        sync.settle(taken, run_id="r1", done_at=NOW)
        assert ids(serve.undone()) == ["2"]


def test_a_sync_within_this_process_takes_no_locks_from_what_records(folder):
    """Else the next process that closes the file removes the log, and `serve` answers 204 for what nobody reads."""
    with Inbox(folder) as serve:
        serve.record([delivery("1")])
        Inbox(folder).close()
        assert seen_by_another_process(folder) == "1"
        serve.record([delivery("2")])
        assert seen_by_another_process(folder) == "2"


def seen_by_another_process(folder) -> str:
    count = """if True:
        import sqlite3, sys
        inbox = sqlite3.connect(sys.argv[1])
        print(*inbox.execute("SELECT count(*) FROM deliveries").fetchone())
        inbox.close()"""
    command = [sys.executable, "-c", count, folder / FILE]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_there_is_none_before_the_first_delivery(folder):
    assert not exists(folder)
    Inbox(folder).close()
    assert exists(folder)


def test_the_index_answers_what_is_due(folder):
    """A hundred thousand remembered rows are not read each time."""
    with Inbox(folder) as inbox:
        inbox.record([delivery("1")])
    with sqlite3.connect(folder / FILE) as database:
        plan = database.execute(
            f"EXPLAIN QUERY PLAN SELECT webhook_id FROM deliveries WHERE {module._UNDONE}"
        ).fetchall()
    database.close()
    assert "undone" in plan[0][3]
