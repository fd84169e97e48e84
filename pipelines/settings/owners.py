"""Whose a file is, and who asks for it: the usual reason why a file that is there cannot be read or written."""

from __future__ import annotations

import errno
import os
import pwd
from pathlib import Path

DENIED = {errno.EACCES, errno.EPERM}


def reason_of(error: OSError) -> str:
    """What the system says of *error*, and whose the file is where that explains it."""
    said = error.strerror or "cannot be opened"
    whose = whose_is(Path(os.fsdecode(error.filename))) if error.errno in DENIED and error.filename else ""
    return f"{said}: {whose}" if whose else said


def whose_is(path: Path) -> str:
    """Whose *path* is, or of what is above it the nearest that can be seen; empty where that is this process's user."""
    for level in (path, *path.absolute().parents):
        try:
            owner = level.stat().st_uid
        except OSError:
            continue
        if owner == os.geteuid():
            return ""
        keeper, me = user(owner), user(os.geteuid())
        return f"{level} belongs to {keeper}, and this runs as {me}: run it as {keeper}, or give {me} the right to"
    return ""


def user(number: int) -> str:
    """A user's name, or the number of one who has none here."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
