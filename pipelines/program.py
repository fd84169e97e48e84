"""How this program was called, for messages that name a command to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
        return f"aleta-sync {words}"
    import shlex  # noqa: PLC0415 - `--help` does without

    return f"aleta-sync --config {shlex.quote(f'{_given[-1]}')} {words}"
