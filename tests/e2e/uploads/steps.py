"""Uploads in processes that die before a given step, or have a planted bug. As a script, it forks one for each order.

The steps of a row, in their order: the journal says that it is being sent, the request goes out, its answer is there,
the journal has the outcome.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, kw_only=True)
class Order:
    """One run of the program.

    Args:
        cut: it is killed before this step, 0 being the first; None: never.
        bug: the name of one of `BUGS`.
    """

    argv: list[str]
    cwd: str
    cut: int | None = None
    bug: str = ""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How it ended: an exit code, or a signal as a negative one."""

    exit: int
    out: str


class Stepper:
    """The forking process, as the tests talk to it; a context manager."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.e2e.uploads.steps"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def run(self, order: Order) -> Ended:
        print(json.dumps(asdict(order)), file=self._process.stdin, flush=True)
        return Ended(**json.loads(self._process.stdout.readline()))


# -- in the forking process


def serve() -> None:
    import pipelines.commands.upload  # noqa: F401 - a fork has it already

    for line in sys.stdin:
        order = Order(**json.loads(line))
        with tempfile.TemporaryFile("w+") as out:
            child = os.fork()
            if not child:
                os.dup2(out.fileno(), 1)
                _run(order)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            out.seek(0)
            sys.stdout.write(f"{json.dumps(asdict(Ended(exit=status, out=out.read())))}\n")
            sys.stdout.flush()


def _run(order: Order) -> None:
    from pipelines.cli import main

    os.chdir(order.cwd)
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if order.bug:
        BUGS[order.bug]()
    if order.cut is not None:
        _arm(order.cut)
    code = 1
    try:
        main(order.argv)
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _arm(cut: int) -> None:
    from pipelines.uploads.journal import Journal
    from sources.aleta.transport.client import Wire

    numbers = count()

    def step() -> None:
        if next(numbers) == cut:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(function: Callable[..., object]) -> Callable[..., object]:
        def announced(*args: object, **kwargs: object) -> object:
            step()
            try:
                return function(*args, **kwargs)
            finally:
                step()

        return announced

    for owner, names in ((Journal, ("sending", "put", "delete_begun", "deleted")), (Wire, ("write",))):
        for name in names:
            setattr(owner, name, stepping(getattr(owner, name)))


# -- what a tired programmer might write


def a_fee_is_taken_for_repeatable() -> None:
    from pipelines.uploads import kinds

    kinds.KINDS["fee-holdings"] = replace(kinds.KINDS["fee-holdings"], overwrites=True)


def a_500_is_taken_for_not_written() -> None:
    from sources.aleta.transport import write
    from sources.aleta.transport.fate import Fate, fate

    def hopeful(method: str, status: int, *rest: object) -> Fate:
        return Fate.NOT_TAKEN if status >= 500 else fate(method, status, *rest)

    write.fate = hopeful


def a_lost_answer_is_taken_for_no_connection() -> None:
    from sources.aleta.transport import write

    told = write._unanswered
    write._unanswered = lambda error, *, went_out: told(error, went_out=False)


def nothing_is_in_the_journal_before_the_answer() -> None:
    from pipelines.uploads.journal import Journal

    Journal.sending = lambda *_, **__: None


def a_sender_that_died_is_forgotten() -> None:
    from pipelines.uploads import selection
    from pipelines.uploads.journal import State

    select = selection.select

    def forgetful(rows: object, kind: object, known: Mapping, *, again: bool) -> object:
        kept = {
            key: {value: state for value, state in states.items() if state is not State.SENDING}
            for key, states in known.items()
        }
        return select(rows, kind, kept, again=again)

    import pipelines.uploads.upload as room

    room.select = forgetful


BUGS: Mapping[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (
        a_fee_is_taken_for_repeatable,
        a_500_is_taken_for_not_written,
        a_lost_answer_is_taken_for_no_connection,
        nothing_is_in_the_journal_before_the_answer,
        a_sender_that_died_is_forgotten,
    )
}

if __name__ == "__main__":
    serve()
