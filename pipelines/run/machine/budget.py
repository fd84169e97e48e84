"""The request budget of one `sub`, shared by every process of this machine (rule R4): a token bucket kept in a file.

Each request takes its token under the file's lock, so a process that dies loses the others nothing but the tokens that
it was waiting for. The time is that of the machine since it was started, which all its processes share.
"""

from __future__ import annotations

import fcntl
import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import msgspec

from sources.aleta.clock import SystemClock
from sources.aleta.transport.pacing.limiter import TokenBucket

from ...warehouse.private_file import nearest_there
from .boot_id import boot_id

LARGEST = 4096
LONGEST = 255 - len(".budget")  # characters of a file's name
AHEAD_S = 3600.0  # no pause and no queue is longer: a file that says so is another machine's, or damaged
LIVE_S = 60.0  # a file that was written so lately is in use, whoever wrote it


class State(msgspec.Struct, kw_only=True):
    """The bucket as the file has it: *level* tokens at the instant *at*, seconds since the machine was started.

    Args:
        saved: the instant at which this was written; beyond all others where an earlier version wrote it.
    """

    boot: str
    at: float
    level: float
    paused_until: float
    pauses: int
    saved: float = math.inf


def budget_file(data_dir: Path, sub: str) -> Path:
    """Where the budget of *sub* is kept; what a file's name cannot hold is percent-encoded, or left to its digest."""
    name = quote(sub, safe="@=+, ")
    if len(name) > LONGEST:
        name = f"{name[: LONGEST - 17]}-{sha256(sub.encode()).hexdigest()[:16]}"
    return data_dir / f"{name}.budget"


def may_be_kept(file: Path) -> bool:
    """Whether this user can keep a budget in *file*, and makes no folder for it where another user's would be."""
    if os.path.lexists(file):
        return os.access(file, os.R_OK | os.W_OK)
    there = nearest_there(file.parent)  # or nobody else may look into it
    return there.is_dir() and there.stat().st_uid == os.geteuid() and os.access(there, os.W_OK | os.X_OK)


class SharedBucket(TokenBucket):
    """A `TokenBucket` whose level is in *file*. A file that is damaged, or from before a restart, is replaced.

    Processes of different starts (two machines, or two containers with a kernel each, in one folder) know of each other
    by how long ago the file was written: they take turns without a burst, and keep each other's pauses.

    Args:
        file: made when it is missing, for its owner only; a link in its place is refused.
        rate_per_s, burst, headroom: as of `TokenBucket`; a rate of more than 0.
        boot: which start of the machine this is; None: as the system says.

    Raises:
        OSError: by each method, when the file cannot be made, read or written.
    """

    def __init__(
        self, file: Path, rate_per_s: float, burst: int, *, headroom: float = 0.05, boot: str | None = None
    ) -> None:
        super().__init__(rate_per_s, burst, headroom=headroom)
        self._path = file
        self._boot = boot_id() if boot is None else boot
        self._turn = threading.Lock()

    def reserve(self, now: float) -> float:
        with self._shared(now):
            return super().reserve(now)

    def pause(self, now: float, seconds: float) -> None:
        with self._shared(now):
            super().pause(now, seconds)

    @property
    def pauses(self) -> int:
        """Pauses so far, those of other processes too: a token that one of them made void is taken again."""
        with suppress(OSError, ValueError):  # not there yet, or damaged: the next token replaces it
            self._pauses = max(self._pauses, _decoded(self._path.read_bytes()).pauses)
        return self._pauses

    @contextmanager
    def _shared(self, now: float) -> Iterator[None]:
        with self._turn:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._load(file, now)
                yield
                self._save(file, now)
            finally:
                os.close(file)

    def _load(self, file: int, now: float) -> None:
        text = os.pread(file, LARGEST, 0)
        if not text:
            return  # nobody used it yet: as this process has it
        try:
            state = _decoded(text)
        except ValueError:
            state = None
        if state is not None and self._is_of_another_start(state, now):
            self._convert(state, now, age_s=SystemClock().now().timestamp() - os.fstat(file).st_mtime)
        elif state is None or not self._plausible(state, now):  # a burst that is not there would be refused
            self._at, self._level, self._paused_until = now, 0.0, float("-inf")
        else:
            self._at, self._level = state.at, min(state.level, self._capacity)
            self._paused_until, self._pauses = state.paused_until, max(self._pauses, state.pauses)

    def _is_of_another_start(self, state: State, now: float) -> bool:
        """Where the system does not say which start it is, its time does: in one start, it never goes back."""
        return state.boot != self._boot or (math.isfinite(state.saved) and state.saved > now + LIVE_S)

    def _convert(self, state: State, now: float, *, age_s: float) -> None:
        """Take over what was written *age_s* ago by another start, whose instants are on another scale."""
        pause_s = min(state.paused_until - state.saved, AHEAD_S) - age_s
        if not (abs(age_s) < LIVE_S or (age_s > 0 and pause_s > 0)):  # the API's bucket filled up meanwhile
            self._at, self._level, self._paused_until = now, self._capacity, float("-inf")
            return
        level = max(state.level, -AHEAD_S * self._rate) + self._rate * max(0.0, age_s)
        self._level = 0.0 if pause_s > 0 else min(0.0, level)
        self._at = now + max(0.0, pause_s)
        self._paused_until = self._at if pause_s > 0 else float("-inf")
        self._pauses = max(self._pauses, state.pauses)

    def _plausible(self, state: State, now: float) -> bool:
        waiting = max(0.0, -state.level) / self._rate
        return state.at <= now + AHEAD_S and waiting <= AHEAD_S

    def _save(self, file: int, now: float) -> None:
        state = State(
            boot=self._boot,
            at=self._at or 0.0,
            level=self._level,
            paused_until=max(self._paused_until, -1.0),
            pauses=self._pauses,
            saved=now,
        )
        text = msgspec.json.encode(state)
        os.pwrite(file, text, 0)
        os.ftruncate(file, len(text))


def _decoded(text: bytes) -> State:
    """What a file says.

    Raises:
        ValueError: it is damaged.
    """
    return msgspec.json.decode(text, type=State)
