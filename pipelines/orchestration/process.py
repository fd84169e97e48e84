"""The program as a process of its own: its report, the errors that it logged, and how it is stopped."""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, PIPE, Popen
from typing import IO

PROGRAM = "aleta-sync"
KEPT = 5  # of the errors that it logged
ERROR = " ERROR "


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A process that ended.

    Args:
        out: all that it wrote to stdout.
        errors: the last lines of its log that say what failed.
    """

    exit: int
    out: bytes
    errors: Sequence[str]


def sync_command(config: Path, tenant: str) -> Sequence[str]:
    """What syncs *tenant*, and prints its report as JSON.

    Raises:
        FileNotFoundError: the program is neither beside this Python nor on the `PATH`.
    """
    return (_program(), "--config", f"{config}", "sync", tenant, "--json")


def run(command: Sequence[str]) -> Ended:
    """Run *command* to its end; its log goes on to stderr as it comes.

    Whatever interrupts the waiting has the process stopped by SIGTERM, and waited for: it commits what it has read
    (rule C1). It has a session of its own, so that a Ctrl-C in a terminal does not reach it as a second signal, at
    which it would leave at once.
    """
    with tempfile.TemporaryFile() as out, _begun(command, out) as process:
        errors: deque[str] = deque(maxlen=KEPT)
        try:
            errors.extend(_errors(process))
        except BaseException:
            process.terminate()
            errors.extend(_errors(process))
            raise
        code = process.wait()
        out.seek(0)
        return Ended(exit=code, out=out.read(), errors=tuple(errors))


def _begun(command: Sequence[str], out: IO[bytes]) -> Popen[str]:
    return Popen(  # noqa: S603 - our own program, with arguments of the configuration
        command, stdin=DEVNULL, stdout=out, stderr=PIPE, text=True, errors="replace", start_new_session=True
    )


def _errors(process: Popen[str]) -> Iterator[str]:
    assert process.stderr is not None
    for line in process.stderr:
        _pass_on(line)
        if ERROR in line:
            yield line.strip()


def _pass_on(line: str) -> None:
    """A log that cannot be written costs nobody the run that it is of."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(line)
            sys.stderr.flush()


def _program() -> str:
    beside = Path(sysconfig.get_path("scripts"), PROGRAM)
    found = f"{beside}" if beside.exists() else which(PROGRAM)
    if not found:
        raise FileNotFoundError(f"{PROGRAM} is neither in {beside.parent} nor on the PATH")
    return found
