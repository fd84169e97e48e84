"""Accounts of an Aleta in memory, and what a fetch brings of them."""

import itertools
import random
import threading
from collections import defaultdict
from dataclasses import replace

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import By
from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.windows import ONE_DAY, Window
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Status, fetch
from tests.apis import FakeApi, booked
from tests.fakes import FakeClock
from tests.stores import on

SPAN = Window(on(0), on(199))
NO_DATA = b'{"meta":{"count":0}}'


def account(name: str, count: int, *, seed: int = 1) -> list[dict[str, object]]:
    rng = random.Random(f"{name}{seed}")
    return [booked(f"{name}-{number}", on(rng.randrange(200))) for number in range(count)]


TRANSACTIONS = CATALOGUE["transactions"]
BY_DAY = replace(TRANSACTIONS, dates=replace(TRANSACTIONS.dates, by=By.DAY))


def read(
    api: FakeApi,
    *,
    accounts=None,
    planner=None,
    workers: int = 3,
    stop=None,
    span: Window = SPAN,
    endpoint=TRANSACTIONS,
    answered=(),
    sighted=lambda *_: None,
):
    """All receipts, as they come."""
    return list(
        fetch(
            endpoint,
            dict.fromkeys(accounts or api.rows, span),
            Reader(api, FakeClock()),
            planner=planner or Planner(cap=RowCap()),
            clock=FakeClock(),
            workers=workers,
            stop=stop or threading.Event(),
            answered=answered,
            sighted=sighted,
        )
    )


def read_days(api: FakeApi, days: Window, **more):
    """The same of what is asked for day by day."""
    return read(api, planner=Planner(cap=RowCap(divisible=False), max_days=1), span=days, endpoint=BY_DAY, **more)


def complete(receipts) -> dict[str, list]:
    found = defaultdict(list)
    for receipt in receipts:
        if receipt.status is Status.COMPLETE:
            found[receipt.parent_id].append(receipt)
    return found


def ids(receipts) -> list[str]:
    return sorted(own_id for receipt in receipts for own_id in receipt.answer.ids)


def assert_tiles(receipts, span: Window) -> None:
    """Oldest first, without a gap or an overlap, from end to end."""
    assert receipts[0].window.first == span.first
    assert receipts[-1].window.last == span.last
    for earlier, later in itertools.pairwise(receipts):
        assert earlier.window.last + ONE_DAY == later.window.first
