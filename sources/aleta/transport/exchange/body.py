"""A body is whole or it is an error (rule F1): HTTP libraries do not notice every cut. Pure but for its allowance."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...errors import UnavailableError
from ..outcome import header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .allowance import Allowance

GZIP = 16 + zlib.MAX_WBITS
AT_ONCE = 1 << 20  # bytes unpacked in one step: a small piece may hold a thousand times as much


def whole_body(pieces: Iterable[bytes], headers: Mapping[str, str], allowance: Allowance) -> bytes:
    """The content of *pieces*, the body's bytes as they came (chunks joined).

    Raises:
        UnavailableError: fewer bytes than announced, a gzip stream without its end, or another coding than was asked.
        TooLargeError: more content than *allowance* has.
    """
    announced = _announced(headers)
    wire = _Counted(pieces)
    content = bytearray()
    for piece in _decoded(wire, header(headers, "Content-Encoding").lower()):
        allowance.unpacked(len(piece))
        content += piece
    if announced is not None and announced != wire.count:
        raise UnavailableError(f"the answer broke off after {wire.count} of {announced} bytes")
    return bytes(content)


class _Counted:
    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.count += len(piece)
            yield piece


def _announced(headers: Mapping[str, str]) -> int | None:
    """The `Content-Length`; with chunks it says nothing (RFC 9112 section 6.3)."""
    if header(headers, "Transfer-Encoding"):
        return None
    lengths = {text.strip() for text in header(headers, "Content-Length").split(",")} - {""}
    if not lengths:
        return None
    [text] = lengths if len(lengths) == 1 else [""]
    if not (text.isascii() and text.isdigit() and len(text) < 20):  # noqa: PLR2004 - digits of the largest file there is
        raise UnavailableError("the answer announces a length that is no number")
    return int(text)


def _decoded(wire: Iterable[bytes], coding: str) -> Iterator[bytes]:
    if coding in {"", "identity"}:
        return iter(wire)
    if coding in {"gzip", "x-gzip"}:
        return _gunzipped(wire)
    raise UnavailableError("the answer is in a content coding that was not asked for")


def _gunzipped(wire: Iterable[bytes]) -> Iterator[bytes]:
    """All members of a gzip stream (RFC 1952 section 2.2), the last one with its end."""
    stream = zlib.decompressobj(GZIP)
    for piece in wire:
        waiting = piece
        while waiting:
            if stream.eof:
                stream = zlib.decompressobj(GZIP)
            try:
                yield stream.decompress(waiting, AT_ONCE)
            except zlib.error:
                raise UnavailableError("the answer is a damaged gzip stream") from None
            waiting = stream.unused_data if stream.eof else stream.unconsumed_tail
    while not stream.eof:  # what a full step left within the stream
        rest = stream.decompress(b"", AT_ONCE)
        if not rest:
            raise UnavailableError("the answer broke off within its gzip stream")
        yield rest
