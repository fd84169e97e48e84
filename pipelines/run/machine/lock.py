"""One writer per tenant (rule C2): a lock on a file, which the system frees however its process ends."""

from __future__ import annotations

import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

import msgspec

from sources.aleta.clock import Clock, SystemClock

from ...settings import user
from ...warehouse.private_file import make_private_folder
from .boot_id import boot_id

PROBE_S = 0.05  # `holder` takes the lock for less than this to see whether it is free


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who has the lock: process id and machine, since when (aware, UTC), and for which command."""

    pid: int
    since: datetime
    command: str
    host: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (`{self.command}`, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


class LockedError(Exception):
    """Another run has the lock (exit 1): *holder* says which."""

    code = "locked"

    def __init__(self, path: Path, by: Holder) -> None:
        super().__init__(f"{path} is held by {by}. Wait for it to end, or stop that process.")
        self.holder = by


class ForeignFilesError(Exception):
    """Root would leave files that the user who keeps this tenant could not write (exit 1)."""

    code = "disk"


class TenantLock:
    """Held from `with` to the end of its block; not re-entrant.

    The file stays behind, and says nothing once the lock is free. A child made by fork shares the lock.

    Raises:
        ForeignFilesError: this is root, and another user keeps this tenant.
        LockedError: another run has it.
        OSError: the file or its folder cannot be made or written.
    """

    def __init__(self, path: Path, *, command: str, clock: Clock | None = None) -> None:
        self._path = path
        self._command = command
        self._clock = clock or SystemClock()
        self._file = -1

    def __enter__(self) -> Self:
        make_private_folder(self._path.parent)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            self._check_keeper()
            self._take()
            self._sign()
        except BaseException:
            os.close(self._file)
            raise
        return self

    @property
    def owner(self) -> str:
        """Equal for whoever had this lock before, and for nobody else: this machine since it started, this very file.

        Names are no proof: two clusters may have a pod of one name, and a clone the name and the disk of its original.
        """
        file = os.fstat(self._file)
        return f"{socket.gethostname()}:{boot_id()}:{file.st_dev}:{file.st_ino}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def _check_keeper(self) -> None:
        if reason := refused_to_root(self._path):
            raise ForeignFilesError(reason)

    def _take(self) -> None:
        if not _locked(self._file, fcntl.LOCK_EX):
            self._clock.sleep(PROBE_S)
            if not _locked(self._file, fcntl.LOCK_EX):
                raise LockedError(self._path, _read(self._file))

    def _sign(self) -> None:
        me = Holder(pid=os.getpid(), since=self._clock.now(), command=self._command, host=socket.gethostname())
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, msgspec.json.encode(me), 0)


def holder(path: Path) -> Holder | None:
    """Who has the lock now; None when it is free, whatever an ended run left in the file."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return None if _locked(file, fcntl.LOCK_SH) else _read(file)
    finally:
        os.close(file)


def refused_to_root(path: Path) -> str:
    """Why root may not take a tenant's lock: another user made it, and could not write tonight what root made now.

    Empty where it may, also on a file system that gives every new file to that user.
    """
    if os.geteuid() != 0 or not path.exists() or (keeper := path.stat().st_uid) == 0:
        return ""
    with TemporaryFile(dir=path.parent) as made:
        if os.fstat(made.fileno()).st_uid == keeper:
            return ""
    return (
        f"{path.parent} is kept by {user(keeper)}, who could not write what root makes in it: run this as "
        f"{user(keeper)}, or, if root is to keep it from now on, give it all of {path.parent} (chown -R)"
    )


def _locked(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: int) -> Holder:
    """What the holder wrote, or a stand-in for the instant in which it has not yet."""
    try:
        return msgspec.json.decode(os.pread(file, 65_536, 0), type=Holder)
    except msgspec.DecodeError:
        since = datetime.fromtimestamp(os.fstat(file).st_mtime, UTC)
        return Holder(pid=0, since=since, command="starting", host=socket.gethostname())
