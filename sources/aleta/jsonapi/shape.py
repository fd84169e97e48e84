"""The members of JSON objects that a schema knows, read at the speed of compiled types. Pure.

Nearly every row has known members of known types only: msgspec reads it in one go, into a struct made for the schema.
A row that does not fit is read member by member, so that nothing of it is lost (rule X2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec
from msgspec import Raw, ValidationError
from msgspec.structs import astuple

from .envelope import NO_MEMBERS, members

AT_A_TIME = 256
Cells: TypeAlias = Sequence[Any]  # one member of every row: what its kind is read as


class Kind(NamedTuple):
    """What a member is read as, what stands for one that is not there, and how to read one alone."""

    type: object
    absent: object
    read: Callable[[Raw], object]  # raises ValidationError


NOTHING = Raw(b"")
RAW = Kind(Raw, NOTHING, lambda raw: raw)


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
        self._inner = inner
        self._path = path
        self._kept = kept
        self._known = _struct(kinds, open_ended=True)
        self._decode_known = msgspec.json.Decoder(self._known).decode
        self._decode = msgspec.json.Decoder(_struct(kinds, open_ended=False)).decode

    def read(self, objects: Sequence[Raw], odd: Odd) -> dict[str, Cells]:
        """For each path of a known member its cells, one for each of *objects*.

        Raises:
            MalformedError: one of them is no object.
        """
        rows: list[msgspec.Struct] = []
        reading = map(self._decode, objects)
        while len(rows) < len(objects):
            try:
                rows.extend(reading)
            except ValidationError:
                rows.append(self._oddly(len(rows), objects[len(rows)], odd))
        found: dict[str, Cells] = dict(zip(self._kinds, _turned(rows, width=len(self._kinds)), strict=True))
        for shape in self._inner:
            found |= shape.open(found, odd)
        return found

    def open(self, found: Mapping[str, Cells], odd: Odd) -> dict[str, Cells]:
        """The same for an inner shape, of the objects that are cells of *found*."""
        own = self._path.removesuffix("/")
        cells: Sequence[Raw] = found[own]
        for row, raw in enumerate(cells):
            if not self._kept and given(raw) and (bytes(raw)[:1] != b"{" or not members(raw)):
                odd(row, own, raw, known=True)
        return self.read([raw if bytes(raw)[:1] == b"{" else NO_MEMBERS for raw in cells], odd)

    def _oddly(self, row: int, raw: Raw, odd: Odd) -> msgspec.Struct:
        """An object with members that are unknown, or of a type that is not theirs."""
        said = {self._path + name: value for name, value in members(raw).items()}
        if not self._kept:
            for path in [path for path in said if path not in self._kinds]:
                odd(row, path, said[path], known=False)
        try:
            return self._decode_known(raw)
        except ValidationError:
            return self._one_by_one(row, said, odd)

    def _one_by_one(self, row: int, said: Mapping[str, Raw], odd: Odd) -> msgspec.Struct:
        cells = {path: kind.absent for path, kind in self._kinds.items()}
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
        some = map(astuple, rows[start : start + AT_A_TIME])
        for column, cells in zip(columns, zip(*some, strict=True), strict=True):
            column.extend(cells)
    return columns


def _struct(kinds: Mapping[str, Kind], *, open_ended: bool) -> type[msgspec.Struct]:
    """Its fields have numbers for names: a member may have a name that Python does not allow."""
    fields = [
        (f"member_{place}", kind.type, msgspec.field(default=kind.absent, name=name))
        for place, (name, kind) in enumerate(kinds.items())
    ]
    return msgspec.defstruct("Known", fields, gc=False, forbid_unknown_fields=not open_ended)


def shape_of(kinds: Mapping[str, Kind], *, path: str = "", kept: bool = False) -> Shape:
    """The shape of the members whose paths begin with *path*; a slash leads into an object."""
    below = [one.removeprefix(path) for one in kinds if one.startswith(path)]
    opened = dict.fromkeys(one.split("/")[0] for one in below if "/" in one)
    own = {
        name: RAW if name in opened else kinds[path + name]
        for name in dict.fromkeys([*below, *opened])
        if "/" not in name
    }
    inner = [shape_of(kinds, path=f"{path}{name}/", kept=kept or path + name in kinds) for name in opened]
    return Shape(own, inner, path=path, kept=kept)
