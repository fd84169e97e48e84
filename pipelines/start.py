"""Where the program begins: signals are listened to before anything that takes time is imported."""

from __future__ import annotations

import os
import signal
import sys
import time
from itertools import pairwise
from types import FrameType

IMPORTS = "<frozen importlib"
COMMAND = "Guarded.invoke"  # in `cli`: says the word itself, and lets a command put its things in order
WORD = "stopped before anything was begun"


def main() -> None:
    """Run the command line; SIGINT and SIGTERM end it with 130 and 143 from the first moment on."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` and a shell's `&` want it
            signal.signal(number, _stop)
    from .cli import main as command_line  # noqa: PLC0415 - takes a while

    try:
        command_line()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done: what remains is the interpreter's own end


def _stop(number: int, frame: FrameType | None) -> None:
    """Raise where a command is prepared for that; else leave at once.

    While a module is imported, an exception may be swallowed, or come out as another that says something else.
    """
    names = set()
    while frame:
        names.add(IMPORTS if frame.f_code.co_filename.startswith(IMPORTS) else frame.f_code.co_qualname)
        frame = frame.f_back
    if number == signal.SIGINT and COMMAND in names and IMPORTS not in names:
        raise KeyboardInterrupt
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"{_line(sys.argv)}\n".encode())
    os._exit(128 + number)


def _line(argv: list[str]) -> str:
    """As the log writes it, which may not be set up yet."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    if "--log-format=json" in argv or ("--log-format", "json") in pairwise(argv):
        return f'{{"time": "{now}+00:00", "level": "ERROR", "logger": "{__name__}", "message": "{WORD}"}}'
    return f"{now}Z ERROR   {__name__}: {WORD}"
