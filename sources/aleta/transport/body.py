"""A body is whole or it is an error (rule F1): HTTP libraries do not notice every cut. Pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from ..errors import UnavailableError
from .outcome import header

if TYPE_CHECKING:
    from collections.abc import Mapping

GZIP = 16 + zlib.MAX_WBITS


def unpacked(wire: bytes, headers: Mapping[str, str]) -> bytes:
    """The content of *wire*, the body's bytes as they came (chunks joined).

    Raises:
        UnavailableError: fewer bytes than announced, a gzip stream without its end, or another coding than was asked.
    """
    _check_length(len(wire), headers)
    coding = header(headers, "Content-Encoding").lower()
    if coding in {"", "identity"}:
        return wire
    if coding in {"gzip", "x-gzip"}:
        return _gunzip(wire)
    raise UnavailableError("the answer is in a content coding that was not asked for")


def _check_length(received: int, headers: Mapping[str, str]) -> None:
    announced = header(headers, "Content-Length")
    if header(headers, "Transfer-Encoding"):  # then it overrides the length (RFC 9112 section 6.3)
        return
    if announced.isdigit() and int(announced) != received:
        raise UnavailableError(f"the answer broke off after {received} of {announced} bytes")


def _gunzip(wire: bytes) -> bytes:
    """All members of a gzip stream (RFC 1952 section 2.2), the last one with its end."""
    parts: list[bytes] = []
    while wire or not parts:
        stream = zlib.decompressobj(GZIP)
        try:
            parts.append(stream.decompress(wire))
        except zlib.error:
            raise UnavailableError("the answer is a damaged gzip stream") from None
        if not stream.eof:
            raise UnavailableError("the answer broke off within its gzip stream")
        wire = stream.unused_data
    return b"".join(parts)
