"""The peak of memory of a first load, in a process of its own: what is resident, and whose it is.

.venv/bin/python -m benchmarks.memory [--rows 10000000] [--accounts 20000] [--folder DIR] [--limit MB]

There is no API: windows come from `benchmarks.rows`, through the loader that every run has. A line each 500,000 rows:
what the process holds now and held at most, what of it Arrow and DuckDB say they hold. Exit 1 when the peak is above
the limit.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pipelines  # noqa: F401 - before Arrow, as a command does

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")

import pyarrow as pa

from pipelines.ledger.marks import Mark
from sources.aleta.planning.windows import Window

from .load import WINDOW_ROWS, Bench, Meter, peak_mb
from .rows import BEGIN, END, Accounts

STEP = 500_000  # rows from one line to the next
MB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUse:
    """The memory of a process, in megabytes.

    Args:
        arrow, duckdb: as these two report; without what they released and the process still has.
    """

    now: float
    peak: float
    arrow: float
    duckdb: float

    def line(self, rows: int) -> str:
        parts = f"now {self.now:5,.0f} MB, of it Arrow {self.arrow:4,.0f}, DuckDB {self.duckdb:4,.0f}"
        return f"{rows:12,} rows: peak {self.peak:5,.0f} MB, {parts}"


def memory_use(bench: Bench) -> MemoryUse:
    """The memory of this process now."""
    with bench.warehouse.open() as store:
        used = store.sql.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()[0][0]
    return MemoryUse(now=resident_mb(), peak=peak_mb(), arrow=pa.total_allocated_bytes() / MB, duckdb=int(used) / MB)


def resident_mb() -> float:
    """From /proc, which Linux has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB


def load(bench: Bench) -> None:
    """Every account's whole history, and a line each `STEP` rows."""
    loader = bench.loader("first", bench.readings(Window(BEGIN, END), Mark()))
    rows, reported, meter = 0, 0, bench.meter()
    print(memory_use(bench).line(rows), flush=True)
    with meter.running():
        for number in bench.accounts:
            for receipt in bench.world.receipts(number, window_rows=WINDOW_ROWS):
                loader.take(receipt, 0.0)
                rows += receipt.rows
            if rows - reported >= STEP:
                print(memory_use(bench).line(rows), flush=True)
                reported = rows
        loader.flush()
        bench.warehouse.close()
    meter.show(f"first load, {len(bench.accounts):,} accounts, making the rows included", rows)


def main() -> int:
    """Load, and compare the peak with the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--limit", type=int, default=500, help="MB")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp())
    world = Accounts(rows=arguments.rows // arguments.accounts)
    try:
        load(Bench(folder=folder, accounts=range(arguments.accounts), world=world, marks=0, meter=Meter))
    finally:
        if not arguments.folder:
            shutil.rmtree(folder)
    return int(peak_mb() > arguments.limit)


if __name__ == "__main__":
    sys.exit(main())
