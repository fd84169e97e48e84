"""A package against the warehouse: added, modified, removed, unchanged (rules D2 to D5). One set operation each.

Nothing is fetched and nothing is written here: rows come in as Arrow, what is to be loaded goes out as Arrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from schemas.table import answered, key_of
from schemas.transactions import TRANSACTION_CHANGES
from sources.aleta.endpoint import Endpoint
from sources.aleta.windows import Window

from .store import Slice, Store, sql_type
from .warehouse import GONE, Rows, table_of

KEPT_BY_US = ("first_seen_at", "changed_at", "row_hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What this run has proven of one parent, up to and with this package.

    Args:
        span: read without a gap in this run.
        new_from: the first day that this package adds to it: what lies before was compared by an earlier package.
        covered: what was covered before this run began; None at a first load.
        first_load: its history was never read whole: what is added is no news.
    """

    parent_id: str
    span: Window
    new_from: date
    covered: Window | None
    first_load: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """More rows of one parent gone at once than `max_removed_share` allows: not removed."""

    parent_id: str
    gone: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What a package changes."""

    rows: Rows
    changes: Rows | None  # where the endpoint has a feed, or everything is to be told
    counts: Counter[str]
    suspicions: Sequence[Suspicion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Whose differences these are.

    Args:
        tells_all: each change is described, also where no feed keeps it.
        distrusts: what the warehouse has is hashed anew: a row is not taken for what its `row_hash` says.
    """

    run_id: str
    now: datetime
    max_removed_share: float
    tells_all: bool = False
    distrusts: bool = False


def differences(
    store: Store,
    endpoint: Endpoint,
    batches: Sequence[pa.RecordBatch],
    proven: Sequence[Proven],
    *,
    seen_before: Iterable[str],
    run: Run,
) -> Differences:
    """Compare the rows of one package with the warehouse.

    Args:
        store: what is committed.
        batches: the API's part of the schema, in the order they were fetched; one id may be in several (D5).
        seen_before: ids that earlier packages of this run brought and whose dates reach into this one.
    """
    return _Comparison(store, endpoint, run).compare(batches, proven, seen_before)


class _Comparison:
    def __init__(self, store: Store, endpoint: Endpoint, run: Run) -> None:
        self.store = store
        self.sql = store.sql
        self.endpoint = endpoint
        self.run = run
        self.schema = endpoint.schema
        self.said = answered(endpoint.schema).names
        self.key = key_of(endpoint.schema)[0]
        self.parents = endpoint.owners
        self.dates = endpoint.dates.columns if endpoint.dates else ()

    def compare(
        self, batches: Sequence[pa.RecordBatch], proven: Sequence[Proven], seen_before: Iterable[str]
    ) -> Differences:
        self._take_in(batches, proven, seen_before)
        self._stage(proven)
        suspicions = self._suspicions()
        told = self._changes() if self.endpoint.feed or self.run.tells_all else None
        return Differences(rows=self._rows(), changes=told, counts=self._counts(), suspicions=suspicions)

    def _take_in(self, batches: Sequence[pa.RecordBatch], proven: Sequence[Proven], seen_before: Iterable[str]) -> None:
        schema = answered(self.schema).remove_metadata()
        incoming = pa.Table.from_batches([batch.cast(schema) for batch in batches], schema=schema)
        order = pa.array(range(incoming.num_rows), pa.int64())
        self.sql.register("incoming", incoming.append_column("fetched_as", order))
        self.sql.register("proven", _table(proven))
        self.sql.register("seen_before", pa.table({"id": pa.array(list(seen_before), pa.string())}))

    def _stage(self, proven: Sequence[Proven]) -> None:
        """`fresh`: one row an id, hashed. `known`: what the warehouse has of them, and of what is proven."""
        self.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT * EXCLUDE (fetched_as), {row_hash(self.said)} AS row_hash "
            f"FROM incoming QUALIFY row_number() OVER (PARTITION BY {self.key} ORDER BY fetched_as DESC) = 1"
        )
        kept = list(dict.fromkeys([self.key, *self.parents, *self.dates, "first_seen_at"]))
        read = [*(self.said if self.run.distrusts else []), *kept, "row_hash"]
        committed = self.store.rows(self.schema, read, [*self._of_proven(proven), self._by_key("fresh")])
        self.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE known AS SELECT {', '.join(kept)}, {self._stored_hash()} AS row_hash "
            f"FROM {committed} WHERE {self.key} IN "
            f"(SELECT {self.key} FROM fresh) OR "
            + " OR ".join(f"{one} IN (SELECT parent_id FROM proven)" for one in self.parents)
        )
        self.sql.execute(f"CREATE OR REPLACE TEMP TABLE missed AS {self._missed()}")

    def _stored_hash(self) -> str:
        """What a stored row says it is; nothing that any row is, where that is not what it holds."""
        return f"if(row_hash = {row_hash(self.said)}, row_hash, '')" if self.run.distrusts else "row_hash"

    def _of_proven(self, proven: Sequence[Proven]) -> Iterable[Slice]:
        """What may have to be removed: rows of the parents whose latest day lies in what this package proves."""
        parents: dict[tuple[date, date], list[str]] = {}
        for one in proven:
            parents.setdefault((one.new_from, one.span.last), []).append(one.parent_id)
        for (first, last), ids in parents.items():
            for column in self.parents:
                yield Slice(column=column, values=ids, days=self.dates, first=first, last=last)

    def _by_key(self, table: str) -> Slice:
        return Slice(column=self.key, values=[row[0] for row in self.sql.table(table).select(self.key).fetchall()])

    def _missed(self) -> str:
        """D3: both dates proven, in no answer of the package, in none that an earlier package of this run brought.

        One row for each parent that misses it: of an fx-spot, both accounts may. What is asked for whole has no dates.
        """
        first, last = (f"{side}({', '.join(f'k.{one}' for one in self.dates)})" for side in ("least", "greatest"))
        owned = " OR ".join(f"k.{one} = p.parent_id" for one in self.parents)
        inside = f"AND {first} >= p.first AND {last} <= p.last AND {last} >= p.new_from" if self.dates else ""
        late = f"bool_or({first} BETWEEN p.since AND p.through)" if self.dates else "true"
        return (
            f"SELECT k.{self.key}, p.parent_id, {late} AS late FROM known k JOIN proven p ON ({owned}) {inside} "
            f"WHERE k.{self.key} NOT IN (SELECT {self.key} FROM fresh) "
            f"AND k.{self.key} NOT IN (SELECT id FROM seen_before) GROUP BY 1, 2"
        )

    def _suspicions(self) -> list[Suspicion]:
        """`gone`: what is missed, without the rows of a parent that misses too many to be believed."""
        counted = "SELECT parent_id, count(*) FROM missed GROUP BY 1 ORDER BY 1"
        missed = self.sql.execute(counted).fetchall() if self.endpoint.guarded else []
        held = self.store.count(self.schema, self.parents, [parent for parent, _ in missed]) if missed else {}
        found = [
            Suspicion(parent_id=parent, gone=gone, rows=held[parent])
            for parent, gone in missed
            if gone > self.run.max_removed_share * held[parent]
        ]
        self.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE gone AS SELECT {self.key}, bool_or(late) AS late FROM missed GROUP BY 1 "
            "HAVING NOT bool_or(list_contains($1, parent_id))",
            [[one.parent_id for one in found]],
        )
        return found

    def _rows(self) -> Rows:
        """Added and modified rows whole; of removed ones the key, marked."""
        fresh = {name: f"f.{name}" for name in self.said} | {
            "first_seen_at": "coalesce(k.first_seen_at, $now)",
            "changed_at": "$now",
            "row_hash": "f.row_hash",
        }
        gone = {name: f"NULL::{sql_type(self.schema.field(name))}" for name in self.schema.names} | {
            self.key: f"g.{self.key}"
        }
        data = table_of(
            self.sql,
            f"SELECT {_as(fresh, self.schema)}, false AS {GONE} FROM fresh f LEFT JOIN known k USING ({self.key}) "
            f"WHERE k.row_hash IS DISTINCT FROM f.row_hash "
            f"UNION ALL SELECT {_as(gone, self.schema)}, true FROM gone g",
            {"now": self.run.now},
        )
        target = self.schema.remove_metadata().append(pa.field(GONE, pa.bool_()))
        return Rows(schema=self.schema, data=data.cast(target), deletes=True)

    def _changes(self) -> Rows:
        """The feed: what a first load brings is no news."""
        self.sql.execute(
            f"CREATE OR REPLACE TEMP VIEW replaced AS SELECT {self.key} FROM fresh f JOIN known k USING ({self.key}) "
            f"WHERE k.row_hash IS DISTINCT FROM f.row_hash UNION ALL SELECT {self.key} FROM gone"
        )
        stored = self.store.rows(self.schema, slices=[self._by_key("replaced")])
        names = [name for name in self.schema.names if name not in KEPT_BY_US]
        day = f"least({', '.join(f'f.{one}' for one in self.dates)})" if self.dates else "NULL"
        owned = " OR ".join(f"f.{one} = p.parent_id" for one in self.parents)
        judged = (
            f"(SELECT f.{self.key}, bool_and(p.first_load) AS first_load, "
            f"bool_or({day} BETWEEN p.since AND p.through) AS late "
            f"FROM fresh f JOIN proven p ON ({owned}) GROUP BY 1)"
        )
        data = table_of(
            self.sql,
            f"SELECT 'added' AS op, f.{self.key} AS id, coalesce(j.late, false) AS late, NULL AS before, "
            f"{as_json(names, 'f')} AS after FROM fresh f LEFT JOIN {judged} j USING ({self.key}) "
            f"WHERE f.{self.key} NOT IN (SELECT {self.key} FROM known) AND NOT coalesce(j.first_load, false) "
            f"UNION ALL SELECT 'modified', f.{self.key}, coalesce(j.late, false), {as_json(names, 's')}, "
            f"{as_json(names, 'f')} FROM fresh f JOIN {stored} s USING ({self.key}) JOIN known k USING ({self.key}) "
            f"LEFT JOIN {judged} j USING ({self.key}) "
            f"WHERE k.row_hash IS DISTINCT FROM f.row_hash "
            f"UNION ALL SELECT 'removed', g.{self.key}, coalesce(g.late, false), {as_json(names, 's')}, NULL "
            f"FROM gone g JOIN {stored} s USING ({self.key})",
        )
        data = data.append_column("run_id", pa.array([self.run.run_id] * data.num_rows, pa.string()))
        data = data.append_column("changed_at", pa.array([self.run.now] * data.num_rows, pa.timestamp("us", "UTC")))
        target = TRANSACTION_CHANGES.remove_metadata()
        return Rows(schema=TRANSACTION_CHANGES, data=data.select(target.names).cast(target))

    def _counts(self) -> Counter[str]:
        counted = self.sql.execute(
            "SELECT count(*) FILTER (k.row_hash IS NULL), count(*) FILTER (k.row_hash <> f.row_hash), "
            "count(*) FILTER (k.row_hash = f.row_hash), (SELECT count(*) FROM gone) "
            f"FROM fresh f LEFT JOIN known k USING ({self.key})"
        ).fetchone()
        return Counter(dict(zip(("added", "modified", "unchanged", "removed"), counted or (), strict=True)))


def row_hash(names: Iterable[str]) -> str:
    """SQL for the MD5 of a row's content (X3): what is not null, by name, so that the order of columns says nothing.

    Each value with its length, so that no text can pass for another column's.
    """
    parts = ", ".join(f"'{name}=' || strlen({name}::VARCHAR) || ':' || {name}::VARCHAR" for name in sorted(names))
    return f"md5(concat_ws(chr(31), {parts}))"


def as_json(names: Iterable[str], table: str) -> str:
    """SQL for a row as JSON, every value as text: a number keeps its digits in any reader."""
    return "json_object(" + ", ".join(f"'{name}', {table}.{name}::VARCHAR" for name in names) + ")::VARCHAR"


def _as(columns: dict[str, str], schema: pa.Schema) -> str:
    return ", ".join(f"({columns[name]})::{sql_type(schema.field(name))} AS {name}" for name in schema.names)


def _table(proven: Sequence[Proven]) -> pa.Table:
    return pa.table(
        {
            "parent_id": pa.array([one.parent_id for one in proven], pa.string()),
            "first": pa.array([one.span.first for one in proven], pa.date32()),
            "last": pa.array([one.span.last for one in proven], pa.date32()),
            "new_from": pa.array([one.new_from for one in proven], pa.date32()),
            "since": pa.array([one.covered.first if one.covered else None for one in proven], pa.date32()),
            "through": pa.array([one.covered.last if one.covered else None for one in proven], pa.date32()),
            "first_load": pa.array([one.first_load for one in proven], pa.bool_()),
        }
    )
