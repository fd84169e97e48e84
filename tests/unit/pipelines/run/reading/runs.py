"""A run over some endpoints of an Aleta in memory."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from pipelines.ledger.ledger import Ledger
from pipelines.ledger.readings import Horizon
from pipelines.report.progress import Screen
from pipelines.run.events import Event
from pipelines.run.job import SYNC, Job
from pipelines.run.reading.fetching import Fetching
from pipelines.run.reading.known import Known
from pipelines.run.unoffered import Unoffered
from pipelines.settings import TenantSettings
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import ParentGoneError
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Receipt
from tests.apis import FakeApi, booked, thing
from tests.fakes import NOON, FakeClock

NAMES = ("clients", "legal_entities", "accounts", "transactions", "instruments", "prices", "instrument_classes")
DAY = NOON.date()
GONE = ParentGoneError("404")


class Says(dict):
    """What is not said is a 404."""

    def get(self, path, _=None):
        return super().get(path, GONE)


class Uneven(FakeApi):
    """Cuts its answers at a number of rows that goes by the days that are asked for."""

    def _booked(self, params):
        return super()._booked(params)[-20 - date.fromisoformat(params["fromDate"]).day :]


def named(own_id: str, instrument: str) -> dict[str, object]:
    """A transaction that names an instrument."""
    return booked(own_id, DAY) | {"relationships": {"instrument": {"data": {"type": "bond", "id": instrument}}}}


def api(**rows: list[dict[str, object]]) -> FakeApi:
    """A client with two accounts that hold *rows*, and two instruments, of which one has a price."""
    price = {"type": "price", "id": "p1", "attributes": {"date": f"{DAY}", "value": 1}}
    says = {
        "/v2/clients": [thing("c")],
        "/v2/clients/c/legal-entities": [thing("l")],
        "/v2/legal-entities/l/accounts": [thing("a"), thing("b")],
        "/v3/instruments/i1": thing("i1"),
        "/v3/instruments/i2": thing("i2"),
        "/v3/instruments/i1/prices": [price],
        "/v3/instruments/i2/prices": [],
    }
    return FakeApi(says=Says(says), rows=rows)


def settings(**more) -> TenantSettings:
    return TenantSettings(name="acme", kid="k", iss="i", sub="s", key=None, data_dir=Path("nowhere"), **more)


@dataclass
class Run:
    """A run over some endpoints, and the events it told."""

    api: FakeApi
    names: tuple[str, ...] = NAMES
    known: Known = field(default_factory=Known)
    ledger: Ledger = field(default_factory=Ledger)
    job: Job = SYNC
    row_cap: int = 0
    max_window_days: int = 0
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        tenant, clock = settings(workers=2, row_cap=self.row_cap, max_window_days=self.max_window_days), FakeClock()
        Fetching(
            tenant=tenant,
            endpoints=[CATALOGUE[name] for name in self.names],
            reader=Reader(self.api, clock),
            ledger=self.ledger,
            unoffered=Unoffered.lately(self.ledger, now=NOON, named=()),
            horizon=Horizon.of(tenant, now=NOON),
            job=self.job,
            known=self.known,
            progress=Screen(io.StringIO(), clock).tenant("acme", requests_per_minute=0),
            clock=clock,
            stop=threading.Event(),
            rng=Random(1),
            put=lambda event, rows=0: self.told(event),
        ).run()

    def told(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    def rows(self, resource: str) -> dict[str, int]:
        """Rows kept of each parent."""
        kept = [receipt for receipt in self.of(Receipt) if receipt.endpoint.name == resource and receipt.answer]
        return {
            parent: sum(receipt.rows for receipt in kept if receipt.parent_id == parent)
            for parent in {receipt.parent_id for receipt in kept}
        }
