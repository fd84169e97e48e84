"""The columns that have an index in PostgreSQL: parents and dates, by which the sync and analysts look for rows. Pure.

A key of one column has an index already: dlt makes it unique.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from schemas.ledger import SYNC_WINDOWS
from schemas.table import key_of, name_of
from schemas.tables import TABLES
from schemas.transactions import TRANSACTION_CHANGES, TRANSACTIONS
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint

LONGEST = 63  # of a name
OWN = {
    name_of(TRANSACTIONS): ("changed_at",),
    name_of(TRANSACTION_CHANGES): ("id", "changed_at"),
    name_of(SYNC_WINDOWS): ("parent_id", "fetched_at"),
}


def indexed() -> Mapping[str, tuple[str, ...]]:
    """The columns of each table, by its name."""
    found = {name_of(schema): dict.fromkeys(OWN.get(name_of(schema), ())) for schema in TABLES}
    for endpoint in CATALOGUE.values():
        found[name_of(endpoint.schema)] |= dict.fromkeys(_of(endpoint))
        for part in endpoint.parts:
            found[name_of(part)] |= dict.fromkeys(key_of(part) if len(key_of(part)) > 1 else ())
    return {table: tuple(columns) for table, columns in found.items()}


def _of(endpoint: Endpoint) -> Iterator[str]:
    names = (*endpoint.owners, *(endpoint.dates.columns if endpoint.dates else ()))
    return (name for name in names if name and (name,) != key_of(endpoint.schema))


def name_for(table: str, column: str) -> str:
    """A name for the index, its own in the dataset."""
    name = f"ix_{table}_{column}"
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
