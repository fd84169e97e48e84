"""Which objects the committed rows name, and which of them the API showed last."""

from __future__ import annotations

from collections.abc import Sequence

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint

from ..warehouse.store import Store
from .fetching import Known


def known(store: Store, endpoints: Sequence[Endpoint]) -> Known:
    """For each of *endpoints* that has no list: the ids that rows of whatever endpoint name."""
    found = Known()
    for endpoint in endpoints:
        if endpoint.named_in:
            places = [place.split(".") for place in endpoint.named_in]
            named = [store.distinct(CATALOGUE[table].schema, column) for table, column in places]
            found.named[endpoint.name] = set[str]().union(*named)
            found.shown[endpoint.name] = store.distinct(endpoint.schema, "id", shown=True)
    return found
