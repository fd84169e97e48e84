"""What a sync takes up: the deliveries recorded before it began become rows of `webhook_deliveries`, and are done.

Rows first, then the inbox: a crash between the two writes the same rows again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from schemas.ledger import WEBHOOK_DELIVERIES

from ..report.report import Status, TenantReport, problem
from ..warehouse.package import Rows
from .delivery import Delivery
from .inbox import Inbox, InboxError, exists

TAKES_UP = "sync"  # the kind of run
SYNCED = frozenset({Status.COMPLETE, Status.PARTIAL})
"""After a partial run what could not be read is named in its report, and the next run reads it again anyway."""


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
    synced_at: datetime | None = None  # when the run had synced it; None until it ends, and if it failed

    def rows(self, *, status: str, now: datetime) -> Rows:
        """Rows to commit with the run's end, which is *status*."""
        self.synced_at = now if status in SYNCED else None
        rows = [self._row(delivery) for delivery in self.deliveries]
        columns = [pa.array([row[column.name] for row in rows], column.type) for column in WEBHOOK_DELIVERIES]
        plain = WEBHOOK_DELIVERIES.remove_metadata()
        return Rows(schema=WEBHOOK_DELIVERIES, data=pa.Table.from_arrays(columns, schema=plain))

    def settle(self, now: datetime) -> None:
        """The rows are committed: they are not due any more."""
        if not self.deliveries:
            return
        try:
            with Inbox(self.folder) as inbox:
                inbox.settle(self.deliveries, run_id=self.report.run_id, synced_at=self.synced_at)
                inbox.compact(now)
        except InboxError as error:
            self.report.errors.append(problem(error))

    def _row(self, delivery: Delivery) -> dict[str, object]:
        return {
            "webhook_id": delivery.webhook_id,
            "tenant": self.report.tenant,
            "type": delivery.type,
            "client_id": delivery.client_id,
            "received_at": delivery.received_at,
            "synced_at": self.synced_at if delivery.wants_sync else None,
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
