"""Moves values from `extra` into a column that is new in a schema, in rows that are stored already.

Without this the next full read would report every such row as modified, though nothing changed upstream. Nothing is
fetched. The feed of changes is history and keeps its rows as they were written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import pyarrow as pa
from msgspec import Raw

from schemas.ledger import SYNC_DRIFT
from schemas.table import EXTRA, ROW_HASH, answered, fact, key_of, name_of
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import Resource

from ...ledger.ledger import Ledger, PromotionState
from ...warehouse.package import GONE, Rows, with_mark
from ...warehouse.store import Store, plain_type
from ...warehouse.warehouse import Warehouse, table_of
from ..row_content import stage_contents
from ..row_hash import row_hash

ROWS = 50_000  # of one package (rule C5)
_members = msgspec.json.Decoder(dict[str, Raw])


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """New columns of one table.

    Args:
        names: what the API calls them: the members of `extra` that they take over.
    """

    schema: pa.Schema
    columns: tuple[str, ...]
    names: frozenset[str]
    after: tuple[str, ...] = ()  # the key of the last row that was looked at


def promotions(store: Store, tables: Sequence[pa.Schema], begun: Mapping[str, PromotionState]) -> list[Promotion]:
    """The tables that are here and lack columns of their schema which the API fills.

    Args:
        store: what is committed.
        tables: the schemas of this version.
        begun: by table, what was not brought to its end. No row is looked at twice: what a column could not hold is
            kept as text then, and would pass for one.
    """
    found = []
    for schema in tables:
        there, half_done = store.columns(schema), begun.get(name_of(schema), PromotionState())
        new = [
            field
            for field in schema
            if fact(field, "api") and (field.name in half_done.columns or field.name not in there)
        ]
        if new and EXTRA.name in there:
            names = frozenset(_api_name(path) for field in new for path in fact(field, "api").split())
            columns = tuple(field.name for field in new)
            found.append(Promotion(schema=schema, columns=columns, names=names, after=half_done.after))
    return found


def promote(warehouse: Warehouse, ledger: Ledger, tables: Sequence[pa.Schema]) -> Mapping[str, int]:
    """Bring the rows of *tables* up to their schemas, a package at a time; how many of each table were rewritten.

    The next run continues where a killed one stopped.
    """
    done: dict[str, int] = {}
    _forget_drift(warehouse, ledger, tables)
    with warehouse.open() as store:
        todo = promotions(store, tables, ledger.promoting)
    ledger.promoting = {
        name_of(promotion.schema): PromotionState(columns=promotion.columns, after=promotion.after)
        for promotion in todo
    }
    for promotion in todo:
        name = name_of(promotion.schema)
        for rows, after in _packages(warehouse, promotion):
            ledger.promoting[name] = PromotionState(columns=promotion.columns, after=after)
            if not after:
                del ledger.promoting[name]
            warehouse.write([rows], ledger.to_state())
            done[name] = done.get(name, 0) + rows.data.num_rows
        ledger.promoting.pop(name, None)
    return done


def _forget_drift(warehouse: Warehouse, ledger: Ledger, tables: Sequence[pa.Schema]) -> None:
    """Remove drift entries of attributes that have a column now."""
    known = sorted(_known_by_now(ledger.drift, tables))
    for name in known:
        del ledger.drift[name]
    if known:
        resources, names = zip(*(name.split(".", 1) for name in known), strict=True)
        blank = with_mark(SYNC_DRIFT).empty_table()
        gone = pa.table({"resource": resources, "name": names, GONE: [True] * len(known)})
        data = pa.concat_tables([blank, gone], promote_options="default")
        warehouse.write([Rows(schema=SYNC_DRIFT, data=data, deletes=True)], ledger.to_state())


def _packages(warehouse: Warehouse, promotion: Promotion) -> Iterator[tuple[Rows, tuple[str, ...]]]:
    """The rows whose `extra` still holds what a column is there for, rewritten; in the order of their keys.

    With each package the key of its last row; nothing, where no more rows follow.
    """
    after = promotion.after
    while True:
        with warehouse.open() as store:
            kept = _kept(store, promotion, after)
            moved = _moved(kept, promotion)
            store.sql.register("moved", moved)
            data = table_of(store.sql, _rewritten(store, promotion))
        more = kept.num_rows == ROWS
        after = tuple(kept[name][-1].as_py() for name in key_of(promotion.schema)) if more else ()
        if data.num_rows:
            target = with_mark(promotion.schema)
            yield Rows(schema=promotion.schema, data=data.cast(target), deletes=True), after
        if not more:
            return


def _kept(store: Store, promotion: Promotion, after: tuple[str, ...]) -> pa.Table:
    """Keys and `extra`, from behind the key *after*."""
    key = ", ".join(key_of(promotion.schema))
    has = " OR ".join(f"json_exists(extra, '$.\"{name}\"')" for name in sorted(promotion.names))
    behind = f" AND ({key}) > ({', '.join(f'${place + 1}' for place in range(len(after)))})" if after else ""
    return table_of(
        store.sql,
        f"SELECT {key}, extra::VARCHAR AS extra FROM {store.rows(promotion.schema)} WHERE ({has}){behind} "
        f"ORDER BY {key} LIMIT {ROWS}",
        list(after) if after else None,
    )


def _moved(kept: pa.Table, promotion: Promotion) -> pa.Table:
    """Key, new columns and the rest of `extra`, of the rows where something moves."""
    part = pa.schema(
        [*(promotion.schema.field(name) for name in promotion.columns), promotion.schema.field(EXTRA.name)]
    )
    before = kept[EXTRA.name].to_pylist()
    page = [_resource(text, promotion) for text in before]
    batch = decode(page, schema=part).batch
    changed = [old != new for old, new in zip(before, batch[EXTRA.name].to_pylist(), strict=True)]
    table = pa.Table.from_batches([batch]).rename_columns([f"new_{name}" for name in batch.schema.names])
    for name in key_of(promotion.schema):
        table = table.append_column(name, kept[name])
    return table.filter(pa.array(changed, pa.bool_()))


def _resource(text: str, promotion: Promotion) -> Resource:
    """The members of `extra` as the API gave them: each is an attribute or a relationship, as the schema has it."""
    members = _members.decode(text)
    related = {name: members[name] for name in _relationships(promotion) & members.keys()}
    rest = {name: raw for name, raw in members.items() if name not in related}
    return Resource(type="-", id="-", attributes=_object(rest), relationships=_object(related))


def _object(parts: Mapping[str, Raw]) -> Raw:
    return Raw(msgspec.json.encode(parts))


def _relationships(promotion: Promotion) -> set[str]:
    paths = [path for name in promotion.columns for path in fact(promotion.schema.field(name), "api").split()]
    return {_api_name(path) for path in paths if path.startswith("relationships/")}


def _api_name(path: str) -> str:
    """`attributes/fund/strategy` -> `fund`."""
    return path.split("/")[1] if "/" in path else path


def _rewritten(store: Store, promotion: Promotion) -> str:
    """The whole rows, with the columns filled, `extra` without what went there, and another hash."""
    committed, said = store.rows(promotion.schema), answered(promotion.schema)
    taken = {*promotion.columns, EXTRA.name}
    columns = ", ".join(_column(field, taken) for field in promotion.schema if field.name != ROW_HASH.name)
    using = ", ".join(key_of(promotion.schema))
    rows = f"(SELECT {columns} FROM {committed} s JOIN moved m USING ({using}))"
    hashed = {ROW_HASH.name: row_hash(said, stage_contents(store.sql, rows, said))}
    wanted = ", ".join(f"{hashed.get(name, name)} AS {name}" for name in promotion.schema.names)
    return f"SELECT {wanted}, false AS {GONE} FROM {rows}"


def _column(field: pa.Field, taken: set[str]) -> str:
    source = f"m.new_{field.name}" if field.name in taken else f"s.{field.name}"
    return f"{source}::{plain_type(field)} AS {field.name}"


def _known_by_now(drift: Mapping[str, object], tables: Sequence[pa.Schema]) -> Iterator[str]:
    """What was once drift (`table.name`), and has a column now."""
    named = {
        f"{name_of(schema)}.{_api_name(path)}"
        for schema in tables
        for field in schema
        for path in fact(field, "api").split()
    }
    yield from (name for name in drift if name in named)
