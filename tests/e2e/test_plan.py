"""`plan`: what the next run will ask for, and what is not known."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from pipelines.estimate import estimate
from pipelines.run.selection import selected
from tests.fakes import NOON

TAKE = "import duckdb, sys; duckdb.connect(sys.argv[1])"


def test_plan_before_a_first_load_says_what_is_not_known(program):
    """No zeros that look like an answer; nothing is made, nothing asked."""
    ended = program.run("plan")

    said = " ".join(ended.out.split())
    assert ended.exit == 0
    assert "acme: a first load" in said
    assert "not known: how many accounts there are" in said
    assert "at least 1 request an account: transactions" in said
    assert "no other tenant was loaded here" in said
    assert " 0 requests" not in said
    assert max(map(len, ended.out.splitlines())) <= 80
    assert not (program.folder / "data").exists()
    assert program.box.requests == []


def test_plan_before_a_first_load_counts_all_tables(program):
    """Most requests of a small office are of instruments and reporting entities, not of accounts."""
    ended = program.run("plan", ALETA__RESOURCES='["*"]')

    said = " ".join(ended.out.split())
    assert "for the other tables at least 13 a reporting entity, 1 a legal entity, 1 a limit, 5 an instrument" in said
    assert max(map(len, ended.out.splitlines())) <= 80
    assert len(ended.out.splitlines()) <= 12
    assert "minutes" not in program.run("plan", ALETA__REQUESTS_PER_MINUTE="500").out


def test_plan_before_a_first_load_guesses_from_what_others_took(start):
    """A range from the other tenants' first loads, with their accounts and the row cap that they met."""
    program = start(tenants=("acme", "beta"))
    took = program.sync("beta").tenant("beta")

    ended = program.run("plan", "acme")

    said = " ".join(ended.out.split())
    assert f"beta took {took['requests']:,} requests for" in said
    assert "(row cap 40)" in said
    assert f"so perhaps {took['requests']:,} to {took['requests']:,} requests" in said
    assert (
        json.loads(program.run("plan", "acme", "--json").out)["tenants"]["acme"]["estimate"] == [took["requests"]] * 2
    )
    halved = program.run("plan", "acme", "--json", TENANTS__ACME__ROW_CAP="20")  # of a cap of 40
    assert json.loads(halved.out)["tenants"]["acme"]["estimate"] == [2 * took["requests"]] * 2


def test_plan_has_no_lines_of_zeros(synced):
    """A table of which nothing is due is counted, not listed."""
    ended = synced.run("plan")

    assert ended.exit == 0
    assert "  clients: 1 request for 1 window" in ended.out.splitlines()
    assert not any(": 0 requests" in line for line in ended.out.splitlines()[1:])
    assert max(map(len, ended.out.splitlines())) <= 80


def test_plan_says_minutes_only_where_there_is_a_rate(synced):
    """Without a limit nobody knows how long it takes: not 0 minutes."""
    assert "as many a minute as the API answers" in synced.run("plan", ALETA__REQUESTS_PER_MINUTE="0").out
    assert "minutes at 500 a minute" in synced.run("plan", ALETA__REQUESTS_PER_MINUTE="500").out


def test_plan_writes_nothing(synced):
    """Every file of the tenant is as it was, the lock too."""
    files = [file for file in synced.tenant_folder().rglob("*") if file.is_file()]
    before = {file: file.read_bytes() for file in files}

    assert synced.run("plan").exit == 0

    assert {file: file.read_bytes() for file in synced.tenant_folder().rglob("*") if file.is_file()} == before


def test_plan_takes_no_lock(synced):
    """A sync that begins meanwhile is not told that it is locked out, and by a process that ended long ago (C2)."""
    lock = synced.tenant_folder() / "lock"
    lock.unlink()

    assert synced.run("plan").exit == 0

    assert not lock.exists()


def test_c4_the_store_is_free_while_plan_counts(synced):
    """A long history takes long to count, and a run that cannot open its store soon fails as `in_use`."""
    store, taken = synced.tenant_folder() / "private" / "store.duckdb", list[int]()
    [tenant], _ = selected(synced.config, ())

    def take(frame, event, _):
        if event == "call" and frame.f_code is estimate.rehearse.__code__:
            taken.append(subprocess.run([sys.executable, "-c", TAKE, store], check=False).returncode)

    sys.setprofile(take)
    try:
        plans = estimate.run([tenant], now=NOON)
    finally:
        sys.setprofile(None)

    assert plans.exit == 0
    assert set(taken) == {0}


def test_plan_goes_by_the_marks_in_the_store_m5(synced):
    """M5: where dlt's own files are lost, or are of another night, the store has the state that `sync` will go by."""
    planned = synced.run("plan").out
    dlt = synced.tenant_folder() / "private" / "dlt"
    shutil.rmtree(dlt)

    ended = synced.run("plan")

    assert ended.out == planned
    assert not dlt.exists()


def test_a_row_cap_that_was_met_elsewhere_is_in_the_store_m5(start):
    """M5: also of the tenant whose first load is the precedent."""
    program = start(tenants=("acme", "beta"))
    program.sync("beta")
    shutil.rmtree(program.tenant_folder("beta") / "private" / "dlt")

    assert "(row cap 40)" in " ".join(program.run("plan", "acme").out.split())
