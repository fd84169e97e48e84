"""Deliveries that come together share a write, and none is acknowledged before it is done."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pipelines.webhooks.delivery import CALCULATED, Delivery
from pipelines.webhooks.inbox import FILE, Inbox, InboxError, has_room
from pipelines.webhooks.recorder import MOST_OPEN, Recorder

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def delivery(webhook_id):
    return Delivery(webhook_id=f"{webhook_id}", type=CALCULATED, client_id="c1", received_at=NOW)


def on_disk(folder):
    database = sqlite3.connect(folder / FILE)
    try:
        return {row[0] for row in database.execute("SELECT webhook_id FROM deliveries")}
    finally:
        database.close()


@pytest.fixture
def recorder(tmp_path):
    recorder = Recorder({f"t{number}": tmp_path / f"t{number}" for number in range(MOST_OPEN * 2)})
    yield recorder
    recorder.close()


def test_what_is_acknowledged_is_on_the_disk(recorder, tmp_path):
    """Looked at by another connection at the instant of each acknowledgement."""

    async def one(number):
        assert await recorder.record("t0", delivery(number))
        assert f"{number}" in on_disk(tmp_path / "t0")

    async def many():
        await asyncio.gather(*(one(number) for number in range(200)))

    asyncio.run(many())


def test_a_repetition_is_recognised_within_a_write_and_after_it(recorder):
    async def twice():
        together = await asyncio.gather(*(recorder.record("t0", delivery(1)) for _ in range(3)))
        return together, await recorder.record("t0", delivery(1))

    assert asyncio.run(twice()) == ([True, False, False], False)


def test_many_tenants_keep_few_files_open(recorder):
    """Rule C6."""

    async def everyone():
        for _ in range(2):
            await asyncio.gather(*(recorder.record(f"t{number}", delivery(number)) for number in range(MOST_OPEN * 2)))
        return [len((await recorder.waiting(f"t{number}")).deliveries) for number in range(MOST_OPEN * 2)]

    assert asyncio.run(everyone()) == [1] * MOST_OPEN * 2
    assert len(recorder._open) <= MOST_OPEN


def test_nothing_waits_where_nothing_came(recorder, tmp_path):
    """And no file is made to find that out."""
    assert asyncio.run(recorder.waiting("t0")).clients == []
    assert not (tmp_path / "t0").exists()


def test_a_failed_write_is_an_error_for_every_delivery_of_it(recorder, tmp_path):
    """And for no other tenant; once the cause is gone, deliveries are taken again."""
    (tmp_path / "t0").write_text("a file where the folder should be")

    async def failing():
        failed = await asyncio.gather(*(recorder.record("t0", delivery(n)) for n in range(3)), return_exceptions=True)
        unable = await recorder.able()
        other = await recorder.record("t1", delivery(1))
        able = await recorder.able()
        (tmp_path / "t0").unlink()
        return failed, unable, other, able, await recorder.record("t0", delivery(1))

    failed, unable, other, able, mended = asyncio.run(failing())
    assert all(isinstance(error, InboxError) for error in failed)
    assert (unable, other, able, mended) == (False, True, True, True)


def test_it_is_able_again_once_the_cause_is_gone(recorder, tmp_path):
    """Without another delivery: a balancer sends none while it is unable."""
    (tmp_path / "t0").write_text("")

    async def mended():
        with pytest.raises(InboxError):
            await recorder.record("t0", delivery(1))
        unable = await recorder.able()
        (tmp_path / "t0").unlink()
        return unable, await recorder.able()

    assert asyncio.run(mended()) == (False, True)


def test_it_is_unable_before_the_first_delivery_where_no_inbox_could_be_made(recorder, tmp_path):
    """Contract: `GET /healthz` answers 200 while it can accept. Nothing is made to know it."""
    folders = sorted(recorder._folders.values())
    for folder in folders:
        folder.write_text("")
    assert asyncio.run(recorder.able()) is False
    folders[0].unlink()
    assert asyncio.run(recorder.able()) is True
    assert not folders[0].exists()


def test_a_disk_without_room_or_inodes_takes_no_delivery(tmp_path, monkeypatch):
    """What `statvfs` says of it; some file systems count nothing."""
    some = {"f_blocks": 9, "f_bavail": 9, "f_files": 9, "f_favail": 9}
    uncounted = dict.fromkeys(some, 0)
    for said, room in [(some, True), ({"f_bavail": 0}, False), ({"f_favail": 0}, False), (uncounted, True)]:
        monkeypatch.setattr("os.statvfs", lambda _, said=said: SimpleNamespace(**some | said))
        assert has_room(tmp_path / "new") is room


def test_an_inbox_that_was_moved_away_is_opened_anew(recorder, tmp_path):
    """The remedy for a damaged file works while the service runs."""

    async def moved():
        await recorder.record("t0", delivery(1))
        (tmp_path / "t0" / FILE).rename(tmp_path / "t0" / "old.sqlite")
        for companion in ("-wal", "-shm"):
            (tmp_path / "t0" / f"{FILE}{companion}").unlink(missing_ok=True)
        with pytest.raises(InboxError):
            await recorder.record("t0", delivery(2))
        return await recorder.record("t0", delivery(2))

    assert asyncio.run(moved())
    assert on_disk(tmp_path / "t0") == {"2"}


def test_another_process_that_writes_is_waited_for(recorder, tmp_path):
    async def contended():
        await recorder.record("t0", delivery(1))
        with Inbox(tmp_path / "t0") as sync, sync._transaction():
            waiting = asyncio.create_task(recorder.record("t0", delivery(2)))
            await asyncio.sleep(0.2)
            assert not waiting.done()
        return await waiting

    assert asyncio.run(contended())
