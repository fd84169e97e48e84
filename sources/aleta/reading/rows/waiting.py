"""Answers that wait until the planner decides on them: for older days, or for a test (rule C5).

Where a server shows the last rows of a cut answer, histories are read from their newest day on, and all of it waits for
the oldest. So many rows as memory may hold stay there; the others go to files that have no names: nobody else reads
them, and they are gone with the process, however that ends. Each is given back when nothing in it waits any more.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import pyarrow as pa

from ...jsonapi.answer import Answer
from ...planning.windows import Window

MEMORY_ROWS = 30_000
NO_ROWS = pa.RecordBatch.from_arrays([], names=[])
SEGMENT = 64 << 20  # bytes, from which on another file is begun: one answer that waits for long keeps no more than that
LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(slots=True, eq=False)
class _Segment:
    """A file, the bytes written to it, and how many batches in it wait."""

    file: IO[bytes]
    end: int = 0
    batches: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the rows of a batch are, in bytes."""

    segment: _Segment
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class _Filed:
    """An answer without its rows, and where they are."""

    rest: Answer
    batch: _Place
    links: Mapping[str, _Place]


@dataclass(slots=True, kw_only=True)
class WaitingAnswers:
    """By parent and window; each is taken once.

    Args:
        folder: of the files; None for the system's own. Only its space is used: no name appears in it.
        memory_rows: rows that stay in memory.

    Raises:
        OSError: by `add` and `take`, where a file cannot be written or read.
    """

    folder: Path | None = None
    memory_rows: int = MEMORY_ROWS
    _answers: dict[tuple[str, Window], Answer | _Filed] = field(default_factory=dict)
    _rows: int = 0  # in memory
    _segments: list[_Segment] = field(default_factory=list)  # the last is written to

    def add(self, parent: str, window: Window, answer: Answer) -> None:
        """In place of what waited of the same window."""
        self._forget(parent, window)
        rows = answer.batch.num_rows
        if rows and self._rows + rows > self.memory_rows:
            self._answers[parent, window] = self._put(answer)
        else:
            self._answers[parent, window] = answer
            self._rows += rows

    def take(self, parent: str, window: Window) -> Answer | None:
        """The answer, which waits no longer; None where none waited."""
        waits = self._answers.get((parent, window))
        answer = self._get(waits) if isinstance(waits, _Filed) else waits
        self._forget(parent, window)
        return answer

    def drop(self, parent: str) -> None:
        """What waits of *parent* is of no use."""
        for own, window in [asked for asked in self._answers if asked[0] == parent]:
            self._forget(own, window)

    def close(self) -> None:
        """Give the space back."""
        for segment in self._segments:
            segment.file.close()
        self._segments.clear()

    def _put(self, answer: Answer) -> _Filed:
        return _Filed(
            rest=replace(answer, batch=NO_ROWS, links={}),
            batch=self._write(answer.batch),
            links={name: self._write(rows) for name, rows in answer.links.items()},
        )

    def _get(self, filed: _Filed) -> Answer:
        links = {name: self._read(place) for name, place in filed.links.items()}
        return replace(filed.rest, batch=self._read(filed.batch), links=links)

    def _forget(self, parent: str, window: Window) -> None:
        """Nothing is read; a file in which nothing is left is closed, and the last one emptied."""
        match self._answers.pop((parent, window), None):
            case Answer() as answer:
                self._rows -= answer.batch.num_rows
            case _Filed() as filed:
                for place in (filed.batch, *filed.links.values()):
                    self._leave(place.segment)

    def _leave(self, segment: _Segment) -> None:
        segment.batches -= 1
        if segment.batches:
            return
        if segment is self._segments[-1]:
            os.ftruncate(segment.file.fileno(), 0)
            segment.end = 0
        else:
            self._segments.remove(segment)
            segment.file.close()

    def _segment(self) -> _Segment:
        """The one to write to."""
        if not self._segments or self._segments[-1].end >= SEGMENT:
            file = tempfile.TemporaryFile(dir=self.folder, buffering=0)  # noqa: SIM115 - closed by `close`
            self._segments.append(_Segment(file))
        return self._segments[-1]

    def _write(self, batch: pa.RecordBatch) -> _Place:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema, options=LZ4) as stream:
            stream.write_batch(batch)
        segment, packed = self._segment(), memoryview(sink.getvalue())
        offset = segment.end
        while packed:
            written = os.pwrite(segment.file.fileno(), packed, segment.end)
            packed, segment.end = packed[written:], segment.end + written
        segment.batches += 1
        return _Place(segment, offset, segment.end - offset)

    def _read(self, place: _Place) -> pa.RecordBatch:
        packed = os.pread(place.segment.file.fileno(), place.length, place.offset)
        with pa.ipc.open_stream(packed) as stream:
            return stream.read_next_batch()
