"""A destination that the conformance suite does not run on is used, and warned of."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.postgres import PASSWORD, Server

pytestmark = pytest.mark.long

PROVEN = "proven are duckdb, postgres, and sqlalchemy with SQLite"
WARNED = "destination sqlalchemy (postgres): nobody proved that it keeps a warehouse exactly"


def unproven(program, server: Server):
    """SQLAlchemy reaches PostgreSQL as well, and nobody proved that."""
    url = server.database().url.replace("postgresql://", "postgresql+psycopg2://")
    secrets = program.config / "secrets.toml"
    secrets.write_text(f'[destination.sqlalchemy]\ncredentials = "{url}"\n')
    secrets.chmod(0o600)
    return program


def test_an_unproven_destination_is_warned_of_once(start, server: Server) -> None:
    """In the report of every tenant, and in the log once, with those that are proven."""
    program = unproven(start(aleta={"destination": "sqlalchemy"}, tenants=("acme", "beta")), server)

    ended = program.run("sync", "--json")

    assert ended.exit == 0, ended.err
    for tenant in ("acme", "beta"):
        [warning] = [text for text in ended.tenant(tenant)["warnings"] if "proved" in text]
        assert WARNED in warning
        assert PROVEN in warning
    [line] = [line for line in ended.err.splitlines() if WARNED in line]
    assert "WARNING" in line
    assert PROVEN in line
    assert PASSWORD not in ended.err + ended.out


def test_the_python_entry_warns_too(start, server: Server) -> None:
    """`sync_tenants` says it to `logging` and in its report."""
    program = unproven(start(aleta={"destination": "sqlalchemy"}), server)
    script = program.folder / "script.py"
    script.write_text(
        "import logging, sys\n"
        "from pathlib import Path\n"
        "from pipelines.run import sync_tenants\n"
        "logging.basicConfig(level=logging.WARNING, stream=sys.stderr)\n"
        f"report = sync_tenants(Path({str(program.config)!r}))\n"
        "print(report.tenants[0].status, *report.tenants[0].warnings, sep='\\n')\n"
    )

    ended = run(script, program)

    assert ended.stdout.splitlines()[0] == "complete"
    assert WARNED in ended.stdout
    assert f"WARNING:pipelines.run.errors.unproven:{WARNED}" in ended.stderr


def run(script, program):
    return subprocess.run(
        [sys.executable, script], cwd=program.folder, capture_output=True, text=True, timeout=240, check=True
    )
