"""Which objects the warehouse names: those that rows name, and those that lists showed last."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.table import key_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint

from ..warehouse.store import Store
from .fetching import Known

NO_PARENT = "''"


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
            key, parent = key_of(endpoint.schema)[0], endpoint.parent_column
            rows = store.rows(endpoint.schema, [key, *filter(None, [parent]), "removed_at"])
            sql = f"SELECT {key}, {parent or NO_PARENT} FROM {rows} WHERE removed_at IS NULL"
            found.members[endpoint.name] = dict(store.sql.execute(sql).fetchall())
    return found
