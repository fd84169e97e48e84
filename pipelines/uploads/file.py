"""A file of rows to upload, checked whole: CSV or Parquet in, rows or every mistake out."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

from ..settings import reason_of
from .columns import Mistake, flaw
from .kinds import Kind, Row, row
from .parquet import MAGIC, parquet_records

Record: TypeAlias = tuple[int, list[str]]
OTHER_FORMATS: Mapping[bytes, str] = {
    b"PK\x03\x04": "an Excel workbook or another zip file: save it as CSV, UTF-8",
    codecs.BOM_UTF16_LE: "text in UTF-16: save it as UTF-8",
    codecs.BOM_UTF16_BE: "text in UTF-16: save it as UTF-8",
}


class FileError(Exception):
    """A file that nothing is sent of (exit 2): every mistake, in the order of the lines."""

    code = "file"

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        super().__init__(f"{len(self.mistakes)} mistakes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The rows of a file without a mistake; *warnings* are sentences for the operator."""

    rows: tuple[Row, ...]
    warnings: tuple[str, ...] = ()


def read(path: Path, kind: Kind) -> Checked:
    """Read and check the whole of *path*.

    Args:
        path: CSV with a header, in UTF-8 with or without a byte order mark, cells parted by `;` or `,`; or Parquet.

    Raises:
        FileError: there is a mistake in it, or it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError([Mistake(line=0, code="file", message=f"{path} cannot be read: {reason_of(error)}")]) from None
    if content.startswith(MAGIC):
        names, records, mistakes, warnings = parquet_records(content)
        if mistakes:
            raise FileError(mistakes)
        return Checked(rows=_rows(kind, names, records, mistakes, header_line=0), warnings=warnings)
    if path.suffix == ".parquet":
        message = "no Parquet file: it does not begin as one. Was it written to its end?"
        raise FileError([Mistake(line=0, code="file", message=message)])
    (header_line, names), records, mistakes = _csv_records(content)
    return Checked(rows=_rows(kind, names, records, mistakes, header_line=header_line))


def _csv_records(content: bytes) -> tuple[Record, list[Record], list[Mistake]]:
    """The header, the lines below it that are not blank, and where the text could not be read on."""
    text = _text(content)
    first = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    records: list[Record] = []
    mistakes: list[Mistake] = []
    line = 1
    try:
        for cells in reader:
            if cells:
                records.append((line, [cell.strip(" \t") for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        mistakes.append(Mistake(line=line, code="csv", message=f"no CSV from here on: {error}"))
    if not records:
        message = "no header: the first line names the columns"
        raise FileError([*mistakes, Mistake(line=1, code="header", message=message)])
    return records[0], records[1:], mistakes


def _text(content: bytes) -> str:
    for mark, what in OTHER_FORMATS.items():
        if content.startswith(mark):
            raise FileError([Mistake(line=0, code="encoding", message=f"this is {what}")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError([Mistake(line=line, code="encoding", message="not UTF-8: save the file as UTF-8")]) from None


def _rows(
    kind: Kind, names: list[str], records: Iterable[Record], mistakes: list[Mistake], *, header_line: int
) -> tuple[Row, ...]:
    wrong = list(_header_mistakes(kind, names, line=header_line))
    if wrong:  # what the cells mean is not known
        raise FileError([*mistakes, *wrong])
    found: list[Row] = []
    keys = _Keys(kind)
    for line, cells in records:
        if len(cells) != len(names):
            mistakes.append(_miscounted(names, cells, line=line))
            continue
        values = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
        mistakes += [*_flaws(kind, values, line=line), *keys.repeated(values, line=line)]
        if not mistakes:
            found.append(row(kind, values, line=line))
    if mistakes:
        raise FileError(mistakes)
    return tuple(found)


def _header_mistakes(kind: Kind, names: list[str], *, line: int) -> Iterator[Mistake]:
    known = [column.name for column in kind.columns]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Mistake(line=line, code="header", message=f"column {name!r} is there twice")
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"{kind.name} has {', '.join(known)}"
            yield Mistake(line=line, code="header", message=f"unknown column {name[:40]!r}: {hint}")
    for column in kind.columns:
        if not column.optional and column.name not in names:
            yield Mistake(line=line, code="header", message=f"column {column.name} is missing")


def _miscounted(names: list[str], cells: list[str], *, line: int) -> Mistake:
    return Mistake(line=line, code="cells", message=f"{len(cells)} cells where the header has {len(names)}")


def _flaws(kind: Kind, values: Mapping[str, str], *, line: int) -> Iterator[Mistake]:
    for column in kind.columns:
        cell = values.get(column.name, "")
        if not cell and not column.optional:
            yield Mistake(line=line, code="missing", message=f"{column.name} is empty")
        if cell and (wrong := flaw(column.form, cell)):
            yield Mistake(line=line, code=str(column.form), message=f"{column.name}: {wrong}")


class _Keys:
    """The same key twice in one file is a mistake: which of the two is meant?"""

    def __init__(self, kind: Kind) -> None:
        self._names = kind.key
        self._first: dict[tuple[str, ...], int] = {}

    def repeated(self, values: Mapping[str, str], *, line: int) -> Iterator[Mistake]:
        key = tuple(values.get(name, "") for name in self._names)
        first = self._first.setdefault(key, line) if all(key) else line
        if first != line:
            message = f"the same {', '.join(self._names)} as in line {first}: keep one of the two"
            yield Mistake(line=line, code="duplicate", message=message)
