"""Every table of the reference, as the program leaves it: exact, night after night, whatever the API is like."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from sandbox import Sandbox, SandboxSettings, Truth
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import with_parents
from tests import beyond, truth
from tests.e2e.conftest import EVERYTHING, SMALL
from tests.e2e.program import Ended, Program

WORLD = SMALL | {"seed": 5, "instruments": 8, "computed_days": 25, "prefix": "v3"}
TODAY: date = SMALL["today"]
ALWAYS = 10_000
TABLES = {schema.metadata[b"table"].decode() for one in CATALOGUE.values() for schema in one.schemas}
PARTS = {schema.metadata[b"table"].decode() for one in CATALOGUE.values() for schema in one.parts}


@dataclass(frozen=True, kw_only=True)
class Night:
    """A program after a run of it, and what the run said."""

    program: Program
    ended: Ended


Start = Callable[..., Program]


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Iterator[Night]:
    """The first sync of a small world with everything, one answer in twelve faulty; only to be looked at, or copied."""
    with Sandbox(SandboxSettings(**WORLD, fault_share=0.08)) as box:
        program = Program(box, tmp_path_factory.mktemp("first"), resources=["*"])
        ended = program.sync()
        box.set(fault_share=0)
        yield Night(program=program, ended=ended)


@pytest.fixture
def start(tmp_path) -> Iterator[Start]:
    """Start a world like it, that nobody synced."""
    with ExitStack() as stack:

        def started(*, aleta: dict[str, object] | None = None, **settings: object) -> Program:
            box = stack.enter_context(Sandbox(SandboxSettings(**WORLD | settings)))
            return Program(box, tmp_path, **{"resources": ["*"]} | (aleta or {}))

        yield started


@pytest.fixture
def start_synced(start, first) -> Start:
    """The same with a copy of what the first sync left."""

    def started(**aleta: object) -> Program:
        program = start(aleta=aleta)
        shutil.copytree(first.program.folder / "data", program.folder / "data")
        return program

    return started


def differences(program: Program, *, before: beyond.Before | None = None) -> list[str]:
    """Every way in which any table is not what the API shows."""
    now = program.box.truth("acme")
    return truth.differences(program.warehouse(), now) + beyond.differences(program.warehouse(), now, before=before)


def paths(program: Program) -> set[str]:
    return {one.path for one in program.box.requests}


def changed(ended: Ended) -> dict[str, dict[str, int]]:
    """What a run added, modified and removed, where it did."""
    ops = ("added", "modified", "removed")
    counts = {name: {op: one[op] for op in ops if one[op]} for name, one in ended.tenant()["resources"].items()}
    return {name: found for name, found in counts.items() if found}


# -- the first night


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
    links = [one["attributes"]["link"] for one in first.program.box.truth("acme").invites.values()]
    kept = [one for one in (first.program.folder / "data").rglob("*") if one.is_file()]

    assert links
    assert not [path for path in paths(first.program) if "invite" in path]
    assert [one for one in kept for link in links if link.encode() in one.read_bytes()] == []


# -- what an API does not offer

UNOFFERED = {
    "custodian_auth_flows": "/custodian-auth-flows",
    "limit_status": "/status?",
    "index_factors": "/index-factors",
    **dict.fromkeys(("holdings__depositories", "performance__depositories"), "expand=depositories"),
}


def test_what_is_not_offered_is_a_warning_and_all_else_is_exact(start):
    """404 to everybody, behind v2 and the names of 2025, an API that cuts its answers short after the first rows."""
    program = start(prefix="v2", names="asset", keep="first", row_cap=25)
    for path in UNOFFERED.values():
        program.box.faults.script("404", path_contains=path, times=ALWAYS)

    ended = program.sync()

    told = sorted(one.partition(":")[0] for one in ended.tenant()["warnings"])
    offered = tuple(table for table in beyond.KEYS if table not in UNOFFERED)
    assert (told, ended.errors()) == (sorted(UNOFFERED), [])
    assert program.differences() == []
    assert beyond.differences(program.warehouse(), program.box.truth("acme"), tables=offered) == []
    assert [table for table in UNOFFERED if program.rows(f"SELECT 1 FROM aleta.{table} LIMIT 1")] == []


def test_what_was_asked_for_by_name_and_is_not_offered_is_an_error_until_it_is(start):
    """Exit 4, told once; when it is offered, it is read, and `verify` looks at it."""
    table = ("custodian_auth_flows",)
    program = start(aleta={"resources": table})
    program.box.faults.script("404", path_contains="/custodian-auth-flows", times=ALWAYS)

    ended = program.sync(expect=4)

    assert [(one["code"], one["resource"]) for one in ended.errors()] == [("not_offered", *table)]

    program.box.faults.clear()
    program.sync()
    with duckdb.connect(f"{program.tenant_folder() / 'private' / 'store.duckdb'}") as store:
        store.execute("DELETE FROM aleta.custodian_auth_flows WHERE id LIKE 'nordea%'")
    verified = program.run("verify", "--all", "--json")

    assert beyond.differences(program.warehouse(), program.box.truth("acme"), tables=table) == []
    assert (verified.exit, verified.tenant()["missing"]) == (1, 1)


# -- the checker itself: what is spoilt in a copy, and the one line that must tell it

SABOTAGE = {
    "a-digit": (
        "UPDATE holdings SET market_value = market_value + 0.000000000001 {one}",
        "holdings .* market_value is",
    ),
    "a-row-lost": ("DELETE FROM performance {one}", "performance: .* is missing"),
    "a-row-too-many": (
        "INSERT INTO prices SELECT * REPLACE ('x' AS id) FROM prices {one}",
        r"prices: \('x',\) is left",
    ),
    "a-row-twice": ("INSERT INTO interest_rates FROM interest_rates {one}", "interest_rates: .* is there 2 times"),
    "an-object-that-nobody-met": (
        "INSERT INTO instrument_classes SELECT * REPLACE ('x' AS id) FROM instrument_classes {one}",
        r"instrument_classes: \('x',\) is left over",
    ),
    "an-object-called-gone": ("UPDATE webhook_keys SET removed_at = now() {one}", "webhook_keys: .* is missing"),
    "a-node-of-a-tree-lost": ("DELETE FROM limit_conditions {one}", "limit_conditions: .* is missing"),
    "a-member-of-a-value": ("UPDATE limits SET kind = 'x' {one}", "limits .* kind is 'x'"),
    "a-zero-inside-a-value": (
        r"""UPDATE private_market_performance SET cashflow = regexp_replace(cashflow::VARCHAR, '\.', '.0')::JSON
            WHERE row_key = (SELECT min(row_key) FROM aleta.private_market_performance WHERE cashflow LIKE '%.%')""",
        "private_market_performance .* cashflow is",
    ),
    "a-type-at-the-other-end": ("UPDATE instrument_holdings SET instrument_type = 'x' {one}", "instrument_type is 'x'"),
    "extra-lost": (
        """UPDATE holdings__portfolios SET extra = NULL
            WHERE row_key = (SELECT min(row_key) FROM aleta.holdings__portfolios WHERE extra IS NOT NULL)""",
        "holdings__portfolios .* extra is None",
    ),
    "extra-made-up": ("""UPDATE index_factors SET extra = '{{"a":1}}' {one}""", "index_factors .* extra is"),
    "extra-with-less-digits": (
        """UPDATE holdings__depositories SET extra = replace(extra::VARCHAR, '"1E-13"', '"0"')::JSON
            WHERE row_key = (SELECT min(row_key) FROM aleta.holdings__depositories WHERE extra LIKE '%1E-13%')""",
        "holdings__depositories .* extra is",
    ),
    "what-is-left-out-on-purpose": (
        """UPDATE performance__portfolios SET extra = '{{"accumulatedTwr":0}}'
            WHERE row_key = (SELECT min(row_key) FROM aleta.performance__portfolios WHERE extra IS NULL)""",
        "performance__portfolios .* extra is",
    ),
    "a-natural-key-misspelt": ("UPDATE performance__instruments SET row_key = 'x' {one}", "row_key is 'x'"),
    "an-instant-lost": ("UPDATE net_asset_values SET first_seen_at = NULL {one}", "first_seen_at is null"),
    "a-table-lost": ("DROP TABLE commitments", "commitments: there is no such table"),
    "a-table-too-many": ("CREATE TABLE notes AS SELECT 1 AS id", "notes: nobody compares this table"),
}
ONE = "WHERE rowid = (SELECT min(rowid) FROM aleta.{table})"


@pytest.fixture(scope="module")
def told(first, tmp_path_factory) -> list[str]:
    """What is said of a copy in which everything of SABOTAGE was done."""
    copy = shutil.copy(first.program.warehouse(), tmp_path_factory.mktemp("spoilt") / "spoilt.duckdb")
    with duckdb.connect(f"{copy}") as connection:
        connection.execute("USE aleta")
        for sql, _ in SABOTAGE.values():
            table = next(word for word in sql.split() if word.islower())
            connection.execute(sql.format(one=ONE.format(table=table)))
    return beyond.differences(Path(copy), first.program.box.truth("acme"))


@pytest.mark.parametrize("damage", SABOTAGE)
def test_each_kind_of_difference_is_told(told, damage):
    """Sabotage: the checker of this file says it, once."""
    assert len([line for line in told if re.search(SABOTAGE[damage][1], line)]) == 1


def test_nothing_else_is_told(told):
    """Sabotage: as many lines as damages."""
    assert len(told) == len(SABOTAGE), "\n".join(told)


# -- the nights after


@pytest.fixture(scope="module")
def second(first, tmp_path_factory) -> Iterator[tuple[Night, Truth, beyond.Before]]:
    """The night after changes of every kind: the run, what the API shows now, and what was there before."""
    folder = tmp_path_factory.mktemp("second")
    shutil.copytree(first.program.folder / "data", folder / "data")
    with Sandbox(SandboxSettings(**WORLD)) as box:
        program = Program(box, folder, resources=["*"], look_back_days=EVERYTHING)
        before = box.truth("acme")
        again = program.column("SELECT max(through_date) FROM aleta.sync_marks WHERE resource = 'limit_status'")[0]
        old = beyond.Before(found=beyond.shown(before), again=again - timedelta(days=2))  # a look-back of three
        change_everything(box)
        now = box.truth("acme")
        kept = replace(now, transactions={**before.transactions, **now.transactions})
        yield Night(program=program, ended=program.sync()), kept, old


def priced(box: Sandbox) -> str:
    """An instrument that rows name and that has prices."""
    return min(one.given["instrument_id"] for one in beyond.shown(box.truth("acme"))["prices"])


def change_everything(box: Sandbox) -> None:
    """Late, edited and deleted rows of any age; figures computed again; prices, limits, instruments, accounts."""
    box.mutate_night("acme", 7, late=0.04, edited=0.04, deleted=0)
    box.mutate("acme", "recompute", date=f"{TODAY - timedelta(days=25)}", count=9)
    box.mutate("acme", "recompute", date=f"{TODAY - timedelta(days=3)}", count=4)
    box.mutate("acme", "edit_price", id=priced(box), count=3)
    box.mutate("acme", "new_instrument", count=2)
    box.mutate("acme", "limit_changed")
    box.mutate("acme", "rename", id=beyond.shown(box.truth("acme"))["instrument_classes"][0].object["id"])
    box.mutate("acme", "new_account")
    box.mutate("acme", "account_gone")


def test_a_night_after_changes_of_every_kind_is_exact(second):
    """D1 to D5 in every table; of a gone account the transactions stay, and days that are not read again."""
    night, now, before = second

    assert truth.differences(night.program.warehouse(), now) == []
    assert beyond.differences(night.program.warehouse(), now, before=before) == []


def test_a_night_loads_what_changed_and_tells_it(second):
    """Each kind of change is in the counts of its tables."""
    found = changed(second[0].ended)

    assert found["limits"] == found["instrument_classes"] == {"modified": 1}
    assert found["prices"]["modified"] == 3
    assert found["instruments"]["added"] >= 1
    assert {"holdings", "performance", "instrument_holdings", "custodian_holdings", *beyond.GRAINS} <= found.keys()
    assert second[0].ended.tenant()["errors"] == []


def test_a_night_without_changes_costs_what_plan_says_and_loads_nothing(second):
    """D2, and `plan` within a tenth of what is asked; the warehouse stays exact."""
    night, now, before = second
    planned = night.program.run("plan", "--json").tenant()["requests"]

    quiet = night.program.sync()

    assert changed(quiet) == {}
    assert abs(planned - quiet.tenant()["requests"]) <= 0.1 * quiet.tenant()["requests"]
    assert beyond.differences(night.program.warehouse(), now, before=before) == []


# -- verify


def test_verify_calls_all_equal_and_finds_what_was_spoilt_in_any_table(start_synced):
    """One row of each table is spoilt beside an intact hash: just those are named, exit 1."""
    program = start_synced()
    sound = program.run("verify", "--all", "--json")
    with duckdb.connect(f"{program.tenant_folder() / 'private' / 'store.duckdb'}") as store:
        for table in TABLES:
            what = "DELETE FROM" if table in PARTS else "UPDATE"
            value = "" if table in PARTS else """SET extra = '{"spoilt":true}'"""
            store.execute(f"{what} aleta.{table} {value} {ONE.format(table=table)}")

    ended = program.run("verify", "--all", "--json")

    assert (sound.exit, sound.tenant()["status"], sound.tenant()["differences"]) == (0, "equal", [])
    assert (ended.exit, ended.tenant()["status"]) == (1, "different")
    assert sorted(one["resource"] for one in ended.tenant()["differences"]) == sorted(TABLES)
    counts = {kind: ended.tenant()[kind] for kind in ("missing", "different", "extra")}
    assert counts == {"missing": len(PARTS), "different": len(TABLES - PARTS), "extra": 0}


# -- backfill


@pytest.fixture(scope="module")
def reread(first, tmp_path_factory) -> Iterator[tuple[Night, Truth]]:
    """A backfill of a span in which figures were computed again, while one grain answers nothing but nonsense."""
    folder = tmp_path_factory.mktemp("reread")
    shutil.copytree(first.program.folder / "data", folder / "data")
    span = [f"{TODAY - timedelta(days=ago)}" for ago in (22, 9)]
    with Sandbox(SandboxSettings(**WORLD)) as box:
        program = Program(box, folder, resources=["*"])
        before = box.truth("acme")
        for entity in before.reporting_entities:
            box.mutate("acme", "recompute", id=entity, date=span[0], count=9)  # the day after has another return
        box.faults.script("200_no_data", path_contains="expand=instruments&", times=ALWAYS)
        ended = program.run("backfill", "--from", span[0], "--to", span[1], "--json")
        yield Night(program=program, ended=ended), before


def test_a_backfill_reads_a_span_again_of_all_that_has_spans(reread):
    """What was computed again comes in; nothing is asked for that goes day by day or whole."""
    night, _ = reread
    tables = tuple(table for table in beyond.KEYS if table != "performance__instruments")

    assert beyond.differences(night.program.warehouse(), night.program.box.truth("acme"), tables=tables) == []
    assert {"holdings", "performance", "instrument_holdings"} <= changed(night.ended).keys()
    ends = {path.rpartition("/")[2] for path in paths(night.program)}
    assert ends.isdisjoint({"status", "private-markets", "interest-rates", "net-asset-values", "commitments"})
    assert not [path for path in paths(night.program) if "custodian-holdings" in path]


def test_a_200_without_an_answer_is_never_no_rows_of_what_is_computed_f1(reread):
    """F1: exit 4, each reporting entity named; every row is as it was."""
    night, before = reread

    assert night.ended.exit == 4
    told = {(one["code"], one["resource"], one["parent_id"]) for one in night.ended.errors()}
    assert told == {("malformed", "performance__instruments", one) for one in before.reporting_entities}
    table = ("performance__instruments",)
    assert beyond.differences(night.program.warehouse(), before, tables=table) == []


# -- selection


def test_prices_bring_what_names_instruments_and_nothing_else(start):
    """Their parents, and the rows that instruments are met in; all exact, though the API shows the last rows only."""
    program = start(keep="last", aleta={"resources": ["prices"]})
    wanted = {one.name for one in with_parents(["prices"], CATALOGUE)}
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

    asked = {one.query["date"] for one in program.box.requests if "custodian-holdings" in one.path}
    days = {f"{first + timedelta(days=number)}" for number in range((TODAY - first).days + 1)}
    assert (again.exit, asked) == (0, days)
    table = ("custodian_holdings",)
    assert beyond.differences(program.warehouse(), now, tables=table, since=first) == []
