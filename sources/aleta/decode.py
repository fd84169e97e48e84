"""JSON:API resources to Arrow, exactly. Pure.

The schema decides the columns; nothing is inferred (rules X1, X2). What a column cannot hold, and what no column names,
goes to `extra` under the API's own name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from functools import cache, lru_cache

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from schemas.table import DECIMAL, described_by_api, fact, left_out

from .envelope import Page, Resource

SCALE = Decimal("0.000000000001")
WIDE = Context(prec=4000, rounding=ROUND_HALF_EVEN, Emin=-9999, Emax=9999)
ONE_TYPE_FOR_ALL = "transaction"
LIMIT = Decimal(10) ** 26  # 38 digits, 12 of them decimals
PLAIN = 26  # characters of a number without exponent that is below the limit, whatever its digits
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")  # RFC 8259, section 6

Cell = Raw | None
Leftovers = dict[int, dict[str, bytes]]  # row -> what goes to `extra`: API name -> JSON text


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """One page as columns, and what no schema named."""

    batch: pa.RecordBatch
    drift: Counter[str]


class _Linkage(msgspec.Struct, gc=False):
    id: str
    type: str = ""


class _Relationship(msgspec.Struct, gc=False):
    data: _Linkage | msgspec.UnsetType | None = msgspec.UNSET


_text = msgspec.json.Decoder(str)
_object_of = msgspec.json.Decoder(dict[str, Raw])
_relationship = msgspec.json.Decoder(_Relationship)
_linkage = msgspec.json.Decoder(_Linkage)


def decode(page: Page, *, schema: pa.Schema, elsewhere: frozenset[str] = frozenset()) -> Decoded:
    """Turn one JSON:API page into a batch with the API's part of *schema* (`described_by_api`).

    Args:
        page: resources in server order; attribute names camelCase, either spelling of a relationship.
        schema: a table of `schemas`; money columns are decimal128(38, 12). What it leaves out is dropped.
        elsewhere: to-many relationships that another table holds: neither drift nor `extra`.

    Returns:
        One row per resource, in page order; `extra` is null where nothing is left over; there, a member of a nested
        object goes by its path (`fund/strategy`). Of two spellings that contradict each other, the one that the schema
        lists first fills the column. `drift` counts what no column names, and what contradicts.
    """
    return _plan(schema).decode(page, elsewhere)


@dataclass(slots=True)
class _Sheet:
    """One page on its way to columns: the cells of each path still raw, the linked ids, and what no column takes."""

    rows: int
    cells: list[list[Cell]]
    linked: dict[int, list[str | None]]
    left: Leftovers
    drift: Counter[str]

    @classmethod
    def blank(cls, rows: int, *, width: int, linked: Sequence[int]) -> _Sheet:
        cells: list[list[Cell]] = [[None] * rows for _ in range(width)]
        return cls(rows, cells, {place: [None] * rows for place in linked}, {}, Counter())

    def leave(self, row: int, name: str, raw: Raw) -> None:
        self.left.setdefault(row, {})[name] = canonical(raw)
        self.drift[name.removeprefix("relationships/")] += 1


@cache
def _plan(schema: pa.Schema) -> _Plan:
    return _Plan(schema)


class _Plan:
    """A schema, prepared: which API name fills which columns."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = described_by_api(schema)
        self.paths: dict[str, int] = {}  # path of an attribute -> its slot in the sheet
        self.opened: set[str] = set()  # paths of objects that have a member among those
        self.spellings: list[list[str]] = []  # for each column the paths that fill it, the first listed first
        self.links: dict[str, list[tuple[int, str]]] = {}
        self.kind: int | None = None
        self.dropped = left_out(schema)
        for place, field in enumerate(self.schema):
            self.spellings.append([])
            for path in fact(field, "api").split():
                self._bind(place, path.split("/"))

    def _bind(self, place: int, path: list[str]) -> None:
        match path:
            case ["attributes", *steps]:
                self.opened.update("/".join(steps[:depth]) for depth in range(1, len(steps)))
                self.spellings[place].append("/".join(steps))
                self.paths["/".join(steps)] = len(self.paths)
            case ["relationships", name, *rest]:
                self.links.setdefault(name, []).append((place, rest[0] if rest else "id"))
            case ["type"]:
                self.kind = place

    def decode(self, page: Page, elsewhere: frozenset[str]) -> Decoded:
        sheet = _Sheet.blank(len(page), width=len(self.paths), linked=self._linked_places())
        for row, resource in enumerate(page):
            self._read(row, resource, sheet, elsewhere)
        columns = [self._column(place, field, page, sheet) for place, field in enumerate(self.schema)]
        columns[self.schema.get_field_index("extra")] = _extra(sheet.left, len(page))
        return Decoded(batch=pa.RecordBatch.from_arrays(columns, schema=self.schema), drift=sheet.drift)

    def _linked_places(self) -> list[int]:
        return [place for ends in self.links.values() for place, _ in ends]

    def _read(self, row: int, resource: Resource, sheet: _Sheet, elsewhere: frozenset[str]) -> None:
        for name, raw in resource.attributes.items():
            if name not in self.dropped:
                self._take(row, name, raw, sheet)
        said = resource.relationships
        for name in [*filter(said.__contains__, self.links), *(said.keys() - self.links.keys() - elsewhere)]:
            if not self._link(row, name, said[name], sheet):
                sheet.leave(row, f"relationships/{name}" if name in resource.attributes else name, said[name])

    def _take(self, row: int, path: str, raw: Raw, sheet: _Sheet, *, kept: bool = False) -> None:
        """An attribute, or a member of one, to its slot; *kept*: what it is a part of is in a column as a whole."""
        if path in self.paths:
            sheet.cells[self.paths[path]][row], kept = raw, True
        if path in self.opened:
            self._open(row, path, raw, sheet, kept=kept)
        elif not kept:
            sheet.leave(row, path, raw)

    def _open(self, row: int, path: str, raw: Raw, sheet: _Sheet, *, kept: bool) -> None:
        members = _members(raw)
        for name, value in members.items():
            self._take(row, f"{path}/{name}", value, sheet, kept=kept)
        if not (members or kept) and _given(raw):
            sheet.left.setdefault(row, {})[path] = whole(raw)

    def _link(self, row: int, name: str, raw: Raw, sheet: _Sheet) -> bool:
        """One relationship of one row into its columns; False when it is unknown, not to-one, or contradicts a spelling
        of itself that is listed before it.
        """
        ends = self.links.get(name, [])
        known, linkage = _to_one(raw) if ends else (False, None)
        if linkage is None:
            return known
        said = {place: value for place, end in ends if (value := linkage.id if end == "id" else linkage.type)}
        if any(sheet.linked[place][row] not in {None, value} for place, value in said.items()):
            return False
        for place, value in said.items():
            sheet.linked[place][row] = value
        return True

    def _column(self, place: int, field: pa.Field, page: Page, sheet: _Sheet) -> pa.Array:
        if fact(field, "api") == "id":
            return pa.array([resource.id for resource in page], pa.string())
        if place in sheet.linked:
            return pa.array(sheet.linked[place], pa.string())
        cells, named = self._said(place, sheet)
        array, misfits = _CONVERTERS[field.type, bool(fact(field, "json"))](cells)
        for row in misfits:
            raw = cells[row]
            sheet.left.setdefault(row, {})[named.get(row, self.spellings[place][0])] = whole(raw) if raw else b"null"
        return self._kinds(array, page, sheet.left) if place == self.kind else array

    def _said(self, place: int, sheet: _Sheet) -> tuple[list[Cell], dict[int, str]]:
        """The cells of a column, and which rows have them from another spelling than the first."""
        first, *others = self.spellings[place] or [""]
        cells: list[Cell] = sheet.cells[self.paths[first]] if first else [None] * sheet.rows
        named: dict[int, str] = {}
        for path in others:
            for row, raw in enumerate(sheet.cells[self.paths[path]]):
                before = cells[row]
                if raw is None or not _given(raw):
                    continue
                if before is None or not _given(before):
                    cells[row], named[row] = raw, path
                elif canonical(before) != canonical(raw):
                    sheet.leave(row, path, raw)
        return cells, named

    def _kinds(self, named: pa.Array, page: Page, left: Leftovers) -> pa.Array:
        """The kind is the resource's type; in the other dialect that is `transaction` and attribute `type` names it."""
        kinds: list[str | None] = named.to_pylist()
        for row, resource in enumerate(page):
            if kinds[row] is None or resource.type != ONE_TYPE_FOR_ALL:
                if kinds[row] is not None:
                    left.setdefault(row, {})["type"] = canonical(resource.attributes["type"])
                kinds[row] = resource.type
        return pa.array(kinds, pa.string())


def _members(raw: Raw) -> dict[str, Raw]:
    return _object_of.decode(raw) if bytes(raw)[:1] == b"{" else {}


def _to_one(raw: Raw) -> tuple[bool, _Linkage | None]:
    """Whether *raw* is a to-one relationship, and its linkage if it has one."""
    try:
        data = _relationship.decode(raw).data
    except msgspec.DecodeError:
        return False, None
    if data is not msgspec.UNSET:
        return True, data
    return _bare(raw)


def _bare(raw: Raw) -> tuple[bool, _Linkage | None]:
    """A linkage without its `data` object, as some of the vendor's samples print it."""
    try:
        return True, _linkage.decode(raw)
    except msgspec.DecodeError:
        return bytes(raw) == b"{}", None


def _extra(left: Leftovers, rows: int) -> pa.Array:
    texts: list[str | None] = [None] * rows
    for row, parts in left.items():
        texts[row] = _object(parts).decode()
    return pa.array(texts, pa.string())


def _object(parts: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(msgspec.json.encode(name) + b":" + parts[name] for name in sorted(parts)) + b"}"


Converted = tuple[pa.Array, Sequence[int]]  # the column, and the rows whose value it could not (wholly) hold


def _numbers(cells: Sequence[Cell]) -> Converted:
    texts = [None if cell is None else _number_text(bytes(cell)) for cell in cells]
    column = pa.array(texts, pa.string())
    if not _safe_to_cast(column):
        return _odd_numbers(cells, texts)
    try:
        return column.cast(DECIMAL), _lost(cells, texts)
    except pa.ArrowInvalid:  # more than 12 decimals
        return _odd_numbers(cells, texts)


def _safe_to_cast(column: pa.Array) -> bool:
    """Arrow's cast takes a number beyond 38 digits for another one without a word: only short, plain ones go there."""
    short = (pc.max(pc.binary_length(column)).as_py() or 0) <= PLAIN
    return short and not pc.any(pc.match_substring_regex(column, "[eE]")).as_py()


def _lost(cells: Sequence[Cell], values: Sequence[object]) -> Sequence[int]:
    """Rows that had a value (not null) and got none."""
    return [row for row, value in enumerate(values) if value is None and _given(cells[row])]


def _given(cell: Cell) -> bool:
    return cell is not None and bytes(cell) != b"null"


def _number_text(raw: bytes) -> str | None:
    """The text of a JSON number, or of a number in a JSON string (an index factor comes as both)."""
    first = raw[:1]
    if first.isdigit() or first == b"-":
        return raw.decode()
    return raw[1:-1].decode() if first == b'"' and _NUMBER.fullmatch(raw, 1, len(raw) - 1) else None


def _exact(text: str) -> Decimal | None:
    """None for an exponent of more digits than `Decimal` takes."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _odd_numbers(cells: Sequence[Cell], texts: Sequence[str | None]) -> Converted:
    """Number by number, for a column that holds one that 12 decimals or 38 digits cannot hold."""
    values: list[Decimal | None] = []
    misfits = list(_lost(cells, texts))
    for row, text in enumerate(texts):
        exact = _exact(text) if text is not None else None
        rounded = fit(exact) if exact is not None else None
        values.append(rounded)
        if text is not None and (exact is None or rounded != exact):
            misfits.append(row)
    return pa.array(values, DECIMAL), misfits


def fit(value: Decimal) -> Decimal | None:
    """*value* at 12 decimals, rounded half-even; None when 38 digits cannot hold it."""
    if value and value.adjusted() > 30:  # noqa: PLR2004 - far beyond 26 digits: not even worth a quantize
        return None
    rounded = Decimal(0) if value.adjusted() < -20 else value.quantize(SCALE, context=WIDE)  # noqa: PLR2004
    return rounded if -LIMIT < rounded < LIMIT else None  # compared exactly: `abs` would round to 28 digits


def _strings(cells: Sequence[Cell]) -> Converted:
    values = [_string(bytes(cell)) if cell is not None else None for cell in cells]
    return pa.array(values, pa.string()), _lost(cells, values)


def _string(raw: bytes) -> str | None:
    if raw[:1] != b'"':
        return None
    return _text.decode(raw) if b"\\" in raw else raw[1:-1].decode()


def _days(cells: Sequence[Cell]) -> Converted:
    values = [_day(bytes(cell)) if cell is not None else None for cell in cells]
    return pa.array(values, pa.date32()), _lost(cells, values)


@lru_cache(maxsize=65_536)
def _iso_day(text: bytes) -> date | None:
    """`fromisoformat` takes weeks and days of the year too: only the one form that `isoformat` gives is a day here."""
    try:
        found = date.fromisoformat(text.decode())
    except ValueError:
        return None
    return found if found.isoformat().encode() == text else None


def _day(raw: bytes) -> date | None:
    return _iso_day(raw[1:-1]) if raw[:1] == b'"' else None


def _flags(cells: Sequence[Cell]) -> Converted:
    values = [{b"true": True, b"false": False}.get(bytes(cell)) if cell is not None else None for cell in cells]
    return pa.array(values, pa.bool_()), _lost(cells, values)


def _json(cells: Sequence[Cell]) -> Converted:
    return pa.array([canonical(cell).decode() if _given(cell) and cell else None for cell in cells], pa.string()), ()


_CONVERTERS: dict[tuple[pa.DataType, bool], Callable[[Sequence[Cell]], Converted]] = {
    (DECIMAL, False): _numbers,
    (pa.string(), False): _strings,
    (pa.date32(), False): _days,
    (pa.bool_(), False): _flags,
    (pa.string(), True): _json,
}


def whole(raw: Raw) -> bytes:
    """A value its column could not hold, to the last digit: a number as a JSON string, so that no reader rounds it."""
    text = bytes(raw)
    return b'"' + text + b'"' if text[:1].isdigit() or text[:1] == b"-" else canonical(raw)


def canonical(raw: Raw) -> bytes:
    """The same JSON value in one form: keys sorted, no blanks, strings escaped one way, numbers as written."""
    text = bytes(raw)
    if text[:1] == b"{":
        members = msgspec.json.decode(text, type=dict[str, Raw])
        return _object({name: canonical(value) for name, value in members.items()})
    if text[:1] == b"[":
        return b"[" + b",".join(canonical(one) for one in msgspec.json.decode(text, type=list[Raw])) + b"]"
    return msgspec.json.encode(_text.decode(text)) if text[:1] == b'"' else text
