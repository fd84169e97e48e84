"""stdout, where reports go. Where it cannot be written, the command's work is done all the same, and ends with 1."""

from __future__ import annotations

import codecs
import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from ..report.report import Exit, most_severe

log = logging.getLogger(__name__)
_lost: list[str] = []  # why a report of this process was not written


@contextmanager
def writing() -> Iterator[TextIO]:
    """stdout, for a block that writes a report and does nothing else: what fails in it is no fault of the disk.

    It is written out at the end of the block, for at the interpreter's own end nobody could say what went wrong. A
    letter that its encoding lacks is written as Python's escape of it.
    """
    if sys.stdout is None:
        _say("it is closed")
        yield io.StringIO()
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield sys.stdout
        sys.stdout.flush()
    except OSError as error:
        _say(error.strerror or f"{error}")
        discard_the_rest(sys.stdout)


def is_utf_8(stream: TextIO) -> bool:
    """Whether text reaches who reads *stream* as UTF-8; one that keeps it as text says nothing of an encoding."""
    return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"


def ended(code: str | int | None) -> str | int | None:
    """*code*, which a command ended with; one that was well has failed where its report was lost."""
    if not _lost or isinstance(code, str):
        return code
    return most_severe([Exit(code or 0), Exit.FAILED])


def _say(reason: str) -> None:
    """Once a process."""
    if not _lost:
        log.error(
            "stdout cannot be written (%s): the report is lost, and what was done is not; `status` shows the last runs",
            reason,
        )
    _lost.append(reason)


def discard_the_rest(stream: TextIO) -> None:
    """What is in Python's buffer still would fail again at the interpreter's end, with words and a code of its own."""
    with suppress(OSError):  # a stand-in that is no file
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
