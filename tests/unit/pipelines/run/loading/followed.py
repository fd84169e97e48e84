"""A night by the clock of these tests, and receipts of it."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from pipelines.ledger.readings import Horizon
from pipelines.run.loading.followed import FollowedParents
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.jsonapi.answer import nothing
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status
from tests.stores import at, on

ENDPOINT = CATALOGUE["transactions"]
NOW = at(100, hour=13)
HORIZON = Horizon(now=NOW, history_start=on(0), look_back_days=10, look_ahead_days=5, reverify_days=30)


def receipt(first: int, last: int, status: Status = Status.COMPLETE, *, endpoint: Endpoint = ENDPOINT) -> Receipt:
    return Receipt(
        endpoint=endpoint,
        parent_id="a",
        window=Window(on(first), on(last)),
        status=status,
        rows=1,
        fetched_at=NOW,
        answer=nothing(endpoint, parent_id="a", at=NOW) if status is Status.COMPLETE else None,
    )


def commit(followed: FollowedParents, receipts: Sequence[Receipt], **more: AbstractSet[str]) -> None:
    """As a package that has *receipts* does."""
    followed.take(receipts)
    followed.mark(receipts[0].endpoint, receipts, more.pop("suspected", frozenset()), **more)
