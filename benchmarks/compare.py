"""Us and the peers on the same server, one after the other, in pairs: seconds, memory, requests, and what was lost.

.venv/bin/python -m benchmarks.compare [--accounts 200] [--rows 200000] [--pairs 3] [--plain/--exotic]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from sandbox import Sandbox, SandboxSettings

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("aleta-sync")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to get the rows into DuckDB."""

    name: str
    command: Callable[[Path, Path, int], Sequence[str]]  # config folder, output folder, years
    amounts: str  # SQL on the file it writes: id, accountAmount
    file: str


CONTENDERS = (
    Contender(
        name="aleta-sync",
        command=lambda config, _out, _years: [f"{PROGRAM}", "--config", f"{config}", "sync"],
        amounts="SELECT id, account_amount FROM aleta.transactions",
        file="data/acme/warehouse.duckdb",
    ),
    Contender(
        name="dlt rest_api, monthly",
        command=lambda config, out, years: [
            sys.executable,
            f"{HERE / 'peers' / 'rest_api.py'}",
            f"{config}",
            f"{out}",
            f"{years}",
        ],
        amounts="SELECT id, attributes__account_amount FROM peer.transactions",
        file="warehouse.duckdb",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one contender."""

    seconds: float
    megabytes: float
    requests: int
    missing: int
    extra: int
    inexact: int
    exit: int


def race(box: Sandbox, contender: Contender, years: int) -> Result:
    """One first load into an empty folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = box.write_config(folder / "config", requests_per_minute=0)
        box.reset_requests()
        began = time.monotonic()
        process = subprocess.Popen(
            contender.command(config, folder, years), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        requests = len(box.requests)
        lost = compare(folder / contender.file, contender.amounts, box)
        return Result(
            seconds=seconds,
            megabytes=usage.ru_maxrss / 1024,
            requests=requests,
            missing=lost[0],
            extra=lost[1],
            inexact=lost[2],
            exit=os.waitstatus_to_exitcode(status),
        )


def compare(file: Path, sql: str, box: Sandbox) -> tuple[int, int, int]:
    """Rows missing, rows left over, amounts that are not the API's."""
    truth = box.truth("acme").transactions
    try:
        with duckdb.connect(f"{file}", read_only=True) as connection:
            held = dict(connection.execute(sql).fetchall())
    except duckdb.Error:
        held = {}
    said = {own_id: one["attributes"].get("accountAmount") for own_id, one in truth.items()}
    inexact = sum(own_id in said and not _same(held[own_id], said[own_id]) for own_id in held)
    return len(said.keys() - held.keys()), len(held.keys() - said.keys()), inexact


def _same(held: object, said: object) -> bool:
    if held is None or said is None:
        return held is None and said is None
    return abs(Decimal(str(held)) - Decimal(str(said))) <= Decimal("5e-13")


def main() -> None:
    """Run the pairs and print a table."""
    arguments = _arguments()
    settings = SandboxSettings(
        accounts=arguments.accounts,
        rows=arguments.rows,
        row_cap=arguments.row_cap,
        years=arguments.years,
        plain=arguments.plain,
        skew=0.0,
    )
    results: dict[str, list[Result]] = {one.name: [] for one in CONTENDERS}
    with Sandbox(settings) as box:
        for _ in range(arguments.pairs):
            for contender in CONTENDERS:
                results[contender.name].append(race(box, contender, arguments.years))
                print(contender.name, results[contender.name][-1], file=sys.stderr, flush=True)
    print(table(results))


def table(results: dict[str, list[Result]]) -> str:
    """Medians, and the ratio of each pair's seconds to ours."""
    ours = results[CONTENDERS[0].name]
    lines = [
        "| | seconds | to ours | MB | requests | missing | extra | inexact | exit |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, runs in results.items():
        ratio = statistics.median(run.seconds / our.seconds for run, our in zip(runs, ours, strict=True))
        middle = {key: statistics.median(getattr(run, key) for run in runs) for key in Result.__slots__}
        lines.append(
            f"| {name} | {middle['seconds']:.1f} | {ratio:.1f} | {middle['megabytes']:.0f} | {middle['requests']:.0f} "
            f"| {middle['missing']:.0f} | {middle['extra']:.0f} | {middle['inexact']:.0f} | {middle['exit']:.0f} |"
        )
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--row-cap", type=int, default=1_000)
    parser.add_argument("--years", type=int, default=6)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--plain", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
