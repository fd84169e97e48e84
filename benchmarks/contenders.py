"""Who is compared: how each is run, and where it leaves what it read. A new one is a row and a script in `peers/`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks import environments
from benchmarks.stored import Columns, Row, StoredRows, covered_documents, documents, flattened, read, typed

PEERS = Path(__file__).parent / "peers"
PROGRAM = Path(sys.executable).with_name("aleta-sync")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a contender works.

    Args:
        folder: its own; configuration in `config`, what it writes beside it.
        since: the first day of the history: the peers are told, aleta-sync is not.
    """

    folder: Path
    since: date

    @property
    def config(self) -> Path:
        return self.folder / "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to get the rows into a table.

    Args:
        name: what it is called on the command line.
        title: what it is called in tables.
        command: the program of the nightly run.
        file: what it leaves, below its folder.
        form: how a row of *table* is read.
        environment: the one it runs in; empty: this one.
    """

    name: str
    title: str
    command: Callable[[Place], list[str]]
    file: str
    table: str
    form: Callable[[Columns], Row]
    environment: str = ""

    def stored(self, place: Place) -> StoredRows:
        """What it has now."""
        return read(place.folder / self.file, self.table, self.form)


def _ours(place: Place) -> list[str]:
    return [f"{PROGRAM}", "--config", f"{place.config}", "sync", "--json"]


def _peer(script: str, environment: str, *flags: str) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        start = [f"{environments.python(environment)}", f"{PEERS / script}", f"{place.config}", f"{place.folder}"]
        return [*start, "--since", f"{place.since}", *flags]

    return command


OURS = Contender(
    name="ours",
    title="aleta-sync",
    command=_ours,
    file="data/acme/warehouse.duckdb",
    table="aleta.transactions",
    form=typed,
)
CONTENDERS = {
    contender.name: contender
    for contender in (
        OURS,
        Contender(
            name="dlt",
            title="dlt rest_api",
            command=_peer("dlt_rest_api.py", "dlt"),
            file="warehouse.duckdb",
            table="peer.transactions",
            form=flattened,
            environment="dlt",
        ),
        Contender(
            name="dlt-parquet",
            title="dlt rest_api, Parquet",
            command=_peer("dlt_rest_api.py", "dlt", "--parquet"),
            file="warehouse.duckdb",
            table="peer.transactions",
            form=flattened,
            environment="dlt",
        ),
        Contender(
            name="singer",
            title="Singer tap, target-duckdb",
            command=_peer("singer_sync.py", "singer"),
            file="warehouse.duckdb",
            table="peer.transactions",
            form=covered_documents,
            environment="singer",
        ),
        Contender(
            name="airbyte",
            title="Airbyte low-code",
            command=_peer("airbyte_sync.py", "airbyte"),
            file="warehouse.duckdb",
            table="transactions",
            form=documents,
            environment="airbyte",
        ),
        Contender(
            name="script",
            title="plain script",
            command=_peer("plain_script.py", "script"),
            file="warehouse.duckdb",
            table="transactions",
            form=documents,
            environment="script",
        ),
    )
}
