"""A package against the warehouse: added, modified, removed, unchanged (rules D2 to D5). One set operation each.

Nothing is fetched and nothing is written here: rows come in as Arrow, what is to be loaded goes out as Arrow.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import pyarrow as pa

from schemas.table import answered, key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window

from ...warehouse.package import GONE, Rows, with_mark
from ...warehouse.store import Store
from ...warehouse.warehouse import table_of
from ..row_content import stage_contents
from ..row_hash import OLDER, is_type, row_hash, types_differ
from .arrow_rows import at_places, filled, last_of_each, numbered
from .change_feed import ChangeFeed
from .conflicts import displaced, register_given, within_package
from .findings import AskedFor, Differences, Loss, Missed, Proven, Run
from .late_rows import late_rows
from .missed_rows import missed_rows, removed_rows, unasked_rows
from .staged import in_days, slices_of_keys, slices_of_proven, table_of_proven
from .stamps import STAMPS, stamped, stamps_of_gone
from .suspicions import came, losses
from .unchanged import is_unchanged


def differences(
    store: Store,
    endpoint: Endpoint,
    batches: Sequence[pa.RecordBatch],
    proven: Sequence[Proven],
    *,
    asked: Sequence[AskedFor],
    seen_before: Iterable[str],
    run: Run,
    missed_before: Collection[str] = (),
    absent: Sequence[Missed] = (),
    readable: Collection[str] | None = None,
    stamps: Sequence[pa.Table] = (),
) -> Differences:
    """Compare the rows of one package with the warehouse.

    Args:
        store: what is committed.
        batches: the API's part of the schema, in the order they were fetched; one id may be in several (D5).
        asked: for each of *batches*, the parent and the days that were asked for.
        seen_before: ids that earlier packages of this run brought and whose dates reach into this one.
        missed_before: ids that earlier packages of this run missed.
        absent: rows that earlier packages of this run missed, and that are gone unless this one shows them.
        readable: the parents that this run reads; a row that names another one too may still be listed there, so it is
            not missed. None: all.
        stamps: of rows that earlier packages of this run removed.
    """
    comparison = _Comparison(store, endpoint, run, readable, stamps)
    return comparison.compare(batches, proven, seen_before, asked=asked, missed_before=missed_before, absent=absent)


class _Comparison:
    def __init__(
        self,
        store: Store,
        endpoint: Endpoint,
        run: Run,
        readable: Collection[str] | None,
        stamps: Sequence[pa.Table],
    ) -> None:
        self.store = store
        self.stamps = stamps
        self.readable = readable
        self.sql = store.sql
        self.endpoint = endpoint
        self.run = run
        self.schema = endpoint.schema
        self.api_columns = answered(endpoint.schema)
        self.key = key_of(endpoint.schema)[0]
        self.parents = endpoint.owners
        self.dates = endpoint.dates.columns if endpoint.dates else ()

    def compare(
        self,
        batches: Sequence[pa.RecordBatch],
        proven: Sequence[Proven],
        seen_before: Iterable[str],
        *,
        asked: Sequence[AskedFor],
        missed_before: Collection[str],
        absent: Sequence[Missed],
    ) -> Differences:
        incoming, seen_before = self._take_in(batches), set(seen_before)
        repeated = self.incoming.num_rows < incoming.num_rows
        if not (repeated or missed_before or absent) and self._is_unchanged(proven, seen_before):
            return self._nothing()
        self._stage_package(proven, seen_before)
        register_given(self.sql, incoming, batches, asked)
        conflicts = within_package(self.sql, self.endpoint) if repeated else []
        self._stage(proven)
        if absent:
            self._stage_absent(absent)
        conflicts += displaced(self.sql, self.endpoint, self.run)
        suspicions, believed = self._losses(proven)
        rows = self._rows()
        counts = self._counts()
        partial, ended = not all(parent.settles for parent in proven), any(parent.ended for parent in proven)
        late = late_rows(self.sql, self.endpoint) if partial and counts["added"] else {}
        removed = removed_rows(self.sql, self.endpoint) if counts["removed"] else ()
        feed = self._feed()
        changes = feed.rows(self.differing) if self.endpoint.feed or self.run.tells_all else None
        counts.update(feed.corrections)
        return Differences(
            rows=rows,
            changes=changes,
            counts=counts,
            suspicions=suspicions,
            losses=believed,
            came=came(self.sql, self.endpoint, proven, most=self.run.max_removed_share),
            missed=self._pending() if partial else [],
            unasked=unasked_rows(self.sql, self.endpoint, elsewhere=self._not_elsewhere()) if ended else [],
            late=late,
            found=self._found(missed_before) if missed_before else (),
            conflicts=conflicts,
            stamps=stamps_of_gone(self.store, self.endpoint) if counts["removed"] and self.endpoint.movable else None,
            removed=removed,
        )

    def _take_in(self, batches: Sequence[pa.RecordBatch]) -> pa.Table:
        """All rows; `incoming` has the last of each key."""
        schema = answered(self.schema).remove_metadata()
        incoming = pa.Table.from_batches([self._held(batch).cast(schema) for batch in batches], schema=schema)
        self.incoming = last_of_each(incoming, self.key)
        return incoming

    def _stage_package(self, proven: Sequence[Proven], seen_before: Iterable[str]) -> None:
        self.sql.register("incoming", numbered(self.incoming))
        self.sql.register("proven", table_of_proven(proven))
        self.sql.register("seen_before", pa.table({"id": pa.array(list(seen_before), pa.string())}))

    def _is_unchanged(self, proven: Sequence[Proven], seen_before: Collection[str]) -> bool:
        """Whether nothing differs, as far as that can be told without hashes."""
        if self.run.distrusts or not proven:
            return False
        return is_unchanged(
            self.store,
            self.endpoint,
            self.incoming,
            proven=proven,
            in_days=in_days(self.dates, proven),
            seen_before=seen_before,
        )

    def _nothing(self) -> Differences:
        nothing, described = self.incoming.schema.empty_table(), self.endpoint.feed or self.run.tells_all
        return Differences(
            rows=Rows(schema=self.schema, data=self._whole(nothing, {}, gone=False), deletes=True),
            changes=self._feed().none() if described else None,
            counts=Counter(added=0, modified=0, unchanged=self.incoming.num_rows, removed=0),
            suspicions=[],
            conflicts=[],
            unasked=[],
        )

    def _held(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return self.store.holdable(batch, self.schema)

    def _stage(self, proven: Sequence[Proven]) -> None:
        """`fresh`: one row an id, hashed. `known`: what the warehouse has of them, and of what is proven."""
        kept = list(dict.fromkeys([self.key, *self.parents, *self.dates]))
        kept += [column.name for column in self.api_columns if is_type(column)]
        contents = stage_contents(self.sql, "incoming", self.api_columns)
        self.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE fresh AS "
            f"SELECT place, {', '.join(kept)}, {row_hash(self.api_columns, contents)} AS row_hash FROM incoming"
        )
        ours = ["first_seen_at", "changed_at"]
        read = [*(self.api_columns.names if self.run.distrusts else []), *kept, *ours, "row_hash"]
        pieces = itertools.chain(slices_of_proven(self.endpoint, proven), slices_of_keys(self.sql, self.key, "fresh"))
        committed = self.store.rows(self.schema, read, pieces)
        stored = f"SELECT {', '.join([*kept, *ours])}, {self._stored_hash(committed)} AS row_hash FROM {committed}"
        self._stage_known(stored, proven)
        self._tell_types_apart()
        self.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE missed AS {missed_rows(self.endpoint, elsewhere=self._not_elsewhere())}"
        )

    def _stage_absent(self, absent: Sequence[Missed]) -> None:
        """What earlier packages missed and the warehouse still has."""
        given = {name: [getattr(row, name) for row in absent] for name in ("id", "parent_id", "late")}
        days = {
            name: pa.array([getattr(row.window, name) for row in absent], pa.date32()) for name in ("first", "last")
        }
        self.sql.register("absent", pa.table(given | days))
        there = self.store.rows(self.schema, [self.key], slices_of_keys(self.sql, "id", "absent", column=self.key))
        self.sql.execute(
            f"INSERT INTO missed SELECT id, parent_id, late, true, first, last, true FROM absent "
            f"WHERE id IN (SELECT {self.key} FROM {there}) AND id NOT IN (SELECT {self.key} FROM fresh) "
            "AND id NOT IN (SELECT id FROM seen_before)"
        )

    def _stage_known(self, stored: str, proven: Sequence[Proven]) -> None:
        """What may have to be removed, a column of parents at a time, which reads little; then the rest, if any."""
        self.sql.execute(f"CREATE OR REPLACE TEMP TABLE known AS {stored} WHERE false")
        for column in self.parents if proven else ():
            self._add_known(f"{stored} WHERE {column} IN (SELECT parent_id FROM proven){in_days(self.dates, proven)}")
        unknown = f"SELECT {self.key} FROM fresh WHERE {self.key} NOT IN (SELECT {self.key} FROM known)"
        if not self._any(unknown):  # so that a quiet night reads no ids
            return
        unknown = self.store.among(self.schema, unknown)
        if self._any(unknown):  # nor does a first load
            self._add_known(f"{stored} WHERE {self.key} IN ({unknown})")

    def _any(self, query: str) -> bool:
        return bool(self.sql.execute(f"SELECT 1 FROM ({query}) LIMIT 1").fetchall())

    def _add_known(self, rows: str) -> None:
        """Adds rows that are not there yet: both accounts of an fx-spot have it."""
        self.sql.execute(f"INSERT INTO known FROM ({rows}) WHERE {self.key} NOT IN (SELECT {self.key} FROM known)")

    def _stored_hash(self, committed: str) -> str:
        """SQL for the hash of a stored row; one that equals no other, where `row_hash` is not that of its values."""
        if not self.run.distrusts:
            return "row_hash"
        owned = " OR ".join(f"{column} IN (SELECT parent_id FROM proven)" for column in self.parents)
        known = f"(FROM {committed} WHERE ({owned}) OR {self.key} IN (SELECT {self.key} FROM fresh))"
        now = row_hash(self.api_columns, stage_contents(self.sql, known, self.api_columns))
        return f"CASE WHEN row_hash = {now} THEN row_hash WHEN {OLDER} THEN {now} ELSE '' END"

    def _tell_types_apart(self) -> None:
        """A type at the other end of a relationship is compared where both sides know it: not every track gives it."""
        for column in self.api_columns:
            if is_type(column):
                name = column.name
                self.sql.execute(
                    f"UPDATE known SET row_hash = '' FROM fresh f WHERE known.{self.key} = f.{self.key} "
                    f"AND {types_differ(f'known.{name}', f'f.{name}')}"
                )

    def _not_elsewhere(self) -> str:
        """Empty unless the run reads some parents only, and a row may name several."""
        if self.readable is None or len(self.parents) == 1:
            return ""
        self.sql.register("readable", pa.table({"id": pa.array(sorted(self.readable), pa.string())}))
        named = (f"(k.{column} IS NULL OR k.{column} IN (SELECT id FROM readable))" for column in self.parents)
        return f" AND {' AND '.join(named)}"

    def _pending(self) -> list[Missed]:
        """D6: what partial readings miss, but for what a reading of another parent's whole history settles."""
        sql = (
            f"SELECT {self.key}, parent_id, first_day, last_day, late, inside FROM missed "
            f"WHERE NOT settled AND {self.key} NOT IN (SELECT {self.key} FROM gone) ORDER BY ALL"
        )
        return [
            Missed(id=own_id, parent_id=parent_id, window=Window(first, last), late=bool(late), inside=inside)
            for own_id, parent_id, first, last, late, inside in self.sql.execute(sql).fetchall()
        ]

    def _found(self, missed_before: Collection[str]) -> set[str]:
        self.sql.register("missed_before", pa.table({"id": pa.array(sorted(missed_before), pa.string())}))
        sql = f"SELECT {self.key} FROM fresh WHERE {self.key} IN (SELECT id FROM missed_before)"
        return {row[0] for row in self.sql.execute(sql).fetchall()}

    def _losses(self, proven: Sequence[Proven]) -> tuple[list[Loss], list[Loss]]:
        """`gone`: what is missed, without the rows of a parent that misses too many to be believed."""
        chained, run = {parent.parent_id for parent in proven if parent.chained}, self.run
        doubted, believed = losses(
            self.store, self.endpoint, most=run.max_removed_share, caps=run.caps, row_cap=run.row_cap, chained=chained
        )
        self.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE gone AS SELECT {self.key}, bool_or(late) AS late FROM missed WHERE settled "
            "GROUP BY 1 HAVING NOT bool_or(list_contains($1, parent_id))",
            [[suspicion.parent_id for suspicion in doubted]],
        )
        return doubted, believed

    def _rows(self) -> Rows:
        """Added and modified rows whole; of removed ones the key, marked."""
        before = stamped(self.sql, self.key, self.stamps)
        differing = table_of(
            self.sql,
            "SELECT f.place, f.row_hash, coalesce(k.first_seen_at, s.first_seen_at, $now) AS first_seen_at, "
            "CASE WHEN s.row_hash = f.row_hash THEN s.changed_at ELSE $now END AS changed_at "
            f"FROM fresh f LEFT JOIN known k USING ({self.key}) LEFT JOIN {before} s USING ({self.key}) "
            "WHERE k.row_hash IS DISTINCT FROM f.row_hash ORDER BY f.place",
            {"now": self.run.now},
        )
        self.differing = at_places(self.incoming, differing["place"])
        kept = {name: differing[name] for name in STAMPS}
        here = self._whole(self.differing, kept, gone=False)
        gone = table_of(self.sql, f"SELECT {self.key} FROM gone")
        return Rows(schema=self.schema, data=pa.concat_tables([here, self._whole(gone, {}, gone=True)]), deletes=True)

    def _whole(self, rows: pa.Table, more: Mapping[str, pa.ChunkedArray | pa.Scalar], *, gone: bool) -> pa.Table:
        """Every column of the table, and the mark: from *rows*, from *more*, or null."""
        given = {name: rows[name] for name in rows.column_names} | dict(more)
        target = with_mark(self.schema)
        given[GONE] = pa.scalar(gone)
        columns = [filled(given.get(column.name), column.type, rows.num_rows) for column in target]
        return pa.Table.from_arrays(columns, schema=target)

    def _feed(self) -> ChangeFeed:
        return ChangeFeed(self.store, self.endpoint, run_id=self.run.run_id, now=self.run.now)

    def _counts(self) -> Counter[str]:
        counted = self.sql.execute(
            "SELECT count(*) FILTER (k.row_hash IS NULL), count(*) FILTER (k.row_hash <> f.row_hash), "
            "count(*) FILTER (k.row_hash = f.row_hash), (SELECT count(*) FROM gone) "
            f"FROM fresh f LEFT JOIN known k USING ({self.key})"
        ).fetchall()
        return Counter(dict(zip(("added", "modified", "unchanged", "removed"), counted[0], strict=True)))
