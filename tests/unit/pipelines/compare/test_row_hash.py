"""The hash of a row (X3)."""

from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from pipelines.compare.row_hash import is_type, row_hash
from tests.stores import on
from tests.unit.pipelines.compare.stored import SAID, batch, row


def hashes(columns, *rows) -> list[str]:
    with duckdb.connect(":memory:") as sql:
        sql.register("rows", pa.Table.from_batches([batch(*rows)]))
        return [found for (found,) in sql.sql(f"SELECT {row_hash(columns)} FROM rows").fetchall()]


def test_x3_the_hash_does_not_depend_on_the_order_of_columns():
    """The same content hashes the same, whatever order a schema lists its columns in."""
    content = row("1", account_amount=Decimal(1), comment="a", extra='{"b":1}')
    assert hashes(SAID, content) == hashes([*SAID][::-1], content)


VALUES = {
    pa.string(): ("a", "b"),
    pa.date32(): (on(1), on(2)),
    pa.bool_(): (True, False),
    SAID.field("units").type: (Decimal("0.000000000001"), Decimal("0.000000000002")),
}


@pytest.mark.parametrize("name", [field.name for field in SAID if not is_type(field)])
def test_x3_a_change_of_any_column_is_a_change_of_the_hash(name):
    """One value or another or none, in each column: three different hashes."""
    first, second = VALUES[SAID.field(name).type]
    rows = [dict.fromkeys(SAID.names) | {name: value} for value in (first, second, None)]
    assert len(set(hashes(SAID, *rows))) == 3


@pytest.mark.parametrize(
    ("row", "other"),
    [
        pytest.param({"comment": "a\x1fextra=b"}, {"comment": "a", "extra": "b"}, id="a-separator-in-the-text"),
        pytest.param({"comment": "a\x1e1"}, {"comment": "a"}, id="what-separates-the-lengths-in-the-text"),
        pytest.param({"comment": ""}, {}, id="empty-and-none"),
        pytest.param({"category": "x", "comment": ""}, {"category": "", "comment": "x"}, id="another-column"),
        pytest.param({"comment": "a\x00b"}, {"comment": "a"}, id="a-nul-in-the-text"),
    ],
)
def test_x3_no_text_can_pass_for_another_row(row, other):
    """Rows that differ hash differently, whatever characters their text holds."""
    assert len(set(hashes(SAID, row, other))) == 2


def test_the_type_at_the_other_end_of_a_relationship_is_no_content():
    """v1 may leave it out: the same row must not look modified on another track."""
    rows = [dict.fromkeys(SAID.names) | {"instrument_id": "i", "instrument_type": kind} for kind in ("bond", None)]
    assert len(set(hashes(SAID, *rows))) == 1
