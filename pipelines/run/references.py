"""Which objects the warehouse names: those that rows name, and those that lists showed last."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.table import key_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint

from ..warehouse.store import Store
from .fetching import Known


def known(store: Store, endpoints: Sequence[Endpoint]) -> Known:
    """For each of *endpoints* that has no list, the ids that rows name; of the others, what the API showed last."""
    found = Known()
    for endpoint in endpoints:
        if endpoint.named_in:
            places = [place.split(".") for place in endpoint.named_in]
            named = [store.distinct(CATALOGUE[table].schema, column) for table, column in places]
            found.named[endpoint.name] = set[str]().union(*named)
            found.shown[endpoint.name] = store.distinct(endpoint.schema, "id", shown=True)
        elif endpoint.crawled and store.columns(endpoint.schema):
            parent = endpoint.parent_column or "''"
            read = [key_of(endpoint.schema)[0], *filter(None, [endpoint.parent_column]), "removed_at"]
            rows = store.rows(endpoint.schema, read)
            sql = f"SELECT {key_of(endpoint.schema)[0]}, {parent} FROM {rows} WHERE removed_at IS NULL"
            found.members[endpoint.name] = dict(store.sql.execute(sql).fetchall())
    return found
