"""What is the tenant's own, for its owner's eyes only: folders, and files made for SQLite, or replaced whole."""

from __future__ import annotations

import errno
import glob
import os
import tempfile
from contextlib import suppress
from pathlib import Path


def make_private_file(file: Path) -> bool:
    """Make *file* unless it is there; whether it was made. SQLite gives its companions the same mode.

    A file that is there is not opened: closing it would end the locks that SQLite holds on it in this process, and the
    next connection that closes would take the log away from under the others (https://sqlite.org/howtocorrupt.html,
    2.2).

    Raises:
        OSError: it cannot be made, or is a link.
    """
    if file.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    return True


def nearest_there(folder: Path) -> Path:
    """*folder*, or of those above it the nearest that is there, whatever it is."""
    return next(level for level in (folder, *folder.parents) if os.path.lexists(level))


def make_private_folder(folder: Path) -> None:
    """Make *folder* and what is missing above it (rule S1)."""
    for level in reversed((folder, *folder.parents)):
        if not level.exists():
            level.mkdir(mode=0o700, exist_ok=True)


def replace(file: Path, content: bytes) -> None:
    """Put *content* in *file*, whole or not at all; what killed processes left of doing so is taken away.

    Raises:
        OSError: *file* is what it was, and nothing is beside it.
    """
    with suppress(OSError):  # what cannot be taken away is in nobody's way
        for left in file.parent.glob(f"{glob.escape(_beside(file))}*"):
            left.unlink(missing_ok=True)
    write_whole(file, content)


def write_whole(file: Path, content: bytes) -> None:
    """The same in a folder that is not the program's own, where files of such names may be others'.

    Raises:
        OSError: as `replace`.
    """
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=_beside(file))  # is made 0600
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
            new.flush()
            os.fsync(handle)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _beside(file: Path) -> str:
    """What the names of files begin with that are to take the place of *file*."""
    return f".{file.name}."
