"""Many tenants in one run: side by side, each on its own (rules C3 and F3)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from benchmarks.tenants import Peak
from tests.e2e.program import Program


@pytest.fixture
def two(start) -> Program:
    return start(tenants=("acme", "bolt"))


LEFT = """
import contextlib, gc, sys
from pipelines.cli import main
sys.argv = ["aleta-sync", "--config", sys.argv[1], "sync", "--json"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
    main()
gc.collect()
print([type(left).__name__ for left in gc.get_objects() if type(left).__name__ in ("TenantRun", "Loader")])
"""


@pytest.mark.long
def test_c6_nothing_of_a_tenant_is_in_memory_when_it_is_done(two):
    """Of forty in one process, or of `serve` after a thousand syncs, the last one needs no more than the first."""
    ended = subprocess.run(
        [sys.executable, "-c", LEFT, f"{two.config}"], cwd=two.folder, capture_output=True, text=True, check=True
    )

    assert ended.stdout == "[]\n"
    assert two.differences("acme") == two.differences("bolt") == []


def ids(program: Program, tenant: str) -> set[bytes]:
    """Every id of a tenant's objects and rows."""
    return {ident.encode() for table in program.box.objects(tenant).values() for ident in table}


def texts(program: Program, tenant: str) -> bytes:
    """All that is in a tenant's files."""
    return b"".join(path.read_bytes() for path in program.tenant_folder(tenant).rglob("*") if path.is_file())


@pytest.mark.long
def test_tenants_are_synced_side_by_side_and_each_is_exact_c3(two):
    """One run, one report, a folder each; no id of one is in the other's files."""
    ended = two.sync()

    assert ended.report["tenants"].keys() == {"acme", "bolt"}
    assert two.differences("acme") == two.differences("bolt") == []
    assert ended.tenant("acme")["run_id"] != ended.tenant("bolt")["run_id"]
    dumped = {
        name: json.dumps(
            [two.rows(f"SELECT * FROM aleta.{table}", name) for table in two.box.objects(name)], default=str
        )
        for name in ("acme", "bolt")
    }
    for tenant, other in (("acme", "bolt"), ("bolt", "acme")):
        assert not [
            ident for ident in ids(two, other) if ident.decode() in dumped[tenant] or ident in texts(two, tenant)
        ]


def test_a_tenant_that_fails_leaves_the_other_complete_f3(two):
    """F3: a wrong key is exit 3, the most severe wins; the other tenant is complete and published."""
    two.rewrite("kid-bolt", "kid-nobody")

    ended = two.sync(expect=3)

    assert ended.report["status"] == ended.tenant("bolt")["status"] == "failed"
    assert ended.tenant("acme")["status"] == "complete"
    assert two.differences("acme") == []
    assert not two.warehouse("bolt").exists()


def test_partial_in_one_tenant_is_exit_4_for_all(two):
    """The report says which; the other is complete."""
    account = min(two.box.truth("bolt").accounts)
    two.box.mutate("bolt", "account_forbidden", account=account)

    ended = two.sync(expect=4)

    assert (ended.tenant("acme")["status"], ended.tenant("bolt")["status"]) == ("complete", "partial")
    assert ended.report["status"] == "partial"


def test_one_tenant_alone_can_be_named(two):
    """`sync TENANT` leaves the others alone."""
    ended = two.sync("bolt")

    assert ended.report["tenants"].keys() == {"bolt"}
    assert {request.tenant for request in two.box.requests} == {"bolt"}
    assert not two.tenant_folder("acme").exists()


@pytest.mark.long
def test_different_tenants_run_at_the_same_time_in_two_processes_c2(two):
    """C2: the lock is the tenant's."""
    first, second = two.start("sync", "--json", "acme"), two.start("sync", "--json", "bolt")

    assert (two.end(first).exit, two.end(second).exit) == (0, 0)
    assert two.differences("acme") == two.differences("bolt") == []


@pytest.mark.long
def test_a_signal_stops_every_tenant(start):
    """Each says so; the next run ends exact for both."""
    two = start(tenants=("acme", "bolt"), latency_s=0.2)
    running = two.start("sync", "--json")
    while sum(request.path.endswith("/transactions") for request in list(two.box.requests)) < 10:
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)

    ended = two.end(running)

    assert ended.exit == 143
    assert {tenant["status"] for tenant in ended.report["tenants"].values()} == {"partial"}

    two.box.set(latency_s=0)
    two.sync()
    assert two.differences("acme") == two.differences("bolt") == []


FIVE = tuple(f"t{number}" for number in range(5))


def spans(program: Program) -> dict[str, tuple[int, int]]:
    """Of each tenant, the places of its first and its last request among all."""
    found: dict[str, tuple[int, int]] = {}
    for place, request in enumerate(program.box.requests):
        if request.tenant:
            found[request.tenant] = (found.get(request.tenant, (place, 0))[0], place)
    return found


@pytest.mark.long
def test_no_more_tenants_run_than_may_and_the_most_overdue_begins_c6(start):
    """C6: two at a time; a run that was stopped goes on with those that it did not come to."""
    five = start(tenants=FIVE, accounts=2, rows=20, latency_s=0.05, aleta={"tenants_at_once": 2, "workers": 1})
    running = five.start("sync", "--json")
    while not five.warehouse("t1").exists():
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    stopped = five.end(running)
    begun = spans(five)

    assert stopped.exit == 143
    assert len(begun) < len(FIVE)
    assert list(stopped.report["tenants"]) == [*FIVE]
    assert [error["code"] for error in stopped.errors("t4")] == ["stopped"]

    five.box.requests.clear()
    ended = five.sync()

    between = spans(five)
    assert max(sum(first <= place <= last for first, last in between.values()) for place, _ in between.values()) == 2
    complete = {name for name in FIVE if stopped.tenant(name)["status"] == "complete"}
    first = list(between)[: len(FIVE) - len(complete) - 1]  # of two that begin together, either may send first
    assert {*first} <= {*FIVE} - complete
    assert list(ended.report["tenants"]) == [*FIVE]
    assert all(five.differences(name) == [] for name in FIVE)


FORTY = tuple(f"t{number:02d}" for number in range(40))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_forty_tenants_take_bounded_threads_and_memory_and_a_line_of_the_report_each_c6(start):
    """C6: a first load and a night of all in one process: 758 threads, 722 MB and 450 lines it was once."""
    forty = start(tenants=FORTY, accounts=9, rows=90)
    forty.cold = True  # a process of its own, not one that shares the memory of a warm one

    for _ in ("first load", "night"):
        running, peak = forty.start("sync"), Peak()
        while running.poll() is None:
            peak.look(running.pid)
            time.sleep(0.02)
        ended = forty.end(running)

        assert ended.exit == 0
        assert 0 < peak.threads <= 80
        assert 0 < peak.megabytes <= 500
        lines = ended.out.splitlines()
        assert [sum(line.startswith(f"{name} ") for line in lines) for name in FORTY] == [1] * len(FORTY)
        assert len(lines) <= len(FORTY) + 10
    assert all(forty.differences(name) == [] for name in FORTY[::13])
