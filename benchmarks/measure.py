"""One program, run and measured: seconds, processor seconds, the peak memory of all its processes together."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY_S = 0.02
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The resources that a run used.

    Args:
        cpu_s: of the program and its children, without processes that outlived a kill.
        megabytes: peak of all its processes together; shared pages count for each.
        exit: its exit code, negative: the signal that ended it.
    """

    seconds: float
    cpu_s: float
    megabytes: float
    exit: int


def run(command: Sequence[str], *, log: Path, enough: Callable[[], bool] = lambda: False) -> Usage:
    """Run *command* to its end, or kill it and its children (-9) as soon as there is *enough*.

    What it prints goes to the file `out` beside *log*, what it says on stderr is added to *log*.
    """
    before, began = _children_s(), time.monotonic()
    with log.with_name("out").open("wb") as out, log.open("ab") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=log.parent, start_new_session=True)
        megabytes = 0.0
        while process.poll() is None:
            megabytes = max(megabytes, sum(map(_resident_mb, _tree(process.pid))))
            if enough():
                _kill(process)
            time.sleep(EVERY_S)
    seconds = time.monotonic() - began
    return Usage(seconds=seconds, cpu_s=_children_s() - before, megabytes=megabytes, exit=process.returncode)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill it and its children, and wait until none of them holds a file any more."""
    family = list(_tree(process.pid))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    while any(map(_lives, family)):
        time.sleep(EVERY_S)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue  # it ended between the two looks
        for child in children:
            yield from _tree(int(child))


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
    except OSError:
        return 0.0  # it ended between the two looks
