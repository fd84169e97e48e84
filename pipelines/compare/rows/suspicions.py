"""Rows that are missed and too many to be believed gone (rules D3, L3).

Of an account, a share of its rows. Of what nothing divides, a series or a day, a share of that answer: no cap can be
tried on it, for no part of it can be asked for. But a cap that cuts such answers makes them shorter than they were, and
several of them equally long. What looks cut removes nothing, however long it was before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from schemas.table import key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.reading.undivided import telling, tied

from ...warehouse.store import Store
from .findings import Loss, Proven
from .staged import once_per_owner

FEW = 20  # rows: of fewer, a large share is soon gone
A_TENTH = 0.1  # of its rows: an answer that lost less is not cut, but corrected


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer for one series, or for one day of one parent; or for all days of one parent together.

    Args:
        rows: that it shows.
        before: that the warehouse has of it.
        missed: of those, that it does not show.
        content: the same for answers with the same days and instruments.
    """

    parent_id: str
    rows: int
    before: int
    missed: int = 0
    content: int = 0

    def lost(self, share: float) -> bool:
        """Whether it shows fewer rows than there were, by more than a *share* of those."""
        return self.before - self.rows > share * self.before


def losses(
    store: Store,
    endpoint: Endpoint,
    *,
    most: float,
    caps: Collection[int] = (),
    row_cap: int = 0,
    chained: Collection[str] = (),
) -> tuple[list[Loss], list[Loss]]:
    """What parents lose, from the staged tables `fresh`, `known`, `missed` and `proven`: not believed, and believed.

    Args:
        most: the share of rows that may be gone at once, in all packages of a run; with 1, everything is believed.
        caps: on rows, that answers proved by now.
        row_cap: that the configuration knows of, which then is the only one; 0 for none.
        chained: parents whose answers say themselves that they are whole (v1): no cap cut them.
    """
    if most >= 1 or not store.sql.execute("SELECT 1 FROM missed WHERE settled LIMIT 1").fetchall():
        return [], []
    if endpoint.guarded:
        lost = _lost(store, endpoint)
        doubted = [loss for loss in lost if loss.gone > most * loss.rows]
        return doubted, [loss for loss in lost if loss.gone <= most * loss.rows]
    answers = _undivided_answers(store.sql, endpoint)
    cuttable = [answer for answer in answers if answer.parent_id not in chained]
    caps = {row_cap} if row_cap else {*caps, tied(_longest(cuttable))}
    suspects = cut(cuttable, caps=caps) | shrunk(answers, most=most)
    return [
        Loss(
            parent_id=parent, gone=max(answer.missed, answer.before - answer.rows), rows=answer.before, left=answer.rows
        )
        for parent, answer in sorted(suspects.items())
    ], []


def _lost(store: Store, endpoint: Endpoint) -> list[Loss]:
    """Of each parent that misses rows, how many it loses in this run, of how many that it had as the run began."""
    before = ", ".join(f"coalesce(max(p.{name}), 0)" for name in ("lost", "had", "came"))
    missed = store.sql.execute(
        f"SELECT m.parent_id, count(DISTINCT m.{key_of(endpoint.schema)[0]}), {before} "
        "FROM missed m LEFT JOIN proven p ON m.parent_id = p.parent_id WHERE m.settled GROUP BY 1 ORDER BY 1"
    ).fetchall()
    counts = store.count(endpoint.schema, endpoint.owners, [parent for parent, *_ in missed])
    return [
        Loss(parent_id=parent, gone=gone + lost, rows=had or max(gone, counts[parent] - came))
        for parent, gone, lost, had, came in missed
    ]


def came(
    sql: duckdb.DuckDBPyConnection, endpoint: Endpoint, proven: Sequence[Proven], *, most: float
) -> Mapping[str, int]:
    """By parent, how many rows a package shows that it did not have, from the staged tables `fresh` and `known`.

    Where later packages may miss so many of its rows that it matters how many it had: not on a first load.
    """
    if not endpoint.guarded or most >= 1 or all(parent.first_load for parent in proven):
        return {}
    new, before = (
        f"SELECT {key_of(endpoint.schema)[0]}, owner FROM {once_per_owner(table, endpoint.owners)}"
        for table in ("fresh", "known")
    )
    counted = f"SELECT owner, count(*) FROM ({new} EXCEPT {before}) WHERE owner IS NOT NULL GROUP BY 1"
    return dict(sql.execute(counted).fetchall())


def _undivided_answers(sql: duckdb.DuckDBPyConnection, endpoint: Endpoint) -> list[Answered]:
    """What a package shows of each series or day, from the staged tables `incoming`, `known` and `missed`."""
    if endpoint.dates is None or endpoint.dates.divisible:
        return []
    key, parts = key_of(endpoint.schema)[0], [endpoint.owners[0], *endpoint.dates.columns]
    gone = f"SELECT {key} FROM missed WHERE settled"
    there = f"known WHERE {key} IN (SELECT {key} FROM fresh UNION ALL {gone})"
    tells = ", ".join(f"list({name} ORDER BY {name})" for name in telling(endpoint))
    shown = f"SELECT {', '.join(parts)}, count(*) AS rows, hash({tells}) AS content FROM incoming GROUP BY ALL"
    counted = f"count(*) AS rows, count(*) FILTER ({key} IN ({gone})) AS gone"
    found = sql.execute(
        f"SELECT {parts[0]}, coalesce(s.rows, 0), coalesce(t.rows, 0), coalesce(t.gone, 0), coalesce(s.content, 0) "
        f"FROM ({shown}) s FULL JOIN (SELECT {', '.join(parts)}, {counted} FROM {there} GROUP BY ALL) t "
        f"USING ({', '.join(parts)}) ORDER BY ALL"
    ).fetchall()
    return [
        Answered(parent_id=parent, rows=rows, before=before, missed=missed, content=content)
        for parent, rows, before, missed, content in found
    ]


def _longest(answers: Iterable[Answered]) -> Mapping[str, tuple[int, int]]:
    """By parent, the rows and the content of its longest answer."""
    longest: dict[str, tuple[int, int]] = {}
    for answer in answers:
        if answer.rows > longest.get(answer.parent_id, (-1, 0))[0]:
            longest[answer.parent_id] = answer.rows, answer.content
    return longest


def cut(answers: Iterable[Answered], *, caps: Collection[int]) -> dict[str, Answered]:
    """By parent, an answer that misses rows and is as long as one of *caps*."""
    return {answer.parent_id: answer for answer in answers if answer.missed and 1 < answer.rows in caps}


def shrunk(answers: Sequence[Answered], *, most: float) -> dict[str, Answered]:
    """By parent, what lost too much to be believed: all its answers more than *most* of their rows, or one like others.

    That is: several lost more than a tenth, have the same number of rows now, and no answer has more.
    """
    longest = max((answer.rows for answer in answers), default=0)
    alike = [answer for answer in answers if answer.lost(A_TENTH) and answer.rows == longest >= FEW]
    suspects = [whole for whole in _by_parent(answers) if whole.before >= FEW and whole.lost(most)]
    return {answer.parent_id: answer for answer in (*suspects, *(alike if len(alike) > 1 else ()))}


def _by_parent(answers: Sequence[Answered]) -> Iterator[Answered]:
    rows, before = Counter[str](), Counter[str]()
    for answer in answers:
        rows[answer.parent_id] += answer.rows
        before[answer.parent_id] += answer.before
    for parent in before:
        yield Answered(parent_id=parent, rows=rows[parent], before=before[parent])
