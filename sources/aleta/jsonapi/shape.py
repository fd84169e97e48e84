"""The members of JSON objects that a schema knows, read at the speed of compiled types. Pure.

Nearly every row has known members of known types only: msgspec reads it in one go, into a struct made for the schema.
A row that does not fit is read member by member, so that nothing of it is lost (rule X2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec
from msgspec import UNSET, Raw, ValidationError
from msgspec.structs import astuple

from . import unique
from .envelope import NO_MEMBERS, members
from .tokens import is_undecodable, shallow

AT_A_TIME = 256
Cells: TypeAlias = Sequence[Any]  # one member of every row: what its kind is read as


class Kind(NamedTuple):
    """What a member is read as, and what stands for one that is not there.

    Args:
        unset: what a decoder puts where the member is not given; told from what `null` is.
        absent: the cell of such a member.
        read: one alone; raises ValidationError.
        lax: its decoder overlooks members within it that it does not know.
    """

    type: object
    unset: object
    absent: object
    read: Callable[[Raw], object]
    lax: bool = False


NOTHING = Raw(b"")
RAW = Kind(Raw, NOTHING, NOTHING, lambda raw: raw)


def given(cell: object) -> bool:
    """Whether there is a value, and not `null`."""
    return cell is not None if not isinstance(cell, Raw) else bool(cell) and bytes(cell) != b"null"


class Odd(Protocol):
    """Takes a member that no cell holds: unknown, or known and of a type that is not its own."""

    def __call__(self, row: int, path: str, raw: Raw, *, known: bool) -> None: ...


class Shape:
    """An object whose known members are *kinds*, some of them objects that have shapes themselves (*inner*).

    Args:
        path: where it is: empty at the top, else its own path and a slash.
        kept: a column holds it whole: then its unknown members are not left over.
    """

    def __init__(
        self, kinds: Mapping[str, Kind], inner: Sequence[Shape] = (), *, path: str = "", kept: bool = False
    ) -> None:
        self._kinds = {path + name: kind for name, kind in kinds.items()}
        self._lax = any(kind.lax for kind in kinds.values())
        self._replaced = [place for place, kind in enumerate(kinds.values()) if kind.unset is not kind.absent]
        self._inner = inner
        self._path = path
        self._kept = kept
        self._known = _struct(kinds, open_ended=True)
        self._decode_known = msgspec.json.Decoder(self._known).decode
        self._decode = msgspec.json.Decoder(_struct(kinds, open_ended=False)).decode

    def read(self, objects: Sequence[Raw], odd: Odd) -> dict[str, Cells]:
        """For each path of a known member its cells, one for each of *objects*.

        Raises:
            MalformedError: one of them is no object, or has a member twice.
        """
        rows: list[msgspec.Struct] = []
        strange: list[int] = []
        reading = map(self._decode, objects)
        while len(rows) < len(objects):
            try:
                rows.extend(reading)
            except ValidationError:
                strange.append(len(rows))
                rows.append(self._oddly(len(rows), objects[len(rows)], odd))
        self._check_unique(rows, objects, strange)
        columns: list[Cells] = [*_turned(rows, width=len(self._kinds))]
        for place in self._replaced:
            columns[place] = _without_unset(columns[place])
        found: dict[str, Cells] = dict(zip(self._kinds, columns, strict=True))
        for shape in self._inner:
            found |= shape.open(found, odd)
        return found

    def _check_unique(self, rows: Sequence[msgspec.Struct], objects: Sequence[Raw], strange: Sequence[int]) -> None:
        """Rule F5, at the speed of compiled types for rows without blanks; *strange* ones were looked at."""
        plain, texts = rows, objects
        if strange:
            left_out = set(strange)
            plain = [row for place, row in enumerate(rows) if place not in left_out]
            texts = [raw for place, raw in enumerate(objects) if place not in left_out]
        for place in unique.differing(plain, texts):
            unique.check_members(bytes(texts[place]), members(texts[place]), lax=self._lax)

    def open(self, found: Mapping[str, Cells], odd: Odd) -> dict[str, Cells]:
        """The same for an inner shape, of the objects that are cells of *found*."""
        own = self._path.removesuffix("/")
        cells: Sequence[Raw] = [*map(shallow, found[own])]
        for row, raw in enumerate(cells):
            if not self._kept and given(raw) and (not _is_object(raw) or not members(raw)):
                odd(row, own, raw, known=True)
        return self.read([raw if _is_object(raw) else NO_MEMBERS for raw in cells], odd)

    def _oddly(self, row: int, raw: Raw, odd: Odd) -> msgspec.Struct:
        """An object with members that are unknown, or of a type that is not theirs."""
        named = members(raw)
        unique.check_members(bytes(raw), named, lax=self._lax)
        said = {self._path + name: value for name, value in named.items()}
        if not self._kept:
            for path in [path for path in said if path not in self._kinds]:
                odd(row, path, said[path], known=False)
        try:
            return self._decode_known(raw)
        except ValidationError:
            return self._one_by_one(row, said, odd)

    def _one_by_one(self, row: int, said: Mapping[str, Raw], odd: Odd) -> msgspec.Struct:
        cells = {path: kind.unset for path, kind in self._kinds.items()}
        for path in [path for path in said if path in cells]:
            try:
                cells[path] = self._kinds[path].read(said[path])
            except ValidationError:
                odd(row, path, said[path], known=True)
        return self._known(*cells.values())


def _turned(rows: Sequence[msgspec.Struct], *, width: int) -> Sequence[Cells]:
    """*rows* as columns; some at a time, so that the tuples on the way are too few to wake the garbage collector."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    for start in range(0, len(rows), AT_A_TIME):
        part = map(astuple, rows[start : start + AT_A_TIME])
        for column, cells in zip(columns, zip(*part, strict=True), strict=True):
            column.extend(cells)
    return columns


def _without_unset(cells: Cells) -> Cells:
    """With None for what is not given, as for what is `null`; most columns are given in all rows or in none."""
    if cells and cells[0] is UNSET and cells.count(UNSET) == len(cells):
        return [None] * len(cells)
    return [None if cell is UNSET else cell for cell in cells]


def _is_object(raw: Raw) -> bool:
    return bytes(raw)[:1] == b"{" and not is_undecodable(raw)


def _struct(kinds: Mapping[str, Kind], *, open_ended: bool) -> type[msgspec.Struct]:
    """Its fields have numbers for names: a member may have a name that Python does not allow."""
    fields = [
        (f"member_{place}", kind.type, msgspec.field(default=kind.unset, name=name))
        for place, (name, kind) in enumerate(kinds.items())
    ]
    return msgspec.defstruct("Known", fields, gc=False, forbid_unknown_fields=not open_ended, omit_defaults=True)


def shape_of(kinds: Mapping[str, Kind], *, path: str = "", kept: bool = False) -> Shape:
    """The shape of the members whose paths begin with *path*; a slash leads into an object."""
    below = [known.removeprefix(path) for known in kinds if known.startswith(path)]
    opened = dict.fromkeys(known.split("/")[0] for known in below if "/" in known)
    own = {
        name: RAW if name in opened else kinds[path + name]
        for name in dict.fromkeys([*below, *opened])
        if "/" not in name
    }
    inner = [shape_of(kinds, path=f"{path}{name}/", kept=kept or path + name in kinds) for name in opened]
    return Shape(own, inner, path=path, kept=kept)
