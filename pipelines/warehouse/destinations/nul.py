r"""The character NUL, which most databases cannot hold: kept as near as can be, exactly in `extra` (rule F9). Pure.

A text goes without its NULs, and `extra` has it whole under the API's own name, spelt out: `a\u0000b`. In JSON, where
PostgreSQL refuses the escape, it is spelt out in its place.
"""

from __future__ import annotations

import re
from collections import Counter

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import fact

NUL = "\x00"
SPELT = r"\u0000"
_ESCAPES = re.compile(r"\\(?:u0000|.)", re.DOTALL)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_sorted = msgspec.json.Encoder(order="sorted")


def without_nul(batch: pa.RecordBatch, schema: pa.Schema, found: Counter[str]) -> pa.RecordBatch:
    """*batch* as a database without NUL can hold it.

    Args:
        schema: the table, with what its columns are called in the API.
        found: by column, the values that had one are counted.
    """
    exact: dict[int, dict[str, str]] = {}
    for place, name in enumerate(batch.schema.names):
        field = schema.field(name)
        sign = SPELT if fact(field, "json") else NUL
        if field.type != pa.string() or not (rows := _rows_with(batch.column(place), sign)):
            continue
        texts = batch.column(place).to_pylist()
        if fact(field, "json"):
            texts, rows = _spelt_out(texts, rows)
        else:
            for row in rows:
                exact.setdefault(row, {})[_api_name(field)] = texts[row].replace(NUL, SPELT)
                texts[row] = texts[row].replace(NUL, "")
        found[name] += len(rows)
        batch = batch.set_column(place, batch.schema.field(place), pa.array(texts, pa.string()))
    return _with_extra(batch, exact) if exact and "extra" in batch.schema.names else batch


def _rows_with(column: pa.Array, sign: str) -> list[int]:
    return list(pc.indices_nonzero(pc.match_substring(column, sign).fill_null(False)).to_pylist())


def _spelt_out(texts: list[str | None], rows: list[int]) -> tuple[list[str | None], list[int]]:
    r"""JSON with `\\u0000` for `\u0000`; a backslash that is escaped itself begins no escape."""
    changed = []
    for row in rows:
        text = texts[row] or ""
        texts[row] = _ESCAPES.sub(lambda escape: rf"\{escape[0]}" if escape[0] == SPELT else escape[0], text)
        if texts[row] != text:
            changed.append(row)
    return texts, changed


def _api_name(field: pa.Field) -> str:
    first: str = (fact(field, "api").split() or [field.name])[0]
    return first.removeprefix("attributes/")


def _with_extra(batch: pa.RecordBatch, exact: dict[int, dict[str, str]]) -> pa.RecordBatch:
    place = batch.schema.get_field_index("extra")
    texts = batch.column(place).to_pylist()
    for row, members in exact.items():
        known = _members.decode(texts[row]) if texts[row] else {}
        texts[row] = _sorted.encode({**known, **members}).decode()
    return batch.set_column(place, batch.schema.field(place), pa.array(texts, pa.string()))
