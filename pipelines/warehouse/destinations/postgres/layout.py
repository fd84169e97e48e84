"""What an analyst finds in PostgreSQL beside the rows: every table, also an empty one, comments, indexes and views.

It is made when a package is committed, and told from what is there by one query: a night that changes nothing of it
costs no more.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
from dlt.destinations.exceptions import DatabaseException

from schemas.table import column_comment_of, comment_of, key_of, name_of, sql_type
from schemas.tables import TABLES
from schemas.views import postgres as in_postgres
from schemas.views.postgres import MADE
from schemas.views.view import View, literal, possible
from schemas.views.views import VIEWS

from ...package import GONE
from ..connection import Client
from ..lease import DESCRIPTION as LEASE_COMMENT
from ..lease import TABLE as LEASE
from .indexes import indexed, name_for

log = logging.getLogger(__name__)

VERSION = 1  # of what is made here and is no text below
LOCK_S = 10  # a reader of a view may keep it from being replaced for so long; the next run tries again
SAYS = "Kept by aleta-sync; views {views}; layout {digest}"  # of the dataset, as its comment
SAID = re.compile(r"Kept by aleta-sync; views (.*); layout (\w+)")
GONE_COMMENT = "Marks rows that a merge deletes: never true in a row that is there [aleta-sync's own]"

THERE = """
    SELECT relname::text, relkind::text,
        array(SELECT attname::text FROM pg_attribute
            WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum),
        coalesce(obj_description(oid, 'pg_class'), '')
    FROM pg_class WHERE relnamespace = to_regnamespace(%s)
    UNION ALL
    SELECT proname || '()', prokind::text, '{}', coalesce(obj_description(oid, 'pg_proc'), '')
    FROM pg_proc WHERE pronamespace = to_regnamespace(%s)"""
ORDINARY, VIEW, FUNCTION = "r", "v", "f"
COMMENT = "SELECT obj_description(to_regnamespace(%s), 'pg_namespace')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What is in a dataset now.

    Args:
        name: quoted.
        kinds: of each relation; of a function `f`, under its name with `()`.
        columns: of each relation.
        views: those that were made here, and may be replaced: their comments say so. Older versions listed them in that
            of the schema, and gave each a comment, as nobody does who puts a view of his own in the place of one.
        digest: of what was made last.
    """

    name: str
    kinds: Mapping[str, str]
    columns: Mapping[str, Sequence[str]]
    views: frozenset[str]
    digest: str


def lay_out(client: Client) -> None:
    """Make what is missing, and replace what an older version made.

    Raises:
        DatabaseException: the database refuses; rows are what they were.
    """
    there = _read(client)
    if there.digest == _digest(there):
        return
    with _transaction(client):
        client.execute_sql("; ".join(_tables(there)))
    with _transaction(client):
        client.execute_sql("; ".join(_comments(_read(client))))
    try:
        _make_views(client, replaces=False)
    except DatabaseException as error:  # columns of a view are others than they were
        log.debug("views are dropped and made anew: %s", error)
    else:
        return
    _make_views(client, replaces=True)


@contextmanager
def _transaction(client: Client) -> Iterator[None]:
    with client.begin_transaction():
        client.execute_sql(f"SET LOCAL lock_timeout = '{LOCK_S}s'")
        yield


def _make_views(client: Client, *, replaces: bool) -> None:
    """All of them, and the word that they are there; *replaces*: the old ones are dropped first."""
    there = _read(client)
    with _transaction(client):
        if replaces:
            old = [view for view in reversed(VIEWS) if _key(view) in there.views]
            client.execute_sql("; ".join([in_postgres.drop(view, there.name) for view in old] or ["SELECT 1"]))
        client.execute_sql("; ".join(_view_statements(there)))
        made = _read(client)
        said = SAYS.format(views=" ".join(sorted(made.views)), digest=_digest(made))
        client.execute_sql(f"COMMENT ON SCHEMA {made.name} IS {literal(said)}")


def _read(client: Client) -> Dataset:
    name = client.fully_qualified_dataset_name()
    found = client.execute_sql(THERE, name, name) or ()
    comment = (client.execute_sql(COMMENT, name) or [("",)])[0][0]
    said = SAID.fullmatch(comment or "")
    listed = said[1].split() if said else ()
    return Dataset(
        name=name,
        kinds={relation: kind for relation, kind, *_ in found},
        columns={relation: columns for relation, _, columns, _ in found},
        views=frozenset(
            relation
            for relation, kind, _, comment in found
            if kind in {VIEW, FUNCTION} and (comment.endswith(MADE) or (comment and relation in listed))
        ),
        digest=said[2] if said else "",
    )


def _digest(there: Dataset) -> str:
    """Equal as long as what is there is what would be made of it."""
    made = [*_tables(there), *_comments(there), *_view_statements(there)]
    what = [VERSION, sorted(there.kinds.items()), sorted(there.columns.items()), made]
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def _tables(there: Dataset) -> Iterator[str]:
    """What creates tables as dlt would, where nothing was loaded yet, and the indexes of all."""
    columns = indexed()
    for schema in TABLES:
        name = name_of(schema)
        place = f"{there.name}.{name}"
        if name not in there.kinds:
            typed = ", ".join(_column(field, key=key_of(schema)) for field in schema)
            yield f"CREATE TABLE IF NOT EXISTS {place} ({typed})"
        known = there.columns.get(name, schema.names)
        for column in columns[name]:
            if column in known and there.kinds.get(name, ORDINARY) == ORDINARY:
                yield f"CREATE INDEX IF NOT EXISTS {name_for(name, column)} ON {place} ({column})"


def _comments(there: Dataset) -> Iterator[str]:
    for schema in TABLES:
        name = name_of(schema)
        if there.kinds.get(name) != ORDINARY:
            continue
        place = f"{there.name}.{name}"
        yield f"COMMENT ON TABLE {place} IS {literal(comment_of(schema))}"
        comments = {field.name: column_comment_of(field) for field in schema} | {GONE: GONE_COMMENT}
        for column in there.columns[name]:
            if column in comments:
                yield f'COMMENT ON COLUMN {place}."{column}" IS {literal(comments[column])}'
    if LEASE in there.kinds:
        yield f"COMMENT ON TABLE {there.name}.{LEASE} IS {literal(LEASE_COMMENT)}"


def _views(there: Dataset) -> Sequence[View]:
    """Those whose tables are there and whose name is free, or was given to the view here."""
    free = [view for view in VIEWS if _key(view) not in there.kinds or _key(view) in there.views]
    return possible(free, [name for schema in TABLES if there.kinds.get(name := name_of(schema)) == ORDINARY])


def _key(view: View) -> str:
    return f"{view.name}()" if view.takes else view.name


def _view_statements(there: Dataset) -> Sequence[str]:
    views = [statement for view in _views(there) for statement in in_postgres.statements(view, there.name)]
    return [in_postgres.PRODUCT.format(schema=there.name), *views]


def _column(field: pa.Field, *, key: Sequence[str]) -> str:
    """A column as dlt makes it."""
    unique = " UNIQUE" if (field.name,) == tuple(key) else ""
    return f'"{field.name}" {sql_type(field)}{unique}{" NOT NULL" if field.name in key else ""}'
