"""How this program was called: for messages that name a command to run, and before its options are parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `start` imports this before it listens to signals
    from pathlib import Path

NAME = "aleta-sync"
_given: list[Path] = []  # the folder of --config, where this process was given one


@contextmanager
def called_with(config: Path) -> Iterator[None]:
    """While the block takes, commands that are named need `--config` to be about the same folder."""
    _given.append(config)
    try:
        yield
    finally:
        _given.pop()


def command(words: str) -> str:
    """`aleta-sync` with *words*, as who called this process can type it."""
    if not _given:
        return f"{NAME} {words}"
    import shlex  # noqa: PLC0415 - `--help` does without

    return f"{NAME} --config {shlex.quote(f'{_given[-1]}')} {words}"


def asks_for_json_log(argv: Sequence[str]) -> bool:
    """Whether *argv* wants the log as JSON, for what is said before options are parsed, or where they cannot be."""
    return "--log-format=json" in argv or ("--log-format", "json") in pairwise(argv)
