"""Attributes into typed columns, whatever their spelling. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain

import msgspec
import pyarrow as pa
from msgspec import UNSET, Raw, UnsetType

from schemas.table import DECIMAL, fact

from .canonical import canonical
from .numbers import numbers
from .shape import NOTHING, RAW, Cells, Kind, Odd, given
from .tokens import is_undecodable, shallow


def _typed(kind: object) -> Kind:
    return Kind(kind, UNSET, None, msgspec.json.Decoder(kind).decode)


_KINDS: Mapping[pa.DataType, Kind] = {
    pa.string(): _typed(str | UnsetType | None),
    pa.date32(): _typed(date | UnsetType | None),
    pa.bool_(): _typed(bool | UnsetType | None),
    DECIMAL: RAW,
}


class Column:
    """A column that attributes fill: *paths* are its spellings, the first listed first."""

    def __init__(self, field: pa.Field, paths: Sequence[str]) -> None:
        self.type = field.type
        self.paths = paths
        self.json = bool(fact(field, "json"))
        self.kind = RAW if self.json else _KINDS[field.type]


def read_columns(columns: Mapping[int, Column], found: Mapping[str, Cells], odd: Odd) -> dict[int, pa.Array]:
    """Each of *columns*; what one cannot hold wholly, and spellings that contradict an earlier one, go to *odd*."""
    nested = [path for column in columns.values() if column.json for path in column.paths]
    found = {**found, **{path: [*map(shallow, found[path])] for path in nested}}
    cells = {place: _agreed(column.paths, found, odd) for place, column in columns.items()}
    for place, column in columns.items():
        if column.json:
            cells[place] = _decodable(column, cells[place], found, odd)
    arrays = {
        place: _array(columns[place], own) for place, own in cells.items() if not _is_numeric(columns[place], own)
    }
    numeric = {place: own for place, own in cells.items() if place not in arrays}
    values, misfits = numbers([*chain.from_iterable(numeric.values())])  # at once: few long calls are faster
    for turn, (place, own) in enumerate(numeric.items()):
        arrays[place] = values.slice(turn * len(own), len(own))
    for misfit in misfits:
        place, row = _spot(misfit, numeric)
        for path in _agreeing(columns[place].paths, found, row):
            odd(row, path, found[path][row], known=True)
    return arrays


def _is_numeric(column: Column, cells: Cells) -> bool:
    return column.type == DECIMAL and not _is_blank(column, cells)


def _is_blank(column: Column, cells: Cells) -> bool:
    """Whether no row has the attribute; the first cell tells for most columns, and faster."""
    absent = column.kind.absent
    return not cells or (cells[0] is absent and cells.count(absent) == len(cells))


def _spot(at: int, numeric: Mapping[int, Cells]) -> tuple[int, int]:
    """Column and row of the cell that is number *at* of them all."""
    turn, row = divmod(at, len(next(iter(numeric.values()))))
    return [*numeric][turn], row


def _array(column: Column, cells: Cells) -> pa.Array:
    if _is_blank(column, cells):
        return pa.nulls(len(cells), column.type)
    if column.json:
        return pa.array([canonical(cell).decode() if given(cell) else None for cell in cells], pa.string())
    return pa.array(cells, column.type)


def _decodable(column: Column, cells: Cells, found: Mapping[str, Cells], odd: Odd) -> Cells:
    """The nested values of a column; those that nobody can decode go to *odd* as their text."""
    if _is_blank(column, cells) or not any(map(is_undecodable, cells)):
        return cells
    for row, cell in enumerate(cells):
        for path in _agreeing(column.paths, found, row) if is_undecodable(cell) else ():
            odd(row, path, found[path][row], known=True)
    return [NOTHING if is_undecodable(cell) else cell for cell in cells]


def _agreed(paths: Sequence[str], found: Mapping[str, Cells], odd: Odd) -> Cells:
    """For each row what its first spelling says, of those that say something."""
    cells: Cells = found[paths[0]]
    for path in paths[1:]:
        if any(text := _texts(found[path])):
            cells = list(cells)
            for row, (first, other) in enumerate(zip(_texts(cells), text, strict=True)):
                if other and not first:
                    cells[row] = found[path][row]
                elif other != first and other:
                    odd(row, path, Raw(other), known=False)
    return cells


def _agreeing(paths: Sequence[str], found: Mapping[str, Cells], row: int) -> list[str]:
    """The spellings that say in *row* what the first of them says."""
    texts = {path: text for path in paths if (text := _text(found[path][row]))}
    said = next(iter(texts.values()), b"")
    return [path for path, text in texts.items() if text == said]


def _texts(cells: Cells) -> Sequence[bytes]:
    """Each value as JSON in one form; empty where there is none."""
    return [_text(cell) for cell in cells]


def _text(cell: object) -> bytes:
    if isinstance(cell, Raw):
        return canonical(cell) if given(cell) else b""
    return b"" if cell is None else msgspec.json.encode(cell)
