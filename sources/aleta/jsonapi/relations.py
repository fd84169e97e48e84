"""To-one relationships into columns: the id at their other end, or its type. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TypeAlias

import msgspec
import pyarrow as pa
from msgspec import UNSET, Raw, UnsetType

from .shape import Cells, Kind


class Linkage(msgspec.Struct, gc=False, eq=False, frozen=True, omit_defaults=True):
    """A JSON:API resource identifier."""

    id: str
    type: str = ""


class ToOne(msgspec.Struct, gc=False, eq=False, frozen=True):
    """A to-one relationship; without `data` where there is nothing at its other end."""

    data: Linkage | None


class _Loose(msgspec.Struct, gc=False):
    data: Linkage | UnsetType | None = UNSET


NOBODY = ToOne(None)
_loose = msgspec.json.Decoder(_Loose)
_linkage = msgspec.json.Decoder(Linkage)
_empty = msgspec.json.Decoder(dict[str, Raw])


def _read(raw: Raw) -> ToOne:
    """Some of the vendor's samples print a linkage without its `data` object."""
    data = _loose.decode(raw).data
    if data is not UNSET:
        return ToOne(data)
    return ToOne(_linkage.decode(raw)) if _empty.decode(raw) else NOBODY


TO_ONE = Kind(ToOne, NOBODY, NOBODY, _read, lax=True)
Contradicts: TypeAlias = Callable[[int, str], None]  # row, name


class Relation:
    """One to-one relationship with all its spellings (*names*), the first listed first, and the columns it fills.

    Attributes:
        ends: place of a column -> `id` or `type`.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self.ends: dict[int, str] = {}

    def columns(self, found: Mapping[str, Cells], contradicts: Contradicts) -> dict[int, pa.Array]:
        """Each column of ids or types, by its place; a spelling that contradicts an earlier one is left over."""
        cells: Sequence[ToOne] = found[self._names[0]]
        for name in self._names[1:]:
            if _any(found[name]):
                cells = self._merged(cells, found[name], name, contradicts)
        if not _any(cells):
            return {place: pa.nulls(len(cells), pa.string()) for place in self.ends}
        return {place: _ends(cells, end) for place, end in self.ends.items()}

    def _merged(
        self, cells: Sequence[ToOne], others: Sequence[ToOne], name: str, contradicts: Contradicts
    ) -> Sequence[ToOne]:
        merged = list(cells)
        for row, (first, other) in enumerate(zip(cells, others, strict=True)):
            if first.data is None:
                merged[row] = other
            elif other.data is not None:
                both = self._both(first.data, other.data)
                if both:
                    merged[row] = ToOne(both)
                else:
                    contradicts(row, name)
        return merged

    def _both(self, first: Linkage, other: Linkage) -> Linkage | None:
        """What two spellings say together, None where they contradict each other in what a column holds."""
        said = [(getattr(first, end), getattr(other, end)) for end in self.ends.values()]
        if any(mine and theirs and mine != theirs for mine, theirs in said):
            return None
        return Linkage(first.id or other.id, first.type or other.type)


def _any(cells: Sequence[ToOne]) -> bool:
    return cells.count(NOBODY) < len(cells)


def _ends(cells: Sequence[ToOne], end: str) -> pa.Array:
    try:  # at the speed of C, where every row has one
        said = list(map(attrgetter(f"data.{end}"), cells))
    except AttributeError:
        said = [getattr(cell.data, end) if cell.data else None for cell in cells]
    return pa.array([text or None for text in said] if "" in said else said, pa.string())
