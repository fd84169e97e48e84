"""What is published: the committed tables as an analyst sees them, views over them, and what tells a change of both.

A snapshot is read from a private store attached as `store`; nothing is written here but manifests.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

import duckdb
import msgspec
import pyarrow as pa

from schemas.table import fact, key_of, name_of
from schemas.views.view import View, possible

from ..warehouse.store import DATASET
from ..warehouse.warehouse import GONE

LAYOUT = 2  # of the copies: a higher number has every table written anew
DLT = "_dlt_"  # begins the names of dlt's own tables
NOBODY_DESCRIBED = "As the private warehouse has it: this version of aleta-sync does not know it"
Columns: TypeAlias = Mapping[str, str]  # name -> SQL type


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table as analysts see it.

    Args:
        sql: selects its rows and columns from the store.
        comment: of the table.
        comments: of each column, by name.
        as_stored: the store's table has just these columns, types and order, but for the mark of deleted rows.
        form: equal as long as columns, types and comments are.
    """

    name: str
    sql: str
    comment: str
    comments: Mapping[str, str]
    as_stored: bool
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that a copy may hold.

    Args:
        store: the file it is read from.
        state: that file's size and time of change: what is in it is the same as long as they are.
        views: for a copy that can run them; each comes after those it reads.
    """

    store: Path
    state: tuple[int, int]
    tables: Sequence[Table]
    views: Sequence[View] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy holds.

    Args:
        store: size and time of change, in ns, of the store it was made from.
        forms: of each table.
        views: a fingerprint of each.
        files: size and time of each file, by its relative path.
        fingerprints: of each table's form and rows, where somebody wants to know which tables changed.
    """

    store: tuple[int, int] = (-2, -2)
    forms: dict[str, str] = {}
    views: dict[str, str] = {}
    files: dict[str, tuple[int, int]] = {}
    fingerprints: dict[str, str] = {}

    @classmethod
    def read(cls, file: Path) -> Self:
        """An empty one, which describes no copy, where *file* is missing or damaged."""
        try:
            return msgspec.json.decode(file.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return cls()

    @classmethod
    def of(
        cls, content: Snapshot, files: Iterable[str], root: Path, fingerprints: Mapping[str, str] | None = None
    ) -> Self:
        return cls(
            store=content.state,
            forms=_forms(content),
            views=_views(content),
            files={name: _state(root / name) for name in files},
            fingerprints=dict(fingerprints or {}),
        )

    def write(self, file: Path) -> None:
        file.write_bytes(msgspec.json.encode(self))
        seal(file)

    def describes(self, content: Snapshot, root: Path) -> bool:
        """Whether the copy below *root* holds just this, in files that nobody touched since."""
        same = self.forms == _forms(content) and self.views == _views(content)
        return same and self.store == content.state and self.whole(root)

    def whole(self, root: Path) -> bool:
        """Whether nobody touched its files."""
        return all(self.intact(name, root) for name in self.files)

    def intact(self, name: str, root: Path) -> bool:
        return name in self.files and self.files[name] == _state(root / name)


def snapshot(
    connection: duckdb.DuckDBPyConnection, store: Path, schemas: Sequence[pa.Schema], views: Sequence[View] = ()
) -> Snapshot:
    """Of *store*, which is attached: each table of *schemas*, empty where it has none yet, and each that none knows.

    Of *views*, those that read what is known, and whose name no table has.
    """
    stored = _stored(connection)
    known = {name_of(schema): schema for schema in schemas}
    unknown = sorted(name for name in stored.keys() - known.keys() if not name.startswith(DLT))
    tables = [
        *(_known(schema, stored.get(name, {})) for name, schema in known.items()),
        *(_unknown(name, stored[name]) for name in unknown),
    ]
    free = [view for view in views if view.name not in {one.name for one in tables}]
    return Snapshot(store=store, state=_state(store), tables=tables, views=possible(free, known))


def fingerprint(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Equal as long as rows, columns, types and comments are; the order of rows says nothing. Reads the whole table."""
    row = f"hash({', '.join(map(identifier, table.comments))})"
    content = connection.execute(f"SELECT count(*), bit_xor({row}), sum({row}) FROM ({table.sql})").fetchone()
    return _digest(table.form, content)


def seal(path: Path) -> None:
    """Make a finished file or folder its owner's only (rule S1) and bring it to the disk.

    What belongs to another user keeps the rights that this one gave it: it is not ours to change.
    """
    if path.stat().st_uid == os.geteuid():
        path.chmod(0o700 if path.is_dir() else 0o600)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def identifier(name: str) -> str:
    """*name* as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_type(field: pa.Field) -> str:
    """The type of a column in the contract."""
    if fact(field, "json"):
        return "JSON"
    if pa.types.is_decimal(field.type):
        return f"DECIMAL({field.type.precision},{field.type.scale})"
    if pa.types.is_timestamp(field.type):
        return "TIMESTAMPTZ"
    return {pa.string(): "VARCHAR", pa.date32(): "DATE", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN"}[field.type]


def _stored(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The tables of the store, each with its columns."""
    found: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'store' AND schema_name = ? ORDER BY table_name, column_index",
        [DATASET],
    ).fetchall()
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = "TIMESTAMPTZ" if kind == "TIMESTAMP WITH TIME ZONE" else kind
    return found


def _known(schema: pa.Schema, stored: Columns) -> Table:
    return _table(
        name_of(schema),
        stored,
        {field.name: sql_type(field) for field in schema},
        comment=f"{fact(schema, 'description')}. Key: {', '.join(key_of(schema))}",
        comments={field.name: _described(field) for field in schema},
    )


def _unknown(name: str, stored: Columns) -> Table:
    columns = _without_mark(stored)
    comments = dict.fromkeys(columns, NOBODY_DESCRIBED)
    return _table(name, stored, columns, comment=NOBODY_DESCRIBED, comments=comments)


def _table(name: str, stored: Columns, columns: Columns, *, comment: str, comments: Mapping[str, str]) -> Table:
    sql = _select(name, stored, columns)
    return Table(
        name=name,
        sql=sql,
        comment=comment,
        comments=comments,
        as_stored=[*_without_mark(stored).items()] == [*columns.items()],
        form=_digest(sql, comment, sorted(comments.items())),
    )


def _without_mark(stored: Columns) -> Columns:
    return {column: kind for column, kind in stored.items() if column != GONE}


def _forms(content: Snapshot) -> dict[str, str]:
    return {one.name: one.form for one in content.tables}


def _views(content: Snapshot) -> dict[str, str]:
    return {one.name: _digest(one.statements()) for one in content.views}


def _digest(*said: object) -> str:
    return hashlib.sha256(repr([LAYOUT, duckdb.__version__, *said]).encode()).hexdigest()


def _select(name: str, stored: Columns, columns: Columns) -> str:
    """Exactly *columns*, null where the store does not have one yet; no row that a merge marked as gone."""
    values = {column: identifier(column) if column in stored else "NULL" for column in columns}
    wanted = ", ".join(f"{values[one]}::{kind} AS {identifier(one)}" for one, kind in columns.items())
    if not stored:
        return f"SELECT {wanted} WHERE false"
    here = f" WHERE {GONE} IS NOT TRUE" if GONE in stored else ""
    return f"SELECT {wanted} FROM store.{DATASET}.{identifier(name)}{here}"


def _described(field: pa.Field) -> str:
    unit = fact(field, "unit")
    return f"{fact(field, 'description')} [{unit}]" if unit else fact(field, "description")


def _state(file: Path) -> tuple[int, int]:
    """Size and time of change; of a file that is not there, what no file has."""
    try:
        found = file.stat()
    except OSError:
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)
