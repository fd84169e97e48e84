"""The objects that were walked against those in the warehouse: new, changed, returned, gone. One set operation a table.

An object counts as gone only where asking for it by its id says so (rule L2). What has no address of its own is gone
where its list was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import FIRST_SEEN, REMOVED, fact, key_of, name_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.reading.objects.walk import Listed

from ..warehouse.package import Rows
from ..warehouse.store import Store
from ..warehouse.warehouse import table_of
from .row_content import AS_IT_IS, Contents, stage_contents
from .row_hash import is_type, types_differ

KEPT_BY_US = (FIRST_SEEN.name, REMOVED.name)
Key = tuple[str, ...]


@dataclass(slots=True)
class Objects:
    """What to load for one table, and the counts of the contract."""

    rows: Rows
    counts: Counter[str]


@dataclass(slots=True)
class Comparison:
    """Compares table after table, parents first.

    Args:
        clients: only what hangs below these can be gone; empty: anything.
    """

    store: Store
    now: datetime
    clients: Collection[str] = ()
    _below: dict[str, set[str]] = field(default_factory=dict)  # what hangs below the chosen clients, or once did

    def compare(self, endpoint: Endpoint, listings: Sequence[Listed]) -> list[Objects]:
        """The endpoint's own table and its link tables.

        Args:
            listings: of this run, of this endpoint; one a parent.
        """
        listed = {own_id for listing in listings for own_id in listing.ids}
        stored = self._stored(endpoint.schema)
        old = {own_id for (own_id,) in _keys(_shown(stored), key_of(endpoint.schema)[:1])}
        if self.clients and endpoint.crawled:
            inside = self._below[endpoint.name] = self._inside(endpoint, stored)
            old &= inside
        lost = {own_id for own_id in old - listed if _is_gone(endpoint, own_id, listings)}
        answers = sorted((answer for listing in listings for answer in listing.answers), key=lambda one: one.fetched_at)
        own = self._differ(
            endpoint.schema,
            stored,
            [answer.batch for answer in answers],
            {(own_id,) for own_id in lost},
            parent_column=endpoint.parent_column,
        )
        return [own, *(self._parts(schema, listings, lost) for schema in endpoint.parts)]

    def _inside(self, endpoint: Endpoint, stored: pa.Table) -> set[str]:
        """Ids in the warehouse that hang below the chosen clients."""
        if not endpoint.parent:
            return set(self.clients)
        parents = self._below.get(endpoint.parent, set())
        rows = _keys(stored, (key_of(endpoint.schema)[0], endpoint.parent_column))
        return {own_id for own_id, parent in rows if parent in parents}

    def _parts(self, schema: pa.Schema, listings: Sequence[Listed], lost: set[str]) -> Objects:
        """A table of rows that belong to an object: its links, or the nodes of its tree."""
        name = name_of(schema)
        given = [answer for listing in listings for answer in listing.answers if name in answer.links]
        owners = {own_id for answer in given for own_id in answer.owners[name]} | lost
        here = {key for answer in given for key in _keys(answer.links[name], key_of(schema))}
        stored = self._stored(schema)
        gone = {key for key in _keys(_shown(stored), key_of(schema)) if key not in here and key[0] in owners}
        return self._differ(schema, stored, [answer.links[name] for answer in given], gone)

    def _stored(self, schema: pa.Schema) -> pa.Table:
        """What the warehouse has: the API's columns, and when each object was removed."""
        columns = [_read(column) for column in schema if column.name != FIRST_SEEN.name]
        return table_of(self.store.sql, f"SELECT {', '.join(columns)} FROM {self.store.rows(schema)}")

    def _differ(
        self,
        schema: pa.Schema,
        stored: pa.Table,
        batches: Sequence[pa.RecordBatch],
        gone: Collection[Key],
        *,
        parent_column: str = "",
    ) -> Objects:
        api_columns = pa.schema([field for field in schema if field.name not in KEPT_BY_US]).remove_metadata()
        fresh = pa.Table.from_batches(
            [self.store.holdable(batch, schema).cast(api_columns) for batch in batches], schema=api_columns
        )
        if not gone and _holds_all(_shown(stored).select(api_columns.names), fresh, key_of(schema)):
            nothing = Rows(schema=schema, data=schema.remove_metadata().empty_table())
            read = fresh.num_rows
            return Objects(nothing, Counter(read=read, added=0, modified=0, removed=0, unchanged=read))
        key = key_of(schema)
        ends = [pa.array(list(side), pa.string()) for side in zip(*gone, strict=True)] or [
            pa.array([], pa.string()) for _ in key
        ]
        sql = self.store.sql
        sql.register("fresh_in", _once(fresh, key, parent_column))
        sql.register("gone_in", pa.Table.from_arrays(ends, names=list(key)))
        sql.execute(_stage(self.store.rows(schema)))
        differs = _differs(schema, _stage_contents(sql, schema))
        data = table_of(sql, _changed(schema, differs), {"now": self.now}).cast(schema.remove_metadata())
        return Objects(Rows(schema=schema, data=data), self._count(schema, differs))

    def _count(self, schema: pa.Schema, differs: str) -> Counter[str]:
        [(read, added, modified, removed)] = self.store.sql.execute(_counted(schema, differs)).fetchall()
        return Counter(read=read, added=added, modified=modified, removed=removed, unchanged=read - added - modified)


def _read(column: pa.Field) -> str:
    return f"{column.name}::VARCHAR AS {column.name}" if fact(column, "json") else column.name


def _shown(stored: pa.Table) -> pa.Table:
    return stored.filter(pc.is_null(stored[REMOVED.name]))


def _is_gone(endpoint: Endpoint, own_id: str, listings: Sequence[Listed]) -> bool:
    """What no answer shows; whatever has a parent has an address of its own, too."""
    if endpoint.single:
        return any(own_id in listing.gone for listing in listings)
    return any(listing.complete for listing in listings)


def _keys(rows: pa.Table | pa.RecordBatch, columns: Sequence[str]) -> list[Key]:
    return [*zip(*(rows[name].to_pylist() for name in columns), strict=True)]


def _holds_all(shown: pa.Table, fresh: pa.Table, key: Sequence[str]) -> bool:
    """Whether each row of *fresh*, listed once, is among those *shown*, value for value: what differs is told apart."""
    places = {own_key: place for place, own_key in enumerate(_keys(shown, key))}
    found = [places.get(own_key, -1) for own_key in _keys(fresh, key)]
    if -1 in found or len(set(found)) < len(found):
        return False
    return bool(shown.take(pa.array(found, pa.int64())).cast(fresh.schema).equals(fresh))


def _once(fresh: pa.Table, key: Sequence[str], parent_column: str) -> pa.Table:
    """One row a key: of two contents that which came last (D8), of copies in several lists always the same one."""
    places: dict[Key, list[int]] = {}
    for place, own_key in enumerate(_keys(fresh, key)):
        places.setdefault(own_key, []).append(place)
    if len(places) == fresh.num_rows:
        return fresh
    return fresh.take(pa.array([_kept(fresh, each, parent_column) for each in places.values()], pa.int64()))


def _kept(fresh: pa.Table, places: Sequence[int], parent_column: str) -> int:
    if len(places) == 1:
        return places[0]
    rows = fresh.take(pa.array(places, pa.int64())).to_pylist()
    parents = [row.pop(parent_column, None) or "" for row in rows]
    return places[parents.index(min(parents))] if all(row == rows[0] for row in rows) else places[-1]


def _api_columns(schema: pa.Schema) -> list[str]:
    return [name for name in schema.names if name not in (*KEPT_BY_US, *key_of(schema))]


def _stage(committed: str) -> str:
    """`fresh`: one row a key. `old`: the warehouse's."""
    return f"CREATE OR REPLACE TEMP TABLE fresh AS FROM fresh_in; CREATE OR REPLACE TEMP VIEW old AS FROM {committed}"


def _differs(schema: pa.Schema, contents: Contents) -> str:
    """Whether a row that is here and was there says something else. Nested values are compared as text.

    Types at the other end of a relationship are compared where both sides know them: not every track gives them.
    """
    differing = [
        types_differ(f"f.{name}", f"o.{name}")
        if is_type(schema.field(name))
        else f"{_text(schema.field(name), 'f.', contents)} IS DISTINCT FROM {_text(schema.field(name), 'o.', contents)}"
        for name in _api_columns(schema)
    ]
    return f"coalesce({' OR '.join([*differing, 'o.removed_at IS NOT NULL'])}, false)"


def _text(column: pa.Field, table: str, contents: Contents) -> str:
    return f"{contents.of(column, table=table)}::VARCHAR"


def _stage_contents(sql: duckdb.DuckDBPyConnection, schema: pa.Schema) -> Contents:
    nested = [column for column in schema if fact(column, "json")]
    if not nested:
        return AS_IT_IS
    names = ", ".join(f"{column.name}::VARCHAR AS {column.name}" for column in nested)
    return stage_contents(sql, f"(SELECT {names} FROM fresh UNION ALL SELECT {names} FROM old)", nested)


def _joined(schema: pa.Schema) -> str:
    return f"fresh f LEFT JOIN old o USING ({', '.join(key_of(schema))})"


def _changed(schema: pa.Schema, differs: str) -> str:
    key = key_of(schema)
    fresh = {name: f"f.{name}" for name in schema.names} | {
        "first_seen_at": "coalesce(o.first_seen_at, $now)",
        "removed_at": "NULL::TIMESTAMPTZ",
    }
    lost = {name: f"o.{name}" for name in schema.names} | {"removed_at": "$now"}
    for column in schema:
        if fact(column, "json"):  # on its way to dlt JSON is text
            fresh[column.name], lost[column.name] = f"f.{column.name}::VARCHAR", f"o.{column.name}::VARCHAR"
    return (
        f"SELECT {_as(fresh)} FROM {_joined(schema)} WHERE o.{key[0]} IS NULL OR {differs} "
        f"UNION ALL SELECT {_as(lost)} FROM old o JOIN gone_in USING ({', '.join(key)}) WHERE o.removed_at IS NULL"
    )


def _as(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())


def _counted(schema: pa.Schema, differs: str) -> str:
    there = f"o.{key_of(schema)[0]} IS NOT NULL"
    return (
        f"SELECT count(*), count(*) FILTER (NOT ({there})), count(*) FILTER ({there} AND {differs}), "
        f"(SELECT count(*) FROM gone_in) FROM {_joined(schema)}"
    )
