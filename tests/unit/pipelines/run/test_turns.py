"""Who runs when, if there are more tenants than may run side by side."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.run.turns import most_overdue_first, note_complete, take_turns
from pipelines.settings import KeySource, TenantSettings


def tenants(folder: Path, *names: str) -> list[TenantSettings]:
    whoever = TenantSettings(name="", data_dir=folder, kid="k", iss="i", sub="s", key=KeySource())
    return [replace(whoever, name=name) for name in names]


def completed(tenant: TenantSettings, at: float) -> None:
    (tenant.folder / "private").mkdir(parents=True, exist_ok=True)
    note_complete(tenant.folder)
    os.utime(tenant.folder / "private" / "complete", (at, at))


def test_the_most_overdue_begins(tmp_path: Path) -> None:
    """C6: never complete first, in the order of the configuration, then the oldest complete run."""
    lately, long_ago, never, new = found = tenants(tmp_path, "lately", "long-ago", "never", "new")
    completed(lately, 2_000)
    completed(long_ago, 1_000)

    assert most_overdue_first(found) == [never, new, long_ago, lately]


def test_a_complete_run_is_the_least_overdue(tmp_path: Path) -> None:
    """What ended complete a moment ago waits for all others; so a run that was killed goes on with the others."""
    first, second = found = tenants(tmp_path, "first", "second")
    completed(second, 1_000)
    completed(first, 1_000)
    note_complete(first.folder)

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
    take_turns(waiting, run, at_once=at_once)

    assert max(seen) == most
    assert sorted(order) == [tenant.name for tenant in waiting]


def test_nobody_to_run_is_nothing_to_wait_for() -> None:
    """No thread is started."""
    before = threading.active_count()
    take_turns([], lambda _: pytest.fail("nobody is there"), at_once=4)
    assert threading.active_count() == before
