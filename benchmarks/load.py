"""Loading without an API: rows a second, a package's fixed cost, a quiet night, publishing; CPU and wall time, memory.

.venv/bin/python -m benchmarks.load [--rows 3000000] [--per-account 1000] [--marks 20000] [--folder DIR]
                                    [--steps first,fixed,quiet,publish,plan] [--begin ACCOUNT] [--profile]

`first`: every account's whole history into what is there; with --begin, of the accounts from that number on. `fixed`:
packages of one row. `quiet`: the look-back of every account, in which nothing changed. `publish`: the copy, and again
when nothing changed. `plan`: the next night's readings. With *folder* the warehouse stays, so that a step can be
repeated alone, in a process of its own: the peak of memory is that of the process. A profile by function: --profile. By
line: py-spy record -- .venv/bin/python -m ...
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")

from pipelines.compare.rows.findings import Run
from pipelines.ledger.ledger import Ledger
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Horizon, Reading, tonight
from pipelines.publish.publish import publish
from pipelines.report.report import TenantReport
from pipelines.run.loading.packages import Loader
from pipelines.warehouse.warehouse import Warehouse
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt

from .rows import BEGIN, END, NOW, Accounts, name_of_account

TRANSACTIONS = CATALOGUE["transactions"]
HORIZON = Horizon(now=NOW, history_start=BEGIN, look_back_days=30, look_ahead_days=31, reverify_days=30)
WINDOW_ROWS = 1000
PACKAGES = 10  # whose fixed cost is measured


@dataclass(slots=True)
class Meter:
    """CPU and wall time of what is inside `running`, and nothing else."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    profile: cProfile.Profile | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        cpu, wall = _cpu_s(), time.monotonic()
        if self.profile:
            self.profile.enable()
        yield
        if self.profile:
            self.profile.disable()
        self.cpu_s += _cpu_s() - cpu
        self.wall_s += time.monotonic() - wall

    def show(self, what: str, rows: int = 0) -> None:
        speed = f"{rows / self.cpu_s:10,.0f} rows/s CPU {rows / self.wall_s:10,.0f} wall" if rows else ""
        print(f"{what:44} {self.cpu_s:8.2f} s CPU {self.wall_s:8.2f} s {speed} peak {peak_mb():,.0f} MB", flush=True)
        if self.profile:
            pstats.Stats(self.profile).sort_stats("cumulative").print_stats(45).print_callers(
                "reference.py:.*(configuration|capabilities)|_reset_schema|schema.py:119"
            )


@dataclass(slots=True, kw_only=True)
class Bench:
    """One tenant's warehouse, and what is done with it."""

    folder: Path
    accounts: range
    world: Accounts
    marks: int
    meter: Callable[[], Meter]
    warehouse: Warehouse = field(init=False)

    def __post_init__(self) -> None:
        self.warehouse = Warehouse("bench", self.folder)
        self.warehouse.recover()

    def loader(self, run_id: str, readings: dict[str, Reading]) -> Loader:
        ledger = Ledger.from_state(self.warehouse.state())
        for number in range(self.marks):
            mark = Mark(covered=Window(BEGIN, HORIZON.elapsed), verified_at=NOW - timedelta(days=number % 30))
            ledger.marks.setdefault("transactions", {}).setdefault(f"{number:032x}", mark)
        run = Run(run_id=run_id, now=NOW, max_removed_share=0.5)
        report = TenantReport(tenant="bench", kind="sync")
        loader = Loader(
            self.warehouse, ledger, run=run, horizon=HORIZON, report=report, kind="sync", committed=lambda _: None
        )
        loader.follow(TRANSACTIONS, readings)
        return loader

    def first(self) -> None:
        readings = self.readings(Window(BEGIN, END), Mark())
        loader, total = self.loader("first", readings), self.meter()
        part, rows, reported = self.meter(), 0, 0
        for number in self.accounts:
            for receipt in self.world.receipts(number, window_rows=WINDOW_ROWS):
                part, rows = self._taken(loader, receipt, total, part), rows + receipt.rows
            if rows - reported >= 500_000:
                part.show(f"first load, to {rows:,} rows", rows - reported)
                part, reported = self.meter(), rows
        with total.running():
            loader.flush()
            self.warehouse.close()
        total.show("first load, all of it", rows)

    def _taken(self, loader: Loader, receipt: Receipt, total: Meter, part: Meter) -> Meter:
        before = total.cpu_s, total.wall_s
        with total.running():
            loader.take(receipt, 0.0)
        part.cpu_s += total.cpu_s - before[0]
        part.wall_s += total.wall_s - before[1]
        return part

    def readings(self, span: Window, mark: Mark) -> dict[str, Reading]:
        return {
            name_of_account(number): Reading(span=span, mark=mark, whole=mark.covered is None)
            for number in self.accounts
        }

    def fixed(self) -> None:
        """Packages of one row each."""
        mark = Mark(covered=Window(BEGIN, HORIZON.elapsed), verified_at=NOW)
        first = HORIZON.elapsed - timedelta(days=30)
        loader = self.loader("fixed", self.readings(Window(first, END), mark))
        total = self.meter()
        for number in self.accounts[:PACKAGES]:
            receipt = self.world.tail(number, days=30)
            with total.running():
                loader.take(receipt, 0.0)
                loader.flush()
        with total.running():
            self.warehouse.close()
        total.cpu_s /= PACKAGES
        total.wall_s /= PACKAGES
        total.show(f"a package's fixed cost, {self.marks:,} marks")

    def quiet(self) -> None:
        mark = Mark(covered=Window(BEGIN, HORIZON.elapsed), verified_at=NOW)
        loader = self.loader("quiet", self.readings(Window(END - timedelta(days=61), END), mark))
        total, rows, packages = self.meter(), 0, 0
        waiting = 0
        for number in self.accounts:
            receipt = self.world.tail(number, days=30)
            rows, waiting = rows + receipt.rows, waiting + 1
            with total.running():
                loader.take(receipt, 0.0)
                if waiting == 330:  # what a budget of 1,000 requests a minute brings in 20 s
                    loader.flush()
                    waiting, packages = 0, packages + 1
        with total.running():
            loader.flush()
            self.warehouse.close()
        total.show(f"a quiet night, {len(self.accounts):,} accounts, {packages + 1} packages", rows)

    def publish(self) -> None:
        for what in ("publish", "publish, nothing changed"):
            total = self.meter()
            with total.running():
                done = publish(self.warehouse.file, self.folder, formats=["duckdb"])
            size = (self.folder / "warehouse.duckdb").stat().st_size / 1e6
            private = self.warehouse.file.stat().st_size / 1e6
            total.show(f"{what}: {private:,.0f} -> {size:,.0f} MB, {'written' if done.written else 'left alone'}")

    def plan(self) -> None:
        total = self.meter()
        with total.running():
            ledger = Ledger.from_state(self.warehouse.state())
            marks = ledger.marks.get("transactions", {})
            readings = tonight(marks, list(marks), HORIZON, TRANSACTIONS.dates)
        total.show(f"the next night's readings, {len(readings):,} accounts")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Take the steps that are asked for, in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--per-account", type=int, default=1000)
    parser.add_argument("--begin", type=int, default=0)
    parser.add_argument("--marks", type=int, default=20_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--steps", default="first,fixed,quiet,publish,plan")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp())
    bench = Bench(
        folder=folder,
        accounts=range(arguments.begin, arguments.begin + arguments.rows // arguments.per_account),
        world=Accounts(rows=arguments.per_account),
        marks=arguments.marks,
        meter=lambda: Meter(profile=cProfile.Profile(time.process_time) if arguments.profile else None),
    )
    try:
        for step in arguments.steps.split(","):
            getattr(bench, step)()
    finally:
        if not arguments.folder:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
