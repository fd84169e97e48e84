"""The low-code manifest on Airbyte's CDK, as the platform runs it: `read` with the last state in, messages out.

Airbyte's own DuckDB destination needs Docker, so the destination is here: records are merged on the id, and a state
is kept only after the records before it.

PyAirbyte (0.71.3) was tried first: it hands a manifest no state, leaves a row that two accounts list in the table
twice, and takes ten seconds to start.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from access import Access, arguments

MANIFEST = Path(__file__).with_name("airbyte_manifest.yaml")
SOURCE = Path(sys.executable).with_name("source-declarative-manifest")
WANTED = ("api_url", "token_url", "audience", "kid", "iss", "sub", "private_key")
COLUMNS = {"id": "VARCHAR", "type": "VARCHAR", "attributes": "JSON", "relationships": "JSON"}
STREAMS = {
    "clients": COLUMNS,
    "legal_entities": COLUMNS,
    "accounts": COLUMNS,
    "transactions": {**COLUMNS, "trade_date": "DATE", "value_date": "DATE"},
}


@dataclass(slots=True)
class Destination:
    """Tables in DuckDB, and the state that belongs to what is in them."""

    folder: Path
    connection: duckdb.DuckDBPyConnection
    waiting: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in STREAMS})

    def flush(self) -> None:
        """Merge what waits: a later record of an id replaces an earlier one."""
        for name, columns in STREAMS.items():
            if rows := self.waiting[name]:
                file = self.folder / f"{name}.jsonl"
                file.write_text("\n".join(rows))
                self.connection.execute(f"INSERT OR REPLACE INTO {name} {_newest(file, columns)}")
                file.unlink()
                rows.clear()


def _newest(file: Path, columns: dict[str, str]) -> str:
    types = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    return f"""
        SELECT {", ".join(columns)} FROM (SELECT row_number() OVER () AS place, *
            FROM read_json('{file}', format = 'newline_delimited', columns = {{{types}}}))
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY place DESC) = 1"""


def main() -> int:
    access, _ = arguments()
    access.out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(f"{access.out / 'warehouse.duckdb'}")
    for name, columns in STREAMS.items():
        types = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({types}, PRIMARY KEY (id))")
    reading = subprocess.Popen(list(command(access)), stdout=subprocess.PIPE, text=True)
    take(reading.stdout, Destination(access.out, connection))
    return reading.wait()


def command(access: Access) -> Iterator[str]:
    """`read`, and the files that it wants."""
    config = {name: getattr(access, name) for name in WANTED}
    config["since"] = f"{access.since}"
    state = access.out / "state.json"
    files = {"config": config, "catalog": {"streams": [_configured(name) for name in STREAMS]}}
    yield from (f"{SOURCE}", "read", "--manifest-path", f"{MANIFEST}")
    for name, content in files.items():
        (access.out / f"{name}.json").write_text(json.dumps(content))
        yield from (f"--{name}", f"{access.out / name}.json")
    if state.exists():
        yield from ("--state", f"{state}")


def _configured(name: str) -> dict[str, Any]:
    incremental = name == "transactions"
    modes = ["full_refresh", "incremental"] if incremental else ["full_refresh"]
    return {
        "stream": {"name": name, "json_schema": {}, "supported_sync_modes": modes},
        "sync_mode": modes[-1],
        "destination_sync_mode": "append_dedup",
        "primary_key": [["id"]],
        **({"cursor_field": ["trade_date"]} if incremental else {}),
    }


def take(lines: Iterator[str], destination: Destination) -> None:
    """Records as they come; with a state, all that came before it."""
    states: dict[str, Any] = {}
    for line in lines:
        message = json.loads(line)
        if message["type"] == "RECORD":
            record = message["record"]
            destination.waiting[record["stream"]].append(json.dumps(record["data"]))
        elif message["type"] == "STATE":
            destination.flush()
            states[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]
            _keep(destination.folder / "state.json", list(states.values()))
        elif message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
            print(message["trace"]["error"]["message"], file=sys.stderr)
    destination.flush()


def _keep(file: Path, states: list[Any]) -> None:
    new = file.with_suffix(".new")
    new.write_text(json.dumps(states))
    new.replace(file)


if __name__ == "__main__":
    sys.exit(main())
