"""Everything that Aleta computes or stores as a series: one row each, and its JSON:API objects. Pure.

A new resource is a row here, a generator of its items, and an attribute of `Truth`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...settings import SandboxSettings
from ...world import limits
from ...world.amounts import noise
from ...world.jsontext import Document, Json, inner, linkage
from ...world.rows import iso
from ..tenant import TenantState
from . import holdings, performance, series
from .resource import Dates, Item, Key, Resource, Selection

LONG_AGO = 1
RENAMED = {
    "instrument": "asset",
    "instrumentClass": "assetClass",
    "instrumentClassDetailed": "assetClassDetailed",
    "instruments": "assets",
    "instrumentClasses": "assetClasses",
    "instrumentClassesDetailed": "assetClassesDetailed",
}
"""Names of 2026 -> names of 2025, of relationships and of the words of `expand`."""


def limit_status(state: TenantState, selection: Selection) -> Iterator[Item]:
    """The status of one limit on one day."""
    if state.computed_from <= selection.first <= state.today:
        yield Item(
            key=(selection.owner, iso(selection.first)),
            day=selection.first,
            type="limit-status",
            attributes={
                "date": iso(selection.first),
                **limits.status(selection.owner, selection.first, plain=state.ordinary),
            },
            relations={"limit": linkage("limit", selection.owner)},
        )


_TABLE = (
    Resource(
        name="holdings",
        path="/v2/holdings/reporting-entities/{id}",
        owner="reporting_entities",
        dates=Dates.SPAN,
        rows=holdings.holdings,
        contested=True,
        expands=True,
    ),
    Resource(
        name="instrument_holdings",
        path="/v3/instrument-holdings/reporting-entities/{id}",
        owner="reporting_entities",
        dates=Dates.SPAN,
        rows=holdings.instrument_holdings,
    ),
    Resource(
        name="custodian_holdings",
        path="/v2/custodian-holdings/legal-entities/{id}",
        owner="legal_entities",
        dates=Dates.DAY,
        rows=holdings.custodian_holdings,
    ),
    Resource(
        name="performance",
        path="/v2/performance/reporting-entities/{id}",
        owner="reporting_entities",
        dates=Dates.SPAN,
        rows=performance.performance,
        expands=True,
    ),
    Resource(
        name="private_market_performance",
        path="/v2/performance/reporting-entities/{id}/private-markets",
        owner="reporting_entities",
        dates=Dates.DAY,
        rows=performance.private_markets,
    ),
    Resource(
        name="limit_status",
        path="/v2/limits/{id}/status",
        owner="limits",
        dates=Dates.DAY,
        rows=limit_status,
        single=True,
    ),
    Resource(
        name="prices",
        path="/v3/instruments/{id}/prices",
        owner="instruments",
        dates=Dates.OPTIONAL,
        rows=series.rows_of(series.PRICES),
    ),
    Resource(
        name="interest_rates",
        path="/v3/instruments/{id}/interest-rates",
        owner="instruments",
        dates=Dates.NONE,
        rows=series.rows_of(series.INTEREST_RATES),
    ),
    Resource(
        name="index_factors",
        path="/v3/instruments/{id}/index-factors",
        owner="instruments",
        dates=Dates.NONE,
        rows=series.rows_of(series.INDEX_FACTORS),
    ),
    Resource(
        name="net_asset_values",
        path="/v3/instruments/{id}/net-asset-values",
        owner="instruments",
        dates=Dates.NONE,
        rows=series.rows_of(series.NET_ASSET_VALUES),
    ),
)
RESOURCES: Mapping[str, Resource] = {resource.name: resource for resource in _TABLE}


def document(item: Item, settings: SandboxSettings) -> Document:
    """The JSON:API object of *item*, without `id` where the id means nothing."""
    ident: Document = {"id": item.id} if item.id else {}
    names = "asset" if item.type == "custodian-holding" and settings.names == "instrument" else settings.names
    relations: Document = {"relationships": renamed(item.relations, names, item.key)} if item.relations else {}
    return {"type": item.type, **ident, "attributes": item.attributes, **relations}


def renamed(relations: Document, names: str, key: Key) -> Document:
    """*relations* under the names of 2026 (`instrument`), of 2025 (`asset`) or by chance either (`mixed`)."""
    if names == "instrument" or (names == "mixed" and noise(*key, "names") % 2):
        return relations
    return {RENAMED.get(name, name): _retyped(name, link) for name, link in relations.items()}


def _retyped(name: str, link: Json) -> Json:
    """The generic type at the other end is of the same year as the name."""
    if name != "instrument" or not isinstance(link, dict):
        return link
    return linkage("asset", str(inner(link, "data")["id"]))


def everything(state: TenantState, resource: Resource, expand: tuple[str, ...] = ()) -> Iterator[Item]:
    """Every row of *resource* that any request can return; values accumulate from the first day."""
    for owner in state.every(resource.owner):
        for first, last in _requests(state, resource):
            yield from resource.rows(state, Selection(owner=owner.id, first=first, last=last, expand=expand))


def _requests(state: TenantState, resource: Resource) -> Iterator[tuple[int, int]]:
    if resource.dates is not Dates.DAY:
        yield LONG_AGO, state.today
        return
    for day in range(state.computed_from, state.today + 1):
        yield day, day
