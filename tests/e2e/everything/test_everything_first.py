"""Every table of the reference, as the first sync leaves it: exact, whatever the API is like."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import with_parents
from tests import beyond, truth
from tests.e2e.everything.world import ALWAYS, PARTS, TABLES, TODAY, changed, differences, paths


def test_a_first_sync_is_exact_in_every_table_whatever_fails_on_the_way(first):
    """Each table has rows, and holds what the API shows: row by row, column by column, to the last digit."""
    shown = beyond.shown(first.program.box.truth("acme"))

    assert [table for table, rows in shown.items() if not rows] == []
    assert differences(first.program) == []
    assert (first.ended.errors(), first.ended.tenant()["warnings"]) == ([], [])
    assert first.ended.tenant()["retries"] > 0


def test_every_table_of_the_catalogue_is_compared():
    """Nothing that is filled goes unlooked at."""
    assert TABLES | {"transaction_changes"} == beyond.KEYS.keys() | beyond.ELSEWHERE


def test_an_invitation_s_link_is_nowhere_s1(first):
    """S1: it is as good as a password; invitations are not even asked for."""
    links = [invite["attributes"]["link"] for invite in first.program.box.truth("acme").invites.values()]
    kept = [file for file in (first.program.folder / "data").rglob("*") if file.is_file()]

    assert links
    assert not [path for path in paths(first.program) if "invite" in path]
    assert [file for file in kept for link in links if link.encode() in file.read_bytes()] == []


UNOFFERED = {
    "custodian_auth_flows": "/custodian-auth-flows",
    "limit_status": "/status?",
    "index_factors": "/index-factors",
    **dict.fromkeys(("holdings__depositories", "performance__depositories"), "expand=depositories"),
}


@pytest.mark.long
def test_what_is_not_offered_is_a_warning_and_all_else_is_exact(start):
    """404 to everybody, behind v2 and the names of 2025, an API that cuts its answers short after the first rows."""
    program = start(prefix="v2", names="asset", keep="first", row_cap=25)
    for path in UNOFFERED.values():
        program.box.faults.script("404", path_contains=path, times=ALWAYS)

    ended = program.sync()

    told = sorted(warning.partition(":")[0] for warning in ended.tenant()["warnings"])
    offered = tuple(table for table in beyond.KEYS if table not in UNOFFERED)
    assert (told, ended.errors()) == (sorted(UNOFFERED), [])
    assert program.differences() == []
    assert beyond.differences(program.warehouse(), program.box.truth("acme"), tables=offered) == []
    assert [table for table in UNOFFERED if program.rows(f"SELECT 1 FROM aleta.{table} LIMIT 1")] == []


@pytest.mark.long
def test_f2_what_nobody_had_yesterday_is_read_the_morning_it_is_there(start):
    """No client had a user, no limit a status: a 404 to all of them is no reason to wait for a week."""
    tables = ("users", "limit_status", "custodian_auth_flows")
    program = start()
    for path in ("/users", "/status?", "/custodian-auth-flows"):
        program.box.faults.script("404", path_contains=path, times=ALWAYS)
    program.sync()
    program.box.faults.clear()

    program.sync()

    assert program.differences() == []
    assert beyond.differences(program.warehouse(), program.box.truth("acme")) == []
    assert all(program.rows(f"SELECT 1 FROM aleta.{table} LIMIT 1") for table in tables)
    assert program.run("verify", "--all", "--json").exit == 0


def test_what_was_asked_for_by_name_and_is_not_offered_is_an_error_until_it_is(start):
    """Exit 4, told once; when it is offered, it is read, and `verify` looks at it."""
    table = ("custodian_auth_flows",)
    program = start(aleta={"resources": table})
    program.box.faults.script("404", path_contains="/custodian-auth-flows", times=ALWAYS)

    ended = program.sync(expect=4)

    assert [(error["code"], error["resource"]) for error in ended.errors()] == [("not_offered", *table)]

    program.box.faults.clear()
    program.sync()
    with duckdb.connect(f"{program.tenant_folder() / 'private' / 'store.duckdb'}") as store:
        store.execute("DELETE FROM aleta.custodian_auth_flows WHERE id LIKE 'nordea%'")
    verified = program.run("verify", "--all", "--json")

    assert beyond.differences(program.warehouse(), program.box.truth("acme"), tables=table) == []
    assert (verified.exit, verified.tenant()["missing"]) == (1, 1)


# -- selection


@pytest.mark.long
def test_prices_bring_what_names_instruments_and_nothing_else(start):
    """Their parents, and the rows that instruments are met in; all exact, though the API shows the last rows only."""
    program = start(keep="last", aleta={"resources": ["prices"]})
    wanted = {endpoint.name for endpoint in with_parents(["prices"], CATALOGUE)}
    tables = tuple(table for table in beyond.KEYS if table in wanted)

    ended = program.sync()

    now = program.box.truth("acme")
    filled = {table for table in TABLES if program.rows(f"SELECT 1 FROM aleta.{table} LIMIT 1")}
    assert filled - PARTS == ended.tenant()["resources"].keys() == wanted
    assert wanted > {"prices", "instruments", "performance__instruments", "transactions", "legal_entities"}
    assert beyond.differences(program.warehouse(), now, tables=tables) == []
    assert truth.differences(program.warehouse(), now, tables=("clients", "legal_entities", "transactions")) == []

    first, last = (TODAY - timedelta(days=ago) for ago in (12, 8))
    again = program.run(
        *("backfill", "--from", f"{first}", "--to", f"{last}", "--resource", "custodian_holdings", "--json")
    )

    asked = {request.query["date"] for request in program.box.requests if "custodian-holdings" in request.path}
    days = {f"{first + timedelta(days=number)}" for number in range((TODAY - first).days + 1)}
    assert (again.exit, asked) == (0, days)
    table = ("custodian_holdings",)
    assert beyond.differences(program.warehouse(), now, tables=table, since=first) == []


RENAMED = "instrument_type is 'instrument', not 'asset'"  # the same type under its older name, which is no change


@pytest.mark.long
def test_paths_and_names_that_move_overnight_change_nothing(start):
    """The vendor's pages disagree on both, and so may its next version with the one before."""
    program = start(prefix="v2", names="instrument")
    program.sync()
    program.box.set(prefix="v3", names="asset")

    ended = program.sync()

    assert (changed(ended), ended.errors(), ended.tenant()["warnings"]) == ({}, [], [])
    assert [found for found in differences(program) if not found.endswith(RENAMED)] == []
