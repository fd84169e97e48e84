"""`demo`: syncs a local Aleta and shows what came."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import duckdb

from sandbox import Sandbox, SandboxSettings

from ..invocation.invocation import Invocation, fail
from ..invocation.stdout import writing
from ..report.report import Exit

FOLDER = Path("demo")
LOCAL = 'api_url = "http://127.0.0.1:'  # in the config of a sandbox
TENANT = "acme"
WORLD = SandboxSettings(accounts=20, rows=8_000, instruments=20, computed_days=40)
QUERY = (
    "SELECT type, count(*) AS rows, count(DISTINCT account_id) AS accounts, max(trade_date) AS latest "
    "FROM aleta.transactions GROUP BY ALL ORDER BY rows DESC LIMIT 8"
)


@click.command()
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Start the sandbox, sync it, and show what is in the warehouse."""
    root = click.get_current_context().find_root()
    with world(FOLDER) as config:
        try:
            words = [*invocation.log_options, "--config", f"{config}", "sync"]
            root.command.main(words, prog_name=root.info_name)
        except SystemExit as ended:
            if not ended.code:
                show(FOLDER)
            sys.exit(ended.code)


@contextmanager
def world(folder: Path) -> Iterator[Path]:
    """A config folder below *folder* that points to a running local Aleta with a hidden row cap and a few faults."""
    _forget_earlier(folder)
    with Sandbox(replace(WORLD, fault_share=0.01, latency_s=0.01)) as box:
        yield box.write_config(folder / "config", requests_per_minute=0, publish=["duckdb", "parquet"])


def _forget_earlier(folder: Path) -> None:
    """Take away what an earlier demo left: its config points to a sandbox that is gone."""
    file = folder / "config" / "config.toml"
    if not file.exists():
        return
    if LOCAL not in file.read_text(errors="replace"):
        fail(Exit.USAGE, f"{file} is no earlier demo's, and nothing of it is touched: run the demo in another folder")
    for left in ("config", "data"):
        shutil.rmtree(folder / left, ignore_errors=True)


def show(folder: Path) -> None:
    """The three lines that open the warehouse, and what they print."""
    file = folder / "data" / TENANT / "warehouse.duckdb"
    with duckdb.connect(f"{file}", read_only=True) as connection:
        rows = f"{connection.sql(QUERY)}"
    with writing() as stdout:
        stdout.write("\nOpen it, while syncs go on, with .venv/bin/python:\n\n")
        stdout.write(
            f'  import duckdb\n  db = duckdb.connect("{file}", read_only=True)\n  db.sql("{QUERY}").show()\n\n'
        )
        stdout.write(f"{rows}\n")
