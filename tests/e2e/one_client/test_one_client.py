"""`--client`: the crawl below one client alone, and everything else as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxSettings
from tests import truth
from tests.e2e.conftest import SMALL
from tests.e2e.one_client.slices import below, outside
from tests.e2e.program import Program

SCRIPT = """
import json, sys
from pathlib import Path
from pipelines.run import sync_tenants
{sabotage}
report = sync_tenants(Path(sys.argv[1]), clients=sys.argv[2:])
print(json.dumps(report.to_json()))
"""
SABOTAGE = """
from pipelines.compare import objects
from pipelines.compare.objects import Comparison, _keys
from schemas.table import key_of
Comparison._inside = lambda self, endpoint, stored: {key for key, in _keys(stored, key_of(endpoint.schema)[:1])}
objects._is_gone = lambda *_: True
"""


DAY_BY_DAY = {
    "custodian_holdings",
    "private_market_performance",
    "limit_status",
}  # of these only the last days are read
WORLD = {"accounts": 32, "rows": 240, "instruments": 8, "computed_days": 12}


@pytest.fixture(scope="module")
def first_night(tmp_path_factory) -> Path:
    """The data folder that the first sync of a world of several clients leaves; only to be copied."""
    with Sandbox(SandboxSettings(**SMALL | WORLD)) as box:
        program = Program(box, tmp_path_factory.mktemp("first_night"), resources=["*"])
        program.sync()
        return program.folder / "data"


@pytest.fixture
def program(start, first_night) -> Program:
    """That world, and the program after its first sync."""
    program = start(**WORLD, aleta={"resources": ["*"]})
    shutil.copytree(first_night, program.folder / "data")
    return program


def chosen(program: Program) -> str:
    """A client that is the parent of another one."""
    clients = program.box.truth("acme").clients
    return next(own_id for own_id, client in sorted(clients.items()) if client["relationships"]["children"]["data"])


def in_python(program: Program, *clients: str, sabotage: str = "") -> dict:
    """The report of `sync_tenants` in a process of its own."""
    script = SCRIPT.format(sabotage=sabotage)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("ALETA", "TENANTS__"))}
    argv = [sys.executable, "-c", script, f"{program.config}", *clients]
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=240, check=False, env=plain)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def a_night_everywhere(program: Program, client: str) -> None:
    """Rows change below every client; accounts go, within *client* and elsewhere, and so does another client."""
    box, inside = program.box, below(program, client)
    box.mutate_night("acme", 3, late=0.03, edited=0.03, deleted=0.02, within_days=25)
    now = box.truth("acme")
    others = sorted(now.accounts.keys() - inside["accounts"])
    box.mutate("acme", "account_gone", account=min(inside["accounts"]))
    box.mutate("acme", "account_gone", account=others[0])
    box.mutate("acme", "client_gone", id=max(now.clients.keys() - {client}))
    box.mutate("acme", "new_client")


@pytest.mark.long
def test_only_what_hangs_below_the_client_changes(program):
    """Rows, marks and `removed_at` of everything else are as they were; below it, all is exact."""
    client = chosen(program)
    a_night_everywhere(program, client)
    before = outside(program, client)

    ended = program.sync("--client", client)

    assert outside(program, client) == before
    assert ended.tenant()["clients"] == [client]
    gone = program.column("SELECT id FROM aleta.accounts WHERE removed_at IS NOT NULL")
    assert gone == [min(below(program, client)["accounts"])]
    verified = program.run("verify", "--all", "--client", client, "--json")
    assert {difference["resource"] for difference in verified.tenant()["differences"]} <= DAY_BY_DAY
    everybody = program.run("verify", "--all", "--json").tenant()["differences"]
    assert {difference["resource"] for difference in everybody} > {"accounts", "transactions"}
    assert program.rows("SELECT kind, clients FROM aleta.sync_runs ORDER BY started_at") == [
        ("sync", None),
        ("sync", client),
    ]

    program.sync()

    assert truth.differences(program.warehouse(), program.box.truth("acme"), tables=truth.OBJECTS) == []


@pytest.mark.long
def test_nobody_else_s_figures_are_asked_for(program):
    """Of the others nothing but the list that all clients are in; lists that hang below no client are not read."""
    client = chosen(program)
    inside = set().union(*below(program, client).values())
    elsewhere = set(program.box.truth("acme").accounts) | set(program.box.truth("acme").clients)
    elsewhere |= set(program.box.truth("acme").legal_entities) | set(program.box.truth("acme").reporting_entities)
    elsewhere -= inside

    program.sync("--client", client)

    said = [f"{request.path} {json.dumps(request.query)}" for request in program.box.requests]
    assert [line for line in said if any(ident in line for ident in elsewhere)] == []
    assert not [line for line in said if "auth-flows" in line or "webhooks" in line]
    assert any("accountId" in line for line in said)


@pytest.mark.long
def test_two_clients_and_an_instrument_that_a_new_row_names(program):
    """Both are read; what their rows name for the first time is read as in any sync, prices and all."""
    first, second, *_ = sorted(program.box.truth("acme").clients)
    made = program.box.mutate("acme", "new_instrument", account=min(below(program, first)["accounts"]), within_days=9)

    ended = program.sync("--client", first, "--client", second, "--client", first)

    assert ended.tenant()["clients"] == [first, second]
    [instrument] = made["instruments"]
    assert program.column(f"SELECT id FROM aleta.instruments WHERE id = '{instrument}'") == [instrument]
    assert program.differences() == []


def test_a_client_that_nobody_lists_is_an_error_and_removes_nothing(program):
    """Exit 4, code `unknown`: whether it never was there, or is gone since the last night."""
    client = chosen(program)
    program.box.mutate("acme", "client_gone", id=client)
    nobody = "f" * 24

    ended = program.sync("--client", client, "--client", nobody, expect=4)

    told = [(error["code"], error["resource"], error["parent_id"]) for error in ended.errors()]
    assert sorted(told) == sorted(("unknown", "clients", named) for named in (client, nobody))
    for table in ("clients", "legal_entities", "accounts"):
        assert program.column(f"SELECT id FROM aleta.{table} WHERE removed_at IS NOT NULL") == []
    verified = program.run("verify", "--client", nobody, "--json")
    assert [error["code"] for error in verified.tenant()["errors"]] == ["unknown"]
    assert verified.tenant()["status"] != "equal"


@pytest.mark.long
def test_a_client_before_anybody_else(start):
    """The first sync of all may be of one client: its own rows, and nobody else's."""
    program = start(accounts=24)
    client = min(program.box.truth("acme").clients)

    program.sync("--client", client)

    assert program.column("SELECT id FROM aleta.clients") == [client]
    assert program.rows("SELECT 1 FROM aleta.transactions LIMIT 1")
    assert program.run("verify", "--all", "--client", client, "--json").exit == 0
    status = program.run("status", "--json")
    assert status.tenant()["fresh_at"] is None

    program.sync()

    assert program.differences() == []


@pytest.mark.long
@pytest.mark.parametrize("sabotage", ["", SABOTAGE], ids=["as-it-is", "a-removal-outside"])
def test_a_removal_outside_the_client_is_seen(program, sabotage):
    """Planted bug: what was not listed counts as gone, whoever's it is. From Python, as `sync_tenants`."""
    client = chosen(program)
    before = outside(program, client)

    report = in_python(program, client, sabotage=sabotage)

    assert report["tenants"]["acme"]["clients"] == [client]
    assert (outside(program, client) == before) is not bool(sabotage)


@pytest.mark.parametrize(
    "command",
    [("sync", "--client", ""), ("backfill", "--from", "2025-01-01", "--to", "2025-01-31", "--account", "")],
    ids=["client", "account"],
)
def test_an_empty_id_is_none(start, command):
    """A script whose variable is empty must not sync everybody, or nobody."""
    ended = start().run(*command, "--json")
    assert ended.exit == 2
    assert "cannot be empty" in ended.err
