"""What a first load may take, from what those of other tenants took; it sends no request and writes nothing.

How many accounts there are, how many rows they have and where the API truncates shows only while reading.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import duckdb

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint, with_parents

from ..ledger.ledger import Ledger
from ..report.figures import counted, singular
from ..settings import TenantSettings
from ..warehouse.duckdb.file import store_file
from ..warehouse.format import WarehouseError
from ..warehouse.glance import committed, is_used
from ..warehouse.pipeline.home import pipeline_home
from ..warehouse.pipeline.stored_state import kept_state
from ..warehouse.store import DATASET

WIDTH = 80
NOT_KNOWN = (
    "how many accounts there are",
    "how many rows each of them has",
    "how many rows the API puts into one answer",
)
FIRST_LOAD = f"""
    SELECT sum(requests)::BIGINT, (SELECT count(*) FROM {DATASET}.accounts WHERE removed_at IS NULL)
    FROM {DATASET}.sync_runs WHERE kind = 'sync' AND started_at <= (
        SELECT min(started_at) FROM {DATASET}.sync_runs WHERE kind = 'sync' AND status = 'complete')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """Another tenant's first load, however many runs it took.

    Args:
        row_cap: rows at which its answers were truncated; 0 for none that was found.
    """

    tenant: str
    requests: int
    accounts: int
    row_cap: int

    def __str__(self) -> str:
        cap = f"row cap {self.row_cap:,}" if self.row_cap else "no row cap found"
        return f"{self.tenant} took {self.requests:,} requests for {self.accounts:,} accounts ({cap})"


def is_first(tenant: TenantSettings) -> bool:
    """Whether nothing of the tenant is stored.

    Raises:
        DestinationError, WarehouseError: nobody knows, for it cannot be read.
    """
    if tenant.destination == "duckdb":
        return not store_file(tenant.folder).exists()
    return not is_used(tenant.name, tenant.folder, tenant.destination)


def precedents(tenant: TenantSettings, others: Sequence[TenantSettings]) -> list[Precedent]:
    """The first loads of those other tenants of which there is a copy to look into."""
    return [found for other in others if other.name != tenant.name and (found := _precedent(other)) and found.accounts]


def estimate(tenant: TenantSettings, found: Sequence[Precedent]) -> tuple[int, int] | None:
    """The fewest and the most requests of *found*, were they the tenant's; None without any.

    A row cap that is configured and is below the one seen there takes so many times the requests.
    """
    if not found:
        return None
    likely = [
        round(precedent.requests * (max(1.0, precedent.row_cap / tenant.row_cap) if tenant.row_cap else 1.0))
        for precedent in found
    ]
    return min(likely), max(likely)


def described(tenant: TenantSettings, found: Sequence[Precedent]) -> Iterator[str]:
    """Lines of 80 columns: what is not known, the least it takes, and what was seen elsewhere."""
    yield f"{tenant.name}: a first load; what it takes shows only while it reads"
    yield from _wrapped(f"not known: {', '.join(NOT_KNOWN)}")
    for line in _least([endpoint for endpoint in with_parents(tenant.resources, CATALOGUE) if endpoint.dates]):
        yield from _wrapped(line)
    for precedent in found:
        yield from _wrapped(f"elsewhere: {precedent}")
    if range_ := estimate(tenant, found):
        yield from _wrapped(f"so perhaps {range_[0]:,} to {range_[1]:,} requests{_minutes(tenant, range_)}")
    else:
        yield from _wrapped("no other tenant was loaded here, so there is no number to go by")


def _least(endpoints: Sequence[Endpoint]) -> Iterator[str]:
    """The fewest requests of each parent; the tables are named of accounts alone, which are most of it."""
    requests = Counter(endpoint.parent for endpoint in endpoints)
    if accounts := requests.pop("accounts", 0):
        tables = ", ".join(endpoint.name for endpoint in endpoints if endpoint.parent == "accounts")
        yield f"at least {counted(accounts, 'request')} an account: {tables}"
    if others := [f"{number} {_a(parent)}" for parent, number in requests.items()]:
        yield f"for the other tables at least {', '.join(others)}"


def _a(parents: str) -> str:
    """`a legal entity` of `legal_entities`."""
    noun = singular(parents.replace("_", " "))
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def minutes(tenant: TenantSettings, requests: int) -> float:
    """At the budget: the burst is free, the rest comes at the rate."""
    if not tenant.requests_per_minute:
        return 0.0
    return round(max(0, requests - tenant.burst) / tenant.requests_per_minute, 1)


def _minutes(tenant: TenantSettings, requests: tuple[int, int]) -> str:
    if not tenant.requests_per_minute:
        return ""
    few, many = (minutes(tenant, count) for count in requests)
    return f", {few} to {many} minutes at {tenant.requests_per_minute:,} a minute"


def _precedent(tenant: TenantSettings) -> Precedent | None:
    file = tenant.folder / "warehouse.duckdb"
    if tenant.destination != "duckdb" or not file.exists():
        return None
    with suppress(duckdb.Error), duckdb.connect(f"{file}", read_only=True) as connection:
        requests, accounts = connection.execute(FIRST_LOAD).fetchall()[0]
        if requests:
            return Precedent(
                tenant=tenant.name, requests=requests, accounts=accounts, row_cap=tenant.row_cap or _learned_cap(tenant)
            )
    return None


def _learned_cap(tenant: TenantSettings) -> int:
    state = _state(tenant)
    return max(Ledger.from_state(state).known_caps, default=0) if state else 0


def _state(tenant: TenantSettings) -> dict[str, object]:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return kept_state(pipeline_home(store_file(tenant.folder), tenant=tenant.name))
    with (
        suppress(duckdb.Error, WarehouseError),
        committed(tenant.name, tenant.folder, tenant.destination) as (_, state),
    ):
        return state
    return {}


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False)
