"""What a `sync` of many small tenants needs: first load and quiet night; processor, memory, threads and open files.

    python -m benchmarks.tenants [--tenants 1 10 40 200] [--accounts 5] [--rows 200] [--resources NAME ...]
        [--script]

The sandbox is in this process, the program in one of its own; the request budget is off, so that nothing waits for it.
With `--script`, the plain script runs beside each case, once a tenant, one after the other: a first load and a second
night of transactions.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from benchmarks.contenders import CONTENDERS, PROGRAM, Place
from benchmarks.measure import run as measured
from benchmarks.results import machine
from sandbox import Sandbox, SandboxSettings

EVERY_S = 0.02
MB = 1024  # kB


@dataclass(slots=True, kw_only=True)
class Peak:
    """What one process needed at most, and in all."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    megabytes: float = 0.0
    threads: int = 0
    files: int = 0
    _ticks: float = field(default=0.0, repr=False)

    def look(self, pid: int) -> None:
        """Take in what the process has now; one that ended says nothing."""
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        except OSError:
            return
        said = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if "VmHWM" in said:
            self.megabytes = max(self.megabytes, int(said["VmHWM"].split()[0]) / MB)
        self.threads = max(self.threads, int(said["Threads"]))
        self.files = max(self.files, files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One run over all tenants."""

    tenants: int
    kind: str
    peak: Peak

    def line(self) -> str:
        peak, each = self.peak, self.peak.cpu_s / self.tenants
        return (
            f"{self.tenants:4d}  {self.kind:<13}  {peak.seconds:7.1f}  {peak.cpu_s:7.1f}  {each:10.2f}  "
            f"{peak.megabytes:6.0f}  {peak.threads:7d}  {peak.files:5d}"
        )


HEAD = "      run            seconds    CPU s  CPU/tenant      MB  threads  files"


def play(tenants: int, folder: Path, *, accounts: int, rows: int, resources: Sequence[str]) -> Iterator[Played]:
    """A first load and a quiet night of *tenants*, in a folder of their own."""
    with _world(tenants, accounts=accounts, rows=rows) as box:
        config = box.write_config(folder / "config", requests_per_minute=0, resources=[*resources])
        for kind in ("first load", "quiet night"):
            yield Played(tenants=tenants, kind=kind, peak=_sync(config, folder))


def _world(tenants: int, *, accounts: int, rows: int) -> Sandbox:
    names = tuple(f"tenant{number:03d}" for number in range(tenants))
    return Sandbox(SandboxSettings(tenants=names, accounts=accounts, rows=rows, years=2, plain=True))


def _sync(config: Path, folder: Path) -> Peak:
    peak, began = Peak(), time.monotonic()
    command = [f"{PROGRAM}", "--config", f"{config}", "sync", "--json"]
    with (folder / "out").open("wb") as out, (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=out, stderr=log)
        while process.poll() is None:
            peak.look(process.pid)
            peak.cpu_s = max(peak.cpu_s, _cpu_s(process.pid))
            time.sleep(EVERY_S)
    if process.returncode:
        sys.exit(f"sync ended with {process.returncode}: see {folder / 'log'}")
    peak.seconds = time.monotonic() - began
    return peak


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100


def play_script(tenants: int, folder: Path, *, accounts: int, rows: int) -> list[Played]:
    """The plain script, once a tenant, one after the other: a first load, then a night without changes."""
    peaks = {"script, first": Peak(), "script, night": Peak()}
    for number in range(tenants):
        with Sandbox(SandboxSettings(accounts=accounts, rows=rows, years=2, plain=True, seed=number)) as box:
            place = Place(folder=folder / f"{number}", since=date(2020, 1, 1))
            box.write_config(place.config, requests_per_minute=0)
            for peak in peaks.values():
                usage = measured(CONTENDERS["script"].command(place), log=place.folder / "log")
                peak.seconds, peak.cpu_s = peak.seconds + usage.seconds, peak.cpu_s + usage.cpu_s
                peak.megabytes = max(peak.megabytes, usage.megabytes)
    return [Played(tenants=tenants, kind=kind, peak=peak) for kind, peak in peaks.items()]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, nargs="+", default=[1, 10, 40, 200])
    parser.add_argument("--accounts", type=int, default=5)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--resources", nargs="+", default=["*"], help="the tables that are synced")
    parser.add_argument("--script", action="store_true")
    given = parser.parse_args(argv)
    size = {"accounts": given.accounts, "rows": given.rows}
    tables = "all tables" if given.resources == ["*"] else ", ".join(given.resources)
    print(f"{machine()}; {given.accounts} accounts and {given.rows} rows a tenant; {tables}\n{HEAD}", flush=True)
    for tenants in given.tenants:
        with tempfile.TemporaryDirectory() as folder:
            for played in play(tenants, Path(folder), resources=given.resources, **size):
                print(played.line(), flush=True)
            if given.script:
                for played in play_script(tenants, Path(folder) / "script", **size):
                    print(played.line(), flush=True)


if __name__ == "__main__":
    main()
