"""A lease in the database: one writer per tenant, also over machines (rule C2). The lock is a file on one machine.

One row says who writes, and until when. Its holder renews it; when that one dies the row runs out, by the clock of the
database. A holder that lost its row stops before it commits more.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.exceptions import DltException
from dlt.destinations.exceptions import DatabaseException

from .connection import Client, connected
from .dialect import Dialect

TABLE = "sync_lease"
DESCRIPTION = "Which run may write to this dataset now, and until when (seconds since 1970, by the database's clock)"
LEASE_S = 120
RENEW_S = 30.0
KEY = "writer"  # of the only row

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a lease, since when and until when (aware, UTC)."""

    token: str
    host: str
    pid: int
    command: str
    since: datetime
    until: datetime

    def __str__(self) -> str:
        return (
            f"process {self.pid} on {self.host} (`{self.command}`, since {self.since:%Y-%m-%d %H:%M:%S} UTC), "
            f"until {self.until:%Y-%m-%d %H:%M:%S} UTC unless it renews its lease"
        )


class LeasedError(Exception):
    """Another run may write there (exit 1): *holder* says which."""

    code = "locked"

    def __init__(self, place: str, by: Holder) -> None:
        super().__init__(f"{place} is leased to {by}. Wait for it to end, or stop that process.")
        self.holder = by


class LeaseLostError(Exception):
    """The lease ran out and another run has it, or somebody took it away: nothing more may be committed (exit 1)."""

    code = "lease"

    def __init__(self, place: str, by: Holder | None) -> None:
        now = f"{by} has it" if by else "its row is gone"
        super().__init__(
            f"{place}: this run's lease was lost ({now}): what it committed before is complete, what it read since is "
            "not committed, or lies over what the other wrote. Run again when no other machine syncs this tenant, and "
            "see what `verify --all` says"
        )


class Lease:
    """Held from `with` to the end of its block, and renewed in between by a thread of its own.

    Args:
        client: of the dataset; used by nobody else.
        dialect: one that knows the clock of the database.
        place: what is leased, for messages.
        owner: equal only for runs that the lock keeps apart anyhow: one takes over from another, which must be dead.
        creates: make the dataset and the table where they are missing; without it nothing is leased then.

    Raises:
        LeasedError: another run has it.
        DltException: the database refuses, or cannot be reached.
    """

    def __init__(
        self,
        client: Client,
        dialect: Dialect,
        *,
        place: str,
        owner: str,
        command: str,
        creates: bool = True,
        lasts_s: int = LEASE_S,
        renews_s: float = RENEW_S,
    ) -> None:
        self._client = client
        self._now = dialect.now
        self._place = place
        self._owner = owner
        self._command = command
        self._creates = creates
        self._lasts_s = lasts_s
        self._renews_s = renews_s
        self._token = secrets.token_hex(8)
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        with self._turn, connected(self._client):
            if not self._is_there():
                if not self._creates:
                    return self
                self._create()
            holder = self._take()
        if holder.token != self._token:
            raise LeasedError(self._place, holder)
        self._thread = threading.Thread(target=self._go_on, name="lease", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is None:
            return
        self._over.set()
        self._thread.join()
        try:
            with self._turn, connected(self._client):
                self._execute(f"DELETE FROM {self._table} WHERE token = %s", self._token)
        except DltException as failure:
            log.warning("%s: the lease was not given back, and runs out by itself: %s", self._place, failure)

    def renew(self) -> None:
        """Extend it.

        Raises:
            LeaseLostError: it is another's, or gone.
            DltException: the database does not answer; the lease is what it was.
        """
        if self._thread is None:
            return
        with self._turn, connected(self._client):
            self._execute(
                f"UPDATE {self._table} SET until_s = {self._now} + {self._lasts_s} WHERE token = %s", self._token
            )
            holder = self._holder()
        if holder is None or holder.token != self._token:
            raise LeaseLostError(self._place, holder)

    def _go_on(self) -> None:
        while not self._over.wait(self._renews_s):
            try:
                self.renew()
            except LeaseLostError:  # whoever commits next asks by itself, and hears it
                return
            except DltException as error:  # SQLite, for one, takes one writer at a time
                log.info("%s: the lease could not be renewed yet: %s", self._place, error)

    @property
    def _table(self) -> str:
        return self._client.make_qualified_table_name(TABLE)

    def _execute(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        return self._client.execute_sql(sql, *values) or ()

    def _is_there(self) -> bool:
        if not self._client.has_dataset():
            return False
        with suppress(DestinationUndefinedEntity):
            self._execute(f"SELECT 1 FROM {self._table} WHERE 1 = 0")
            return True
        return False

    def _create(self) -> None:
        """Another machine may do the same at this instant, and one of the two then fails where the other succeeds."""
        for tries_left in (True, False):
            try:
                if not self._client.has_dataset():
                    self._client.create_dataset()
                self._execute(
                    f"CREATE TABLE IF NOT EXISTS {self._table} (name VARCHAR(16) PRIMARY KEY, token VARCHAR(32), "
                    "owner VARCHAR(400), host VARCHAR(255), pid BIGINT, command VARCHAR(64), since_s BIGINT, "
                    "until_s BIGINT)"
                )
            except DatabaseException:
                if not tries_left:
                    raise
            else:
                return

    def _take(self) -> Holder:
        """Take it if it is free; who has it then. Who asks in vain writes nothing, and waits for no writer."""
        if held := self._holder(f"WHERE until_s > {self._now} AND owner <> %s", self._owner):
            return held
        mine = (KEY, self._token, self._owner, socket.gethostname(), os.getpid(), self._command)
        marks = ", ".join(["%s"] * len(mine))
        with self._client.begin_transaction():
            self._execute(f"DELETE FROM {self._table} WHERE until_s <= {self._now} OR owner = %s", self._owner)
            self._execute(
                f"INSERT INTO {self._table} (name, token, owner, host, pid, command, since_s, until_s) "
                f"VALUES ({marks}, {self._now}, {self._now} + {self._lasts_s}) ON CONFLICT (name) DO NOTHING",
                *mine,
            )
            holder = self._holder()
        if holder is None:  # given back between the two statements
            return self._take()
        return holder

    def _holder(self, where: str = "", *values: str) -> Holder | None:
        read = f"SELECT token, host, pid, command, since_s, until_s FROM {self._table} {where}"
        found = self._execute(read, *values)
        for token, host, pid, command, since_s, until_s in found:
            since, until = datetime.fromtimestamp(since_s, UTC), datetime.fromtimestamp(until_s, UTC)
            return Holder(token=token, host=host, pid=pid, command=command, since=since, until=until)
        return None
