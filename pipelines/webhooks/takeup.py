"""What a sync takes up: the deliveries recorded before it began become rows of `webhook_deliveries`, and are done.

Rows first, then the inbox: a crash between the two writes the same rows again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from schemas.ledger import WEBHOOK_DELIVERIES

from ..report.report import Problem, Status, TenantReport, problem
from ..warehouse.package import Rows
from .delivery import Delivery
from .inbox import Inbox, InboxError, exists

TAKES_UP = "sync"  # the kind of run
PATIENCE = timedelta(days=1)
"""For so long a delivery waits for what a partial run could not read; then that is the nightly run's alone."""


@dataclass(slots=True)
class TakeUp:
    """What was recorded before a run began. Made by `take_up`.

    Args:
        folder: the tenant's.
        report: the run's; an inbox that cannot be used is a problem in it, and stops nothing.
    """

    folder: Path
    report: TenantReport
    deliveries: Sequence[Delivery] = ()
    _synced: AbstractSet[Delivery] = frozenset()
    _done: AbstractSet[Delivery] = frozenset()

    def rows(self, *, status: str, now: datetime, whose: Callable[[Problem], str | None] = lambda _: "") -> Rows:
        """Rows to commit with the run's end.

        Args:
            status: how it ends.
            whose: the client that a problem is about; empty: it may be any; None: it is no client's.
        """
        if status in {Status.COMPLETE, Status.PARTIAL}:
            problems = [(whose(problem), problem.may_pass) for problem in self.report.errors]
            self._settle_each(problems, now)
        rows = [self._row(delivery, now) for delivery in self.deliveries]
        columns = [pa.array([row[column.name] for row in rows], column.type) for column in WEBHOOK_DELIVERIES]
        plain = WEBHOOK_DELIVERIES.remove_metadata()
        return Rows(schema=WEBHOOK_DELIVERIES, data=pa.Table.from_arrays(columns, schema=plain))

    def settle(self, now: datetime) -> None:
        """The rows are committed: they are not due any more, unless another run may read what this one could not."""
        if not self.deliveries:
            return
        try:
            with Inbox(self.folder) as inbox:
                for done in (True, False):
                    these = [delivery for delivery in self.deliveries if (delivery in self._done) is done]
                    inbox.settle(these, run_id=self.report.run_id, done_at=now if done else None)
                inbox.compact(now)
        except InboxError as error:
            self.report.errors.append(problem(error))

    def _settle_each(self, problems: Sequence[tuple[str | None, bool]], now: datetime) -> None:
        """By what the run could not read of each client, and whether another one may."""
        missing = {
            delivery: [passes for whose, passes in problems if whose in {"", delivery.client_id}]
            for delivery in self.deliveries
        }
        self._synced = {delivery for delivery, passing in missing.items() if not passing}
        self._done = {
            delivery
            for delivery, passing in missing.items()
            if not any(passing) or now - delivery.received_at >= PATIENCE
        }

    def _row(self, delivery: Delivery, now: datetime) -> dict[str, object]:
        return {
            "webhook_id": delivery.webhook_id,
            "tenant": self.report.tenant,
            "type": delivery.type,
            "client_id": delivery.client_id,
            "received_at": delivery.received_at,
            "synced_at": now if delivery.wants_sync and delivery in self._synced else None,
            "run_id": self.report.run_id,
        }


def take_up(folder: Path, report: TenantReport, *, clients: Sequence[str] = ()) -> TakeUp:
    """What a run that begins now takes up; a backfill takes up nothing.

    Args:
        folder: the tenant's.
        report: the run's.
        clients: those that the run reads; none: all.
    """
    found = TakeUp(folder, report)
    if report.kind != TAKES_UP or not exists(folder):
        return found
    try:
        with Inbox(folder) as inbox:
            found.deliveries = inbox.undone(clients=clients)
    except InboxError as error:
        report.errors.append(problem(error))
    return found
