"""A file of the tenant's own that SQLite keeps: made by us for its owner's eyes only, opened by SQLite alone."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def make_private(file: Path) -> bool:
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
