"""Reads a span again, both ends included, next to a mark that it neither moves back nor outruns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sources.aleta.endpoint import Endpoint
from sources.aleta.windows import Window

from .ledger import Ledger
from .marks import Horizon, Reading
from .sync import Job


def job(span: Window, *, accounts: Sequence[str] = ()) -> Job:
    """A run that reads *span* of every account, or of *accounts* only.

    The mark grows where the span touches it; where it does not, the span is remembered beside it, and the gap between
    is closed by the next full read (rule M1).
    """

    def choose(ledger: Ledger, endpoint: Endpoint, listed: Sequence[str], _: Horizon) -> Mapping[str, Reading]:
        chosen = [one for one in listed if not accounts or one in accounts]
        return {one: Reading(span=span, mark=ledger.mark(endpoint.name, one), whole=False) for one in chosen}

    return Job(kind="backfill", choose=choose, only=tuple(accounts))
