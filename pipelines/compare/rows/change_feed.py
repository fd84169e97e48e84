"""The feed of changes: each added, modified and removed row, with its JSON before and after; one change a run and row.

It reads what `differences` staged: `fresh`, `known`, `gone` and `proven`.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pyarrow as pa

from schemas.table import key_of
from schemas.transactions import TRANSACTION_CHANGES
from sources.aleta.catalogue.endpoint import Endpoint

from ...warehouse.package import GONE, Rows, with_mark
from ...warehouse.store import Store
from ...warehouse.warehouse import table_of
from ..row_hash import as_json
from .arrow_rows import filled
from .staged import once_per_owner, slices_of_keys

KEPT_BY_US = ("first_seen_at", "changed_at", "row_hash")
_FEED = with_mark(TRANSACTION_CHANGES)


class ChangeFeed:
    """Describes what one package changes of one endpoint.

    Args:
        now: when the run began.

    Attributes:
        corrections: what to add to the counts of the run: of a row that it changes twice, one change is left, or none.
    """

    def __init__(self, store: Store, endpoint: Endpoint, *, run_id: str, now: datetime) -> None:
        self.store = store
        self.sql = store.sql
        self.run_id = run_id
        self.now = now
        self.schema = endpoint.schema
        self.key = key_of(endpoint.schema)[0]
        self.parents = endpoint.owners
        self.dates = endpoint.dates.columns if endpoint.dates else ()
        self.corrections: Counter[str] = Counter()

    def rows(self, differing: pa.Table) -> Rows:
        """A row for each change; what a first load adds is none, unless the feed said that it was removed elsewhere.

        What an earlier package of the run changed, too, is told once: from what was there before the run.

        Args:
            differing: the added and the modified rows, as the API has them.
        """
        self._stage_told()
        if not self._has_changes():
            return self.none()
        self.sql.register("differing", differing)
        replaced = (
            f"SELECT {self.key} FROM differing JOIN known USING ({self.key}) UNION ALL SELECT {self.key} FROM gone"
        )
        self.sql.execute(f"CREATE OR REPLACE TEMP VIEW replaced AS {replaced}")
        stored = self.store.rows(self.schema, slices=slices_of_keys(self.sql, self.key, "replaced"))
        names = [name for name in self.schema.names if name not in KEPT_BY_US]
        steps = (
            f"WITH judged AS ({self._judged()}), replaced_rows AS "
            f"(SELECT * FROM {stored} WHERE {self.key} IN (SELECT {self.key} FROM replaced)) "
            f"SELECT 'added' AS op, f.{self.key} AS id, coalesce(j.late, false) AS late, NULL AS before, "
            f"{as_json(names, 'f')} AS after FROM differing f LEFT JOIN judged j USING ({self.key}) "
            f"WHERE f.{self.key} NOT IN (SELECT {self.key} FROM known) AND NOT coalesce(j.first_load, false) "
            f"UNION ALL SELECT 'modified', f.{self.key}, coalesce(j.late, false), {as_json(names, 's')}, "
            f"{as_json(names, 'f')} FROM differing f JOIN replaced_rows s USING ({self.key}) "
            f"LEFT JOIN judged j USING ({self.key}) "
            f"UNION ALL SELECT 'removed', g.{self.key}, coalesce(g.late, false), {as_json(names, 's')}, NULL "
            f"FROM gone g JOIN replaced_rows s USING ({self.key})"
        )
        self.sql.execute(f"CREATE OR REPLACE TEMP TABLE steps AS SELECT *, false AS {GONE} FROM ({steps})")
        self._join_earlier_steps()
        return self._feed(table_of(self.sql, f"SELECT op, id, late, before, after, {GONE} FROM steps"))

    def none(self) -> Rows:
        """No change."""
        return Rows(schema=TRANSACTION_CHANGES, data=_FEED.empty_table(), deletes=True)

    def _join_earlier_steps(self) -> None:
        """Of a row that this run told of before: from what it said was there to what is; nothing, if that is the same.

        Such a row may have gone to a parent that a later package reads, or been asked for once more.
        """
        if not self.store.columns(TRANSACTION_CHANGES):
            return
        feed = self.store.rows(
            TRANSACTION_CHANGES, ["run_id", "id", "op", "before"], slices_of_keys(self.sql, "id", "steps")
        )
        earlier = (
            f"SELECT id, op, before::VARCHAR AS before FROM {feed} WHERE run_id = $1 AND id IN (SELECT id FROM steps)"
        )
        self.sql.execute(f"CREATE OR REPLACE TEMP TABLE earlier AS {earlier}", [self.run_id])
        op = "CASE WHEN e.before IS NULL THEN 'added' WHEN s.after IS NULL THEN 'removed' ELSE 'modified' END"
        left = f"CASE WHEN e.before IS DISTINCT FROM s.after THEN {op} END"
        for *told, net in self.sql.execute(
            f"SELECT e.op, s.op, {left} FROM earlier e JOIN steps s USING (id)"
        ).fetchall():
            self.corrections.subtract(told)
            self.corrections.update([net] if net else [])
        self.sql.execute(
            f"UPDATE steps AS s SET op = {op}, before = e.before, {GONE} = ({left}) IS NULL "
            "FROM earlier e WHERE e.id = s.id"
        )

    def _stage_told(self) -> None:
        """`told`: what a first load adds, and the feed has told of: it came from an account where it was removed."""
        self.sql.execute("CREATE OR REPLACE TEMP TABLE told (id VARCHAR)")
        first_load = self.sql.execute("SELECT 1 FROM proven WHERE first_load LIMIT 1").fetchall()
        if not first_load or not self.store.columns(TRANSACTION_CHANGES):
            return
        known = f"SELECT {self.key} FROM known"
        new = f"SELECT {self.key} FROM ({self._judged()}) WHERE first_load AND {self.key} NOT IN ({known})"
        self.sql.execute(f"CREATE OR REPLACE TEMP TABLE new AS {new}")
        feed = self.store.rows(TRANSACTION_CHANGES, ["id"], slices_of_keys(self.sql, self.key, "new", column="id"))
        self.sql.execute(f"INSERT INTO told SELECT DISTINCT id FROM {feed} WHERE id IN (SELECT {self.key} FROM new)")

    def _judged(self) -> str:
        """Of each fresh row: whether it is no news, as its parents are loaded now, and whether its day was covered."""
        day = f"least({', '.join(f'f.{column}' for column in self.dates)})" if self.dates else "NULL"
        return (
            f"SELECT f.{self.key}, bool_and(p.first_load) AND f.{self.key} NOT IN (FROM told) AS first_load, "
            f"bool_or({day} BETWEEN p.since AND p.through) AS late "
            f"FROM {once_per_owner('fresh', self.parents)} f JOIN proven p ON f.owner = p.parent_id GROUP BY 1"
        )

    def _has_changes(self) -> bool:
        """Whether anything was removed, modified, or added to what was loaded before."""
        found = self.sql.execute(
            f"SELECT EXISTS (FROM gone) OR EXISTS (FROM fresh f LEFT JOIN known k USING ({self.key}) "
            f"LEFT JOIN ({self._judged()}) j USING ({self.key}) WHERE k.row_hash IS DISTINCT FROM f.row_hash "
            "AND (k.row_hash IS NOT NULL OR NOT coalesce(j.first_load, false)))"
        ).fetchall()
        return bool(found[0][0])

    def _feed(self, data: pa.Table) -> Rows:
        given = {name: data[name] for name in data.column_names}
        given |= {"run_id": pa.scalar(self.run_id), "changed_at": pa.scalar(self.now)}
        columns = [filled(given[column.name], column.type, data.num_rows) for column in _FEED]
        return Rows(schema=TRANSACTION_CHANGES, data=pa.Table.from_arrays(columns, schema=_FEED), deletes=True)
