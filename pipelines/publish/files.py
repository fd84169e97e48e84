"""Files of a copy: when one is finished, and whether anybody touched it since."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

State: TypeAlias = tuple[int, int]  # size, and time of change in ns


def seal(path: Path) -> None:
    """Make a finished file or folder its owner's only (rule S1) and bring it to the disk.

    What belongs to another user keeps the rights that this one gave it: it is not ours to change.
    """
    if path.stat().st_uid == os.geteuid():
        path.chmod(0o700 if path.is_dir() else 0o600)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def state_of(file: Path) -> State:
    """Size and time of change; of a file that is not there, what no file has."""
    try:
        found = file.stat()
    except OSError:
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)


def state_of_database(file: Path) -> State:
    """Of a DuckDB file and its log together: a process that is killed leaves there what it had committed."""
    size, changed = state_of(file)
    log_size, log_changed = state_of(file.with_name(f"{file.name}.wal"))
    return (size + max(log_size, 0), max(changed, log_changed))
