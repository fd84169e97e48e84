"""Reads a span again, both ends included, next to a mark that it neither moves back nor outruns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sources.aleta.catalogue.endpoint import By, Endpoint
from sources.aleta.planning.windows import Window

from ..ledger.ledger import Ledger
from ..ledger.readings import Horizon, Reading
from ..run.sync import Job


def job(span: Window, *, accounts: Sequence[str] = (), resources: Collection[str] = ()) -> Job:
    """A run that reads *span* again.

    The mark grows where the span touches it; where it does not, the span is remembered beside it, and the gap between
    is closed by the next full read (rule M1).

    Args:
        span: both ends included.
        accounts: only these; then nothing that hangs below anything else.
        resources: only these; without any, all that is asked for by spans. What is asked for day by day costs a
            request a day and parent, so it is read only when it is named; what is asked for whole has no spans.
    """

    def choose(ledger: Ledger, endpoint: Endpoint, listed: Sequence[str], _: Horizon) -> Mapping[str, Reading]:
        by = endpoint.dates.by if endpoint.dates else By.WHOLE
        wanted = endpoint.name in resources if resources else by is By.SPAN
        if by is By.WHOLE or not wanted or (accounts and endpoint.parent != "accounts"):
            return {}
        chosen = [one for one in listed if not accounts or one in accounts]
        return {one: Reading(span=span, mark=ledger.mark(endpoint.name, one), whole=False) for one in chosen}

    return Job(kind="backfill", choose=choose, only=tuple(accounts), revisits=False)
