"""How long the answers were that the warehouse has of what nothing divides: a sample alone does not tell (rule L3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.reading.undivided import Longest, UndividedAnswers, telling

from ..warehouse.store import Store
from ..warehouse.warehouse import Warehouse

LONGEST = """
    WITH answers AS (SELECT {parts}, count(*) AS length FROM {rows} GROUP BY ALL),
    longest AS (SELECT {parts} FROM answers QUALIFY row_number() OVER (PARTITION BY {parent} ORDER BY length DESC) = 1)
    SELECT {parent}, {told} FROM {rows} SEMI JOIN longest USING ({parts}) GROUP BY 1"""


def hold_against_stored(answers: UndividedAnswers, warehouse: Warehouse, endpoints: Iterable[Endpoint]) -> None:
    """A sample has the longest *answers*: where these are alike, note all that *warehouse* has, which tells chance."""
    alike = answers.alike
    if doubted := [endpoint for endpoint in endpoints if endpoint.name in alike]:
        with warehouse.open() as store:
            for endpoint in doubted:
                answers.note_stored(endpoint.name, longest_answers(store, endpoint))


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
