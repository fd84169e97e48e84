"""The first sync of a tenant: everything, exactly, in the tables and words of the contract."""

from __future__ import annotations

import json
import stat

import pytest

from pipelines.report.report import bound_of
from sandbox import Sandbox, SandboxSettings
from tests.e2e.conftest import SMALL
from tests.e2e.program import Program
from tests.lengths import long_but

OBJECT = {"id", "first_seen_at", "removed_at", "extra"}
LINK = {"first_seen_at", "removed_at"}
COLUMNS = {
    "clients": OBJECT | {"name", "parent_id"},
    "legal_entities": OBJECT | {"name", "client_id"},
    "accounts": OBJECT
    | {"name", "external_identifier", "ccy_code", "exclude_from_reporting", "legal_entity_id", "depository_id"},
    "depositories": OBJECT | {"name", "external_identifier", "legal_entity_id"},
    "reporting_entities": OBJECT | {"name", "client_id"},
    "portfolios": OBJECT | {"name", "reporting_entity_id"},
    "users": OBJECT | {"first_name", "last_name", "contact_email", "client_id"},
    "accounts__depositories": LINK | {"account_id", "depository_id"},
    "portfolios__accounts": LINK | {"portfolio_id", "account_id"},
    "portfolios__depositories": LINK | {"portfolio_id", "depository_id"},
    "users__read_access_to_reporting_entities": LINK | {"user_id", "reporting_entity_id"},
    "transactions": {
        *("id", "type", "first_seen_at", "changed_at", "row_hash", "extra"),
        *("account_id", "inflow_account_id", "outflow_account_id", "depository_id", "instrument_id"),
        *("instrument_type", "counterparty_transaction_id", "trade_date", "value_date", "comment", "category"),
        *("account_amount", "inflow_account_amount", "outflow_account_amount", "units", "unit_price", "commission"),
        *("accrued_interest", "gross_amount", "index_factor", "amount", "recallable_amount"),
        *("effect_on_unfunded_commitment", "affects_estimated_nav", "affects_multiples", "affects_irr"),
        "affects_cost_base",
    },
    "transaction_changes": {"run_id", "changed_at", "op", "id", "late", "before", "after"},
    "sync_runs": {
        *("run_id", "kind", "clients", "started_at", "ended_at", "status", "version", "requests", "retries", "errors"),
        *("rows_read", "added", "modified", "removed", "cap_rule", "trials", "trials_bound"),
    },
    "sync_windows": {
        *("run_id", "resource", "parent_id", "from_date", "to_date", "rows", "status", "reason", "fetched_at"),
        *("track", "pages"),
    },
    "sync_marks": {"resource", "parent_id", "from_date", "through_date", "verified_at"},
}
COUNTS = {"requests", "windows", "splits", "read", "added", "modified", "removed", "unchanged", "quarantined"}
TENANT = {"status", "run_id", "requests", "retries", "duration_s", "resources", "row_cap", "errors"}


WORLDS = [
    ("kinds", "instrument", "first", "trade", 25),
    ("kinds", "mixed", "last", "value", 30),
    ("single", "asset", "first", "value", 40),
    ("single", "mixed", "random", "trade", 25),
    ("kinds", "asset", "random", "value", 20),
    ("single", "instrument", "last", "trade", 20),
    ("kinds", "mixed", "random", "trade", 0),
]


@pytest.mark.parametrize(
    "world", long_but(WORLDS[-2:], [pytest.param(world, id="-".join(map(str, world))) for world in WORLDS])
)
def test_a_first_sync_is_exact_in_every_dialect_and_under_every_hidden_cap(start, world):
    """Rows, digits and objects equal the API's, whichever way it spells them and whichever rows it keeps back."""
    dialect, relation, keep, date_filter, row_cap = world
    program = start(seed=7, dialect=dialect, relation=relation, keep=keep, date_filter=date_filter, row_cap=row_cap)

    ended = program.sync()

    assert program.differences() == []
    assert ended.tenant()["row_cap"] == (row_cap or None)


def test_a_first_sync_with_the_cap_configured_is_exact_and_learns_nothing(start):
    """W3: a configured `row_cap` replaces the learning."""
    program = start(row_cap=30, aleta={"row_cap": 30})

    ended = program.sync()

    assert program.differences() == []
    assert ended.tenant()["row_cap"] == 30


def test_a_span_refused_as_too_wide_is_halved_until_it_is_taken_w5(start):
    """W5: the width that the API takes is found, kept, and not tried beyond again."""
    program = start(max_window_days=400, aleta={"history_start": "2020-01-01"})

    program.sync()
    refused = [request for request in program.box.requests if request.status == 422]
    program.box.reset_requests()
    program.sync()

    assert refused
    assert not [request for request in program.box.requests if request.status == 422]
    assert program.differences() == []


@pytest.mark.parametrize(
    ("settings", "empty"),
    [
        pytest.param({"rows": 0}, "transactions", id="no-transactions"),
        pytest.param({"accounts": 1, "rows": 5}, "", id="one-account"),
    ],
)
def test_a_tiny_world_is_synced_as_exactly_as_a_large_one(start, settings, empty):
    """Tables are there even when nothing is in them."""
    program = start(**settings)

    program.sync()

    assert program.differences() == []
    assert not empty or program.column(f"SELECT count(*) FROM aleta.{empty}") == [0]


# -- one synced world, looked at from all sides


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    with Sandbox(SandboxSettings(**SMALL)) as box:
        program = Program(box, tmp_path_factory.mktemp("first"), publish=["duckdb", "parquet"])
        yield program, program.sync()


def test_the_report_has_every_key_of_the_contract(looked_at):
    """`sync --json` is one document in the contract's shape; more keys may be there, fewer may not."""
    _, ended = looked_at

    assert {"status", "tenants"} <= ended.report.keys()
    assert ended.report["tenants"].keys() == {"acme"}
    assert ended.tenant().keys() >= TENANT
    assert all(counts.keys() >= COUNTS for counts in ended.tenant()["resources"].values())
    assert ended.report["status"] == ended.tenant()["status"] == "complete"
    assert ended.errors() == []


def test_json_is_all_there_is_on_stdout(looked_at):
    """One line, one document, nothing before and nothing behind it."""
    _, ended = looked_at

    assert ended.out.count("\n") == 1
    assert json.loads(ended.out)


def test_the_counts_of_a_first_sync_add_up(looked_at):
    """Everything is added; requests are those that the server saw, without those for tokens."""
    program, ended = looked_at
    truth, box = program.box.truth("acme"), program.box
    resources = ended.tenant()["resources"]
    asked = [request for request in box.requests if request.path.startswith("/api/")]

    for name in ("clients", "legal_entities", "accounts", "depositories", "portfolios", "users", "transactions"):
        assert resources[name]["added"] == len(getattr(truth, name))
        assert resources[name]["modified"] == resources[name]["removed"] == resources[name]["unchanged"] == 0
    assert resources["transactions"]["read"] >= resources["transactions"]["added"]
    assert sum(counted["requests"] for counted in resources.values()) == ended.tenant()["requests"] == len(asked)


def test_windows_and_splits_are_the_requests_of_the_transactions(looked_at):
    """Without faults, each request for transactions is of a window kept, of one split, or of a trial (W6)."""
    _, ended = looked_at
    counts = ended.counts()

    assert counts["splits"] > 0
    assert counts["windows"] + counts["splits"] + counts["trial_requests"] == counts["requests"]
    assert counts["cap_rule"] == "one constant cap"
    assert 0 < counts["trials"] <= counts["trial_requests"]
    assert "at 95 %, fewer than" in counts["trials_bound"]


def test_receipts_of_complete_windows_tile_each_account_s_whole_span_w5(looked_at):
    """W5: no gap and no overlap, from `history_start` on."""
    program, _ = looked_at
    windows = program.rows(
        "SELECT parent_id, from_date, to_date, lag(to_date) OVER (PARTITION BY parent_id ORDER BY from_date) "
        "FROM aleta.sync_windows WHERE status = 'complete'"
    )

    assert {row[0] for row in windows} == set(program.box.truth("acme").accounts)
    for _, first, _, before in windows:
        assert f"{first}" == "1970-01-01" if before is None else (first - before).days == 1


def test_marks_end_with_the_last_elapsed_day_and_not_with_the_last_row_m2(looked_at):
    """M2: `through_date` is never later than the last day that has fully elapsed everywhere (UTC-12)."""
    program, _ = looked_at
    marks = program.rows("SELECT from_date, through_date, verified_at FROM aleta.sync_marks")
    elapsed = program.column(
        "SELECT ((started_at AT TIME ZONE 'UTC') - INTERVAL 12 HOUR)::DATE - 1 FROM aleta.sync_runs"
    )

    assert len(marks) == len(program.box.truth("acme").accounts)
    assert {f"{row[0]}" for row in marks} == {"1970-01-01"}
    assert [*{row[1] for row in marks}] == elapsed
    assert all(row[2] for row in marks)


def test_the_run_is_in_the_books(looked_at):
    """`sync_runs` says what the report says."""
    program, ended = looked_at

    [row] = program.rows("SELECT run_id, kind, status, requests, added, errors FROM aleta.sync_runs")

    total = sum(counted["added"] for counted in ended.tenant()["resources"].values())
    assert row == (ended.tenant()["run_id"], "sync", "complete", ended.tenant()["requests"], total, 0)
    [(rule, trials, bound)] = program.rows("SELECT cap_rule, trials, trials_bound FROM aleta.sync_runs")
    assert rule == "one constant cap"
    assert trials == sum(counted.get("trials", 0) for counted in ended.tenant()["resources"].values())
    assert bound == bound_of(trials)


def test_a_first_load_is_not_repeated_in_the_feed(looked_at):
    """`transaction_changes` stays empty after a first load."""
    program, _ = looked_at

    assert program.column("SELECT count(*) FROM aleta.transaction_changes") == [0]


@pytest.mark.parametrize("table", [pytest.param(name, id=name) for name in COLUMNS])
def test_a_published_table_has_the_columns_of_the_contract(looked_at, table):
    """Each table has exactly the contract's columns: no trace of the loader."""
    program, _ = looked_at

    assert set(program.column(f"SELECT column_name FROM (DESCRIBE aleta.{table})")) == COLUMNS[table]


def test_tables_of_the_loader_are_not_published(looked_at):
    """What the loader keeps for itself stays in the private store."""
    program, _ = looked_at
    tables = program.rows("SELECT schema_name, table_name FROM duckdb_tables()")

    assert {schema for schema, _ in tables} == {"aleta"}
    assert {name for _, name in tables} >= COLUMNS.keys()
    assert [name for _, name in tables if name.startswith("_") or "staging" in name] == []


def test_columns_have_the_types_of_the_contract(looked_at):
    """DATE, TIMESTAMPTZ, DECIMAL(38,12), JSON; nothing else but text, truth values and counts."""
    program, _ = looked_at
    types = dict(
        program.rows("SELECT table_name || '.' || column_name, data_type FROM duckdb_columns() WHERE NOT internal")
    )

    assert types["transactions.trade_date"] == "DATE"
    assert types["transactions.changed_at"] == "TIMESTAMP WITH TIME ZONE"
    assert types["transactions.account_amount"] == "DECIMAL(38,12)"
    assert {kind for name, kind in types.items() if name.endswith((".extra", ".before", ".after"))} == {"JSON"}
    assert types.pop("changes_by_run.columns_changed") == "VARCHAR[]"  # a view's
    assert set(types.values()) <= {
        *("VARCHAR", "DATE", "BOOLEAN", "BIGINT", "JSON"),
        *("TIMESTAMP WITH TIME ZONE", "DECIMAL(38,12)"),
    }


def test_every_table_and_column_says_what_it_is(looked_at):
    """Descriptions and units are SQL comments in the file."""
    program, _ = looked_at

    assert not program.rows("SELECT table_name FROM duckdb_tables() WHERE comment IS NULL OR comment = ''")
    assert not program.rows(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND (comment IS NULL OR comment = '')"
    )


def test_files_are_their_owner_s_only_s1(looked_at):
    """S1: files 0600, folders 0700, below the tenant's folder and that folder itself."""
    program, _ = looked_at
    files = [program.tenant_folder(), *program.tenant_folder().rglob("*")]

    assert [f"{file}" for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []


def test_nothing_is_written_outside_the_data_folder(looked_at):
    """No state in the home folder, none beside the configuration."""
    program, _ = looked_at

    assert list(program.home.iterdir()) == []
    assert {path.name for path in program.folder.iterdir()} == {"config", "data", "home"}


def test_no_secret_is_in_any_file_s1(looked_at):
    """S1: neither a key nor a token is in what a sync leaves behind."""
    program, _ = looked_at
    texts = [path.read_bytes().decode("latin-1") for path in program.tenant_folder().rglob("*") if path.is_file()]

    assert [word for text in texts for word in program.indiscretions(text) if word not in {"Traceback", "eyJ"}] == []


def test_attributes_that_no_schema_names_are_counted_as_drift_x2(looked_at):
    """X2: nothing is lost, and the report says what came unannounced."""
    _, ended = looked_at

    assert "transactions.barrierLevel" in ended.tenant()["drift"]
