"""Processes that publish and die: run as a module, this file is such a process."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import duckdb

from pipelines.publish.publish import PublishError, publish
from tests.e2e.publish.copies import BOTH, SOME, another_run, assert_whole

CHANGING = {f"os.{call}" for call in ("chmod", "link", "mkdir", "remove", "rename", "rmdir", "symlink")}  # audit events
ROOT = Path(__file__).parents[3]


def started(*arguments):
    """A process that does what the first word says."""
    command = [sys.executable, "-m", "tests.e2e.publish.processes", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def in_a_process(*arguments):
    process = started(*arguments)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out.strip()


# What follows runs in processes of its own.


def full(store, folder, copy):
    """Publish where no file may grow beyond 256 KiB, which to DuckDB is a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))
    try:
        publish(store, folder, formats=[copy])
    except PublishError as error:
        sys.stdout.write(f"{type(error).__name__} {error.code}: {error}")


def forever(store, folder):
    os.write(1, b"begun\n")
    while True:
        another_run(store)
        publish(store, folder, formats=BOTH, tables=SOME)


def scribble(_store, folder):
    """Write to the copy and die before DuckDB tidies up."""
    connection = duckdb.connect(folder / "warehouse.duckdb")
    connection.execute("INSERT INTO aleta.sync_runs (run_id) VALUES ('mine')")
    os._exit(0)


def killed(store, folder):
    """Publish, killed before each change of the file system in turn, until there is none left and it gets through."""
    log = folder.parent / "killed-before"
    log.touch()
    while True:
        known = set(log.read_text().splitlines())
        forked(partial(another_run, store))
        status = forked(partial(publish_until_unknown, known, log, store, folder))
        assert forked(partial(assert_whole, folder)) == 0, log.read_text()
        if status == 0:
            sys.stdout.write(f"{len(known)}")
            return
        assert os.WTERMSIG(status) == signal.SIGKILL


def publish_until_unknown(known, log, store, folder):
    """Die before the first change that is not *known*, after writing it down."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND)

    def watch(event, arguments):
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in CHANGING:
            change = re.sub(
                r"\d+", "N", f"{event} {arguments[:2]}"
            )  # versions and handles have other numbers each time
            if change not in known:
                os.write(file, f"{change}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    publish(store, folder, formats=BOTH, tables=SOME)


def forked(act):
    """Run *act* in a child of a process that has all modules and no threads; its wait status."""
    child = os.fork()
    if not child:
        try:
            act()
        except BaseException:  # noqa: BLE001 - whatever it was, the child ends here
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    {"full": full, "forever": forever, "scribble": scribble, "killed": killed}[sys.argv[1]](
        Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:]
    )
