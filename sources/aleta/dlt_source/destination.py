"""What dlt is told of our tables, as the destination needs it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias, cast

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.common.destination.capabilities import DestinationCapabilitiesContext
from dlt.common.schema.typing import TColumnSchema, TTableFormat, TWriteDispositionConfig
from dlt.extract import DltResource
from dlt.extract.items import DataItemWithMeta

from schemas.table import answered, key_of, name_of

from ..catalogue.endpoint import Endpoint
from .merging import Merge, OncePerKey, merge_of, refuse_others
from .receipts import WINDOWS, WINDOWS_NAME
from .tables import LATEST, api_columns, hints, with_digits

NO_DECIMALS = "sqlite"  # dlt would store them as floats
Change: TypeAlias = Callable[[str, pa.Table], pa.Table]
"""Of the rows of a table, by its name."""


def describe(
    resource: DltResource, endpoint: Endpoint, merge: Merge = Merge.DELETE_INSERT, *, form: TTableFormat | None = None
) -> None:
    """Say what the tables of *endpoint* are.

    The resource's own table comes last: dlt copies existing hints into each further table.
    """
    _describe(resource, WINDOWS, merge, form, table_name=WINDOWS_NAME)
    for part in endpoint.parts:
        _describe(resource, api_columns(part), merge, form, table_name=name_of(part))
    _describe(resource, answered(endpoint.schema), merge, form)


def _describe(
    resource: DltResource, schema: pa.Schema, merge: Merge, form: TTableFormat | None, *, table_name: str | None = None
) -> None:
    merged = bool(key_of(schema))
    newest = LATEST if merged and merge is Merge.DELETE_INSERT else {}
    disposition: TWriteDispositionConfig = {"disposition": "merge", "strategy": merge.value} if merged else "append"
    resource.apply_hints(
        table_name=table_name,
        write_disposition=disposition,
        primary_key=list(key_of(schema)) or None,
        columns=cast("dict[str, TColumnSchema]", hints(schema) | newest),
        table_format=form,
        create_table_variant=table_name is not None,
    )


def fitted(endpoint: Endpoint, items: Iterable[Any]) -> Iterator[Any]:
    """*items* of a resource that is being extracted, and its hints, as the destination needs them.

    Raises:
        NoMergeError: before the first of *items* is asked for: the destination cannot merge, or is told not to.
    """
    if DestinationCapabilitiesContext not in Container():  # somebody iterates, and loads nothing
        yield from items
        return
    resource = _own(endpoint)
    capabilities = Container()[DestinationCapabilitiesContext]
    table, strategies = resource.compute_table_schema(), capabilities.supported_merge_strategies or ()
    if capabilities.merge_strategies_selector:
        strategies = capabilities.merge_strategies_selector(strategies, table_schema=table)
    name = dlt.current.pipeline().destination.destination_name
    merge, asked = Merge.UPSERT, ""
    if key_of(endpoint.schema):
        asked = f"{table.get('x-merge-strategy') or ''}"
        refuse_others(table.get("write_disposition"), asked, table=endpoint.name)
        merge = merge_of(strategies, asked=asked, table=endpoint.name, destination=name)
    replaced = table.get("write_disposition") == "replace"  # of rows that come twice, dlt would keep both
    logging.getLogger("dlt").addFilter(_is_news)
    if not replaced and (merge is Merge.UPSERT or merge != asked):
        describe(resource, endpoint, merge, form=table.get("table_format"))
    changes: list[Change] = []
    if merge is Merge.UPSERT or replaced:
        changes.append(
            OncePerKey({name_of(schema): key_of(schema) for schema in (endpoint.schema, *endpoint.parts)}).of
        )
    if capabilities.sqlglot_dialect == NO_DECIMALS:
        changes.append(lambda _, rows: with_digits(rows))
    for item in items:
        yield _changed(item, endpoint.name, changes)


def _own(endpoint: Endpoint) -> DltResource:
    """The resource that is being extracted.

    Raises:
        ValueError: it has another name, by which the others cannot know it.
    """
    resources = dlt.current.source().resources
    if endpoint.name not in resources:
        raise ValueError(
            f"{endpoint.name}: with_name gives the resource a name that the others do not know. Leave it out; "
            f'apply_hints(table_name="...") puts the rows into another table'
        )
    return resources[endpoint.name]


def _changed(item: Any, table: str, changes: Iterable[Change]) -> Any:  # noqa: ANN401 - whatever a resource yields
    if item is None:
        return None
    named = isinstance(item, DataItemWithMeta)
    name, rows = (item.meta.table_name, item.data) if named else (table, item)
    for change in changes:
        rows = change(name, rows)
    if named:
        item.data = rows
        return item
    return rows


def _is_news(record: logging.LogRecord) -> bool:
    """Of each batch dlt warns that JSON is text in Arrow, where there is no such type. It is so in all of them."""
    return "when merging arrow schema with dlt schema" not in f"{record.msg}"
