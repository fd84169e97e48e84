"""What a sync makes of the inbox: rows, and nothing due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.report.report import Problem, TenantReport
from pipelines.webhooks.delivery import CALCULATED, Delivery
from pipelines.webhooks.inbox import FILE, Inbox
from pipelines.webhooks.takeup import PATIENCE, take_up

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def report():
    return TenantReport(tenant="acme", run_id="r1")


@pytest.fixture
def folder(tmp_path):
    with Inbox(tmp_path) as inbox:
        inbox.record(
            [
                Delivery(webhook_id="1", type=CALCULATED, client_id="a", received_at=NOW),
                Delivery(webhook_id="2", type=CALCULATED, client_id="b", received_at=NOW),
                Delivery(webhook_id="3", type="limit.breached", client_id=None, received_at=NOW),
            ]
        )
    return tmp_path


def due(folder):
    with Inbox(folder) as inbox:
        return [delivery.webhook_id for delivery in inbox.undone()]


@pytest.mark.parametrize(
    ("status", "left"), [("complete", []), ("partial", []), ("failed", ["1", "2"]), ("stopped", ["1", "2"])]
)
def test_what_was_synced_is_not_due(status, left, folder, report):
    """After a run that is partial for other reasons, too."""
    taken = take_up(folder, report)
    rows = taken.rows(status=status, now=LATER).data.to_pylist()
    taken.settle(LATER)
    synced_at = None if left else LATER
    assert rows == [
        {"webhook_id": "1", "tenant": "acme", "type": CALCULATED, "client_id": "a", "received_at": NOW,
         "synced_at": synced_at, "run_id": "r1"},
        {"webhook_id": "2", "tenant": "acme", "type": CALCULATED, "client_id": "b", "received_at": NOW,
         "synced_at": synced_at, "run_id": "r1"},
        {"webhook_id": "3", "tenant": "acme", "type": "limit.breached", "client_id": None, "received_at": NOW,
         "synced_at": None, "run_id": "r1"},
    ]  # fmt: skip
    assert due(folder) == left


@pytest.mark.parametrize(
    ("code", "whose", "synced", "left"),
    [
        pytest.param("unavailable", "a", ["2"], ["1"], id="one client, for a while"),
        pytest.param("unavailable", "", [], ["1", "2"], id="any client, for a while"),
        pytest.param("forbidden", "a", ["2"], [], id="one client, for good"),
        pytest.param("unavailable", None, ["1", "2"], [], id="no client's, for a while"),
        pytest.param("not_offered", "", [], [], id="a table that this API has not"),
        pytest.param("unavailable", "c", ["1", "2"], [], id="a client of no delivery"),
    ],
)
def test_what_could_not_be_read_of_a_client_is_not_synced(code, whose, synced, left, folder, report):
    """H: it stays due where another run may read it; where none may, it is done, and the row says no more than that."""
    taken = take_up(folder, report)
    report.errors.append(Problem(code=code, message="", resource="transactions", parent_id="a1"))
    rows = taken.rows(status="partial", now=LATER, whose=lambda _: whose).data.to_pylist()
    taken.settle(LATER)
    assert [row["webhook_id"] for row in rows if row["synced_at"]] == synced
    assert due(folder) == left


def test_a_delivery_is_not_due_for_ever(folder, report):
    """What a day of runs could not read is the nightly run's."""
    taken, late = take_up(folder, report), NOW + PATIENCE
    report.errors.append(Problem(code="unavailable", message=""))
    rows = taken.rows(status="partial", now=late).data.to_pylist()
    taken.settle(late)
    assert [row["synced_at"] for row in rows] == [None] * 3
    assert due(folder) == []


def test_a_delivery_that_comes_during_the_run_stays_due(folder, report):
    """What it announces may have been read already."""
    taken = take_up(folder, report)
    with Inbox(folder) as inbox:
        inbox.record([Delivery(webhook_id="4", type=CALCULATED, client_id="a", received_at=NOW)])
    taken.rows(status="complete", now=LATER)
    taken.settle(LATER)
    assert due(folder) == ["4"]


def test_a_run_of_one_client_takes_up_only_its_deliveries(folder, report):
    taken = take_up(folder, report, clients=["b"])
    taken.rows(status="complete", now=LATER)
    taken.settle(LATER)
    assert due(folder) == ["1"]


def test_a_backfill_takes_up_nothing(folder):
    assert take_up(folder, TenantReport(tenant="acme", kind="backfill")).deliveries == ()


def test_without_an_inbox_there_is_nothing_and_none_is_made(tmp_path, report):
    """A quiet night without webhooks adds no file (C7), and no row."""
    taken = take_up(tmp_path, report)
    assert taken.rows(status="complete", now=LATER).data.num_rows == 0
    taken.settle(LATER)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_inbox_is_a_problem_and_stops_nothing(tmp_path, report):
    (tmp_path / FILE).write_bytes(b"damaged" * 1000)
    take_up(tmp_path, report)
    assert [(error.code, "move it away" in error.message) for error in report.errors] == [("inbox", True)]


def test_an_inbox_that_breaks_during_the_run_is_a_problem(folder, report):
    """The deliveries are taken up again by the next run: their rows are the same."""
    taken = take_up(folder, report)
    (folder / FILE).write_bytes(b"damaged" * 1000)
    for companion in ("-wal", "-shm"):
        (folder / f"{FILE}{companion}").unlink(missing_ok=True)
    taken.settle(LATER)
    assert [error.code for error in report.errors] == ["inbox"]
