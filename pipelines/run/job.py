"""What kind of run this is, and what a nightly one reads. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint, with_parents
from sources.aleta.reading.objects.below import endpoints_below

from ..ledger.ledger import Ledger
from ..ledger.readings import Horizon, Reading, tonight

Choose: TypeAlias = Callable[[Ledger, Endpoint, Sequence[str], Horizon], Mapping[str, Reading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a run reads of each parent.

    Args:
        kind: `sync` or `backfill`, as `sync_runs` shows it.
        choose: from the marks and the parents listed, what to read.
        only: accounts that the operator named; one that is not listed is a problem.
        clients: only these, and what hangs below them; one that is not listed is a problem. Empty: all.
        revisits: objects that rows name are read again in turn, not only those that never were.
    """

    kind: str
    choose: Choose
    only: Sequence[str] = ()
    clients: Sequence[str] = ()
    revisits: bool = True

    @property
    def narrow(self) -> bool:
        """Whether it may read so little that its largest answer proves less of the row cap than an earlier one."""
        return bool(self.clients) or self.kind != "sync"

    def asked_for(self, resources: Sequence[str]) -> Sequence[Endpoint]:
        """What the tables *resources* take, parents first; of chosen clients only what hangs below one."""
        endpoints = with_parents(resources, CATALOGUE)
        return endpoints_below(endpoints) if self.clients else endpoints


def nightly(ledger: Ledger, endpoint: Endpoint, listed: Sequence[str], horizon: Horizon) -> Mapping[str, Reading]:
    """From the look-back to the look-ahead, and whole histories in turn (rules D1, M3)."""
    return tonight(ledger.marks.get(endpoint.name, {}), listed, horizon, endpoint.dates)


SYNC = Job(kind="sync", choose=nightly)


def sync_of(clients: Sequence[str]) -> Job:
    """The nightly run, of these *clients* alone; of all, where none is named."""
    return replace(SYNC, clients=tuple(dict.fromkeys(clients)))
