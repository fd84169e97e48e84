"""How rows with a key reach the destination: what it can do decides. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa

from ..errors import FatalError


class Merge(StrEnum):
    """A merge strategy of dlt, by its name there."""

    DELETE_INSERT = "delete-insert"  # of rows that come twice in a run, dlt keeps the newest
    UPSERT = "upsert"  # Delta tables: no row may come twice


INSTEAD = 'Leave it out: rows are merged by their key. write_disposition="replace" reads and writes everything anew'


class NoMergeError(FatalError):
    """The rows could only be appended, so that every run would add those of the last ones again."""

    code = "no_merge"


def merge_of(strategies: Sequence[str], *, asked: str = "", table: str, destination: str) -> Merge:
    """The strategy that is asked for, or the first of ours that the destination has.

    Args:
        strategies: what the destination can do with this table.
        asked: the table's own, where its user or we named one.

    Raises:
        NoMergeError: none of them.
    """
    for merge in sorted(Merge, key=lambda merge: merge != asked):
        if merge in strategies:
            return merge
    raise NoMergeError(
        f"{table}: the destination {destination} cannot merge rows by their key, so each run would add once more what "
        'is there. Load into a database, or as Delta tables: pipeline.run(source, table_format="delta")'
    )


def refuse_others(disposition: str | None, strategy: str, *, table: str) -> None:
    """What is asked for in place of our merge must keep each row once, run after run.

    Raises:
        NoMergeError: it would not.
    """
    if disposition == "append":
        raise NoMergeError(
            f'{table}: with write_disposition="append" each run would add once more what is there. {INSTEAD}'
        )
    if disposition == "merge" and strategy not in {"", *Merge}:
        known = " and ".join(f'"{merge}"' for merge in Merge)
        raise NoMergeError(f'{table}: the merge strategy "{strategy}" is none of {known}. {INSTEAD}')


@dataclass(slots=True)
class OncePerKey:
    """Rows without those whose key came before in this run: as Delta tables and replaced ones need them.

    The first reading of a row is kept; an edit in the middle of a run comes with the next one.

    Args:
        keys: table -> columns; what has no key is not looked at.
    """

    keys: Mapping[str, Sequence[str]]
    _seen: dict[str, set[tuple[Any, ...]]] = field(default_factory=dict)

    def of(self, table: str, rows: pa.Table) -> pa.Table:
        """*rows* of *table*, each key once."""
        key = self.keys.get(table, ())
        if not key:
            return rows
        seen = self._seen.setdefault(table, set())
        return rows.filter(
            pa.array(list(_first_times(zip(*(rows[name].to_pylist() for name in key), strict=True), seen)))
        )


def _first_times(keys: Iterable[tuple[Any, ...]], seen: set[tuple[Any, ...]]) -> Iterator[bool]:
    for key in keys:
        yield key not in seen
        seen.add(key)
