"""How long the answers were that the warehouse has of what nothing divides: a sample alone does not tell (rule L3)."""

from __future__ import annotations

from collections.abc import Mapping

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.reading.undivided import Longest, telling

from ..warehouse.store import Store

LONGEST = """
    WITH answers AS (SELECT {parts}, count(*) AS length FROM {rows} GROUP BY ALL),
    longest AS (SELECT {parts} FROM answers QUALIFY row_number() OVER (PARTITION BY {parent} ORDER BY length DESC) = 1)
    SELECT {parent}, {told} FROM {rows} SEMI JOIN longest USING ({parts}) GROUP BY 1"""


def longest_answers(store: Store, endpoint: Endpoint) -> Mapping[str, Longest]:
    """By parent, its longest series or the longest of its days, as it is stored."""
    parent, columns = endpoint.owners[0], telling(endpoint)
    parts = list(dict.fromkeys([parent, *(endpoint.dates.columns if endpoint.dates else ())]))
    sql = LONGEST.format(
        parent=parent,
        parts=", ".join(parts),
        told=", ".join(f"list(coalesce({name}::VARCHAR, 'None'))" for name in columns),
        rows=store.rows(endpoint.schema, list(dict.fromkeys([*parts, *columns]))),
    )
    return {own: Longest.of(told) for own, *told in store.sql.execute(sql).fetchall()}
