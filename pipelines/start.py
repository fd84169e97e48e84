"""Where the program begins: signals are listened to before anything that takes time is imported."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from .program import asks_for_json_log

IMPORTS = "<frozen importlib"
COMMAND = "Guarded.invoke"  # in `cli`: says the word itself, and lets a command put its things in order
WORD = "stopped before anything was begun"
STDERR = 2


def main() -> None:
    """Run the command line; SIGINT and SIGTERM end it with 130 and 143 from the first moment on."""
    _open_closed_files()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` and a shell's `&` want it
            signal.signal(number, _stop)
    from .cli import main as command_line  # noqa: PLC0415 - takes a while
    from .invocation.stdout import discard_the_rest, ended  # noqa: PLC0415

    try:
        command_line()
    except SystemExit as end:
        sys.exit(ended(end.code))
    except OSError as error:  # of click's own words, as those of --help; a command's errors do not come this far
        if "--debug" in sys.argv:
            raise
        _leave(1, f"stdout cannot be written ({error.strerror or error})")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done: what remains is the interpreter's own end
        try:
            sys.stderr.flush()
        except OSError:  # full, or nobody reads it: the interpreter would try once more, and end with 120
            discard_the_rest(sys.stderr)


def _open_closed_files() -> None:
    """Open the null device as stdin, stdout and stderr where they are closed.

    Else the next file that is opened, a lock or the warehouse, would be what children and libraries print to. That
    stdout is closed is still seen by `sys.stdout`; a log that is written nowhere is no reason to do nothing.
    """
    with suppress(OSError):  # a system without that device
        while (opened := os.open(os.devnull, os.O_RDWR)) <= STDERR:
            os.set_inheritable(opened, True)
        os.close(opened)
        if sys.stderr is None:
            sys.stderr = open(STDERR, "w", errors="backslashreplace", closefd=False)  # noqa: SIM115 - to the end


def _stop(number: int, frame: FrameType | None) -> None:
    """Raise where a command is prepared for that; else leave at once.

    While a module is imported, an exception may be swallowed, or come out as another that says something else.
    """
    names = set()
    while frame:
        names.add(IMPORTS if frame.f_code.co_filename.startswith(IMPORTS) else frame.f_code.co_qualname)
        frame = frame.f_back
    if COMMAND in names and IMPORTS not in names:
        raise KeyboardInterrupt(number)
    _leave(128 + number, WORD)


def _leave(code: int, words: str) -> NoReturn:
    """End at once, without what is in Python's buffers."""
    with suppress(OSError):  # it may be stderr that is gone
        os.write(STDERR, f"{_line(sys.argv, words)}\n".encode())
    os._exit(code)


def _line(argv: list[str], words: str) -> str:
    """As the log writes it, which may not be set up yet."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    if asks_for_json_log(argv):
        return f'{{"time": "{now}+00:00", "level": "ERROR", "logger": "{__name__}", "message": {json.dumps(words)}}}'
    return f"{now}Z ERROR   {__name__}: {words}"
