"""A local Aleta to try things with: `sandbox` serves it, `demo` syncs it and shows what came."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from sandbox import Sandbox, SandboxSettings, announce

TENANT = "acme"
WORLD = SandboxSettings(accounts=20, rows=8_000, instruments=20, computed_days=40)
QUERY = (
    "SELECT type, count(*) AS rows, count(DISTINCT account_id) AS accounts, max(trade_date) AS latest "
    "FROM aleta.transactions GROUP BY ALL ORDER BY rows DESC LIMIT 8"
)


def serve(*, port: int, seed: int, accounts: int, rows: int, stop: threading.Event) -> None:
    """Serve a local Aleta until *stop*; one JSON line on stdout says where, and which config folder points to it."""
    with Sandbox(SandboxSettings(seed=seed, accounts=accounts, rows=rows), port=port) as box:
        config = box.write_config(Path(tempfile.mkdtemp(prefix="aleta-sandbox-")) / "config")
        print(json.dumps(announce(box, config)), flush=True)  # noqa: T201 - the command's report
        stop.wait()


@contextmanager
def world(folder: Path) -> Iterator[Path]:
    """A config folder below *folder* that points to a running local Aleta with a hidden row cap and a few faults."""
    if (folder / "config" / "config.toml").exists():  # an earlier demo's
        shutil.rmtree(folder)
    with Sandbox(replace(WORLD, fault_share=0.01, latency_s=0.01)) as box:
        yield box.write_config(folder / "config", requests_per_minute=0, publish=["duckdb", "parquet"])


def show(folder: Path) -> None:
    """The three lines that open the warehouse, and what they print."""
    file = folder / "data" / TENANT / "warehouse.duckdb"
    write = sys.stdout.write
    write("\nOpen it, while syncs go on, with .venv/bin/python:\n\n")
    write(f'  import duckdb\n  db = duckdb.connect("{file}", read_only=True)\n  db.sql("{QUERY}").show()\n\n')
    with duckdb.connect(f"{file}", read_only=True) as connection:
        write(f"{connection.sql(QUERY)}\n")
