"""Who runs when, if there are more tenants than may run side by side."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.run.aftermath import journal
from pipelines.run.turns import most_overdue_first, take_turns
from pipelines.settings import KeySource, TenantSettings
from tests.fakes import NOON


def tenants(folder: Path, *names: str) -> list[TenantSettings]:
    whoever = TenantSettings(name="", data_dir=folder, kid="k", iss="i", sub="s", key=KeySource())
    return [replace(whoever, name=name) for name in names]


def ran(tenant: TenantSettings, hour: int, **how: object) -> None:
    """A run, which is complete unless something else is said."""
    tenant.folder.mkdir(parents=True, exist_ok=True)
    at = NOON + timedelta(hours=hour)
    said = {"kind": "sync", "status": "complete"} | how
    journal.append(tenant.folder, journal.Entry(run_id=f"{hour}", started_at=at, ended_at=at, **said))


def test_the_most_overdue_begins(tmp_path: Path) -> None:
    """C6: never complete first, in the order of the configuration, then the oldest complete run."""
    lately, long_ago, never, new = found = tenants(tmp_path, "lately", "long-ago", "never", "new")
    ran(long_ago, 1)
    ran(lately, 2)
    ran(never, 3, status="failed")

    assert most_overdue_first(found) == [never, new, long_ago, lately]


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"status": "partial"}, id="partial"),
        pytest.param({"status": "running"}, id="killed"),
        pytest.param({"narrowed": True}, id="one-client"),
        pytest.param({"kind": "backfill"}, id="backfill"),
    ],
)
def test_what_is_not_a_complete_night_does_not_count(tmp_path: Path, how: dict[str, object]) -> None:
    """So a run that was killed goes on with those that it did not come to the end of."""
    first, second = found = tenants(tmp_path, "first", "second")
    ran(first, 2)
    ran(second, 1)
    ran(second, 3, **how)

    assert most_overdue_first(found) == [second, first]


def test_a_journal_that_nobody_can_read_is_no_obstacle(tmp_path: Path) -> None:
    """The tenant's own run says what is wrong with it."""
    first, second = found = tenants(tmp_path, "first", "second")
    ran(first, 1)
    (second.folder / journal.FILE).mkdir(parents=True)

    assert most_overdue_first(found) == [second, first]


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (3, 3), (50, 12)])
def test_so_many_run_side_by_side_and_the_next_begins_when_one_ends(tmp_path: Path, at_once: int, most: int) -> None:
    """C6: threads are bounded per process, and none is idle while a tenant waits."""
    running, seen, order = set[str](), list[int](), list[str]()
    lock, together = threading.Lock(), threading.Barrier(most)

    def run(tenant: TenantSettings) -> None:
        with lock:
            running.add(tenant.name)
            seen.append(len(running))
            order.append(tenant.name)
        together.wait(timeout=10)  # passes only when as many run as may
        with lock:
            running.discard(tenant.name)

    waiting = tenants(tmp_path, *(f"t{number:02}" for number in range(12)))
    take_turns(waiting, run, at_once=at_once, stop=threading.Event())

    assert max(seen) == most
    assert sorted(order) == [tenant.name for tenant in waiting]


def test_nobody_to_run_is_nothing_to_wait_for() -> None:
    """No thread is started."""
    before = threading.active_count()
    take_turns([], lambda _: pytest.fail("nobody is there"), at_once=4, stop=threading.Event())
    assert threading.active_count() == before


def test_who_is_interrupted_waits_for_what_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C2: a run that went on behind it would hold the lock, and nobody would hear of its end."""
    stop, ended = threading.Event(), list[str]()
    interrupted = iter([True])
    joined = threading.Thread.join

    def join(thread: threading.Thread, timeout: float | None = None) -> None:
        if next(interrupted, False):
            raise KeyboardInterrupt
        joined(thread, timeout)

    def run(tenant: TenantSettings) -> None:
        assert stop.wait(10), "nobody asked it to stop"
        ended.append(tenant.name)

    monkeypatch.setattr(threading.Thread, "join", join)
    with pytest.raises(KeyboardInterrupt):
        take_turns(tenants(tmp_path, "first", "second"), run, at_once=2, stop=stop)

    assert sorted(ended) == ["first", "second"]
