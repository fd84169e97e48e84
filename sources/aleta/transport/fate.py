"""What is known of a write once its answer came, or did not (rule F4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from .outcome import header

DONE = frozenset({200, 201, 202, 204})
UNTOUCHED = frozenset({401, 408, 429})
"""Who answers so did not handle the request: no bearer, no whole request, no budget."""
SERVER_ERRORS = 500
UNAVAILABLE = 503
GONE = 404


class Fate(StrEnum):
    """What became of one write."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"  # not written, and the same again would be rejected again
    NOT_TAKEN = "not_taken"  # not written, and the same may be sent again whatever it is
    UNKNOWN = "unknown"  # sent, and nobody can say


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One attempt's end: *code* and *message* for the report, *wait_s* what `Retry-After` asks, *status* 0: none."""

    fate: Fate
    code: str = ""
    message: str = ""
    status: int = 0
    wait_s: float | None = None


def fate(method: str, status: int, headers: Mapping[str, str], body: bytes) -> Fate:
    """What an answer says of the write it answers.

    A 5xx is no word on whether the write was done before the failure: a gateway that lost its upstream says the same
    as one that never reached it. Only a 503 with `Retry-After` is an invitation to send the same request again.
    """
    if method == "DELETE" and status == GONE:
        return Fate.CONFIRMED
    if status in DONE:
        return Fate.UNKNOWN if _contradicts(body) else Fate.CONFIRMED
    if status in UNTOUCHED or (status == UNAVAILABLE and header(headers, "Retry-After")):
        return Fate.NOT_TAKEN
    return Fate.UNKNOWN if status >= SERVER_ERRORS else Fate.REJECTED


_document = msgspec.json.Decoder(float_hook=str)  # an answer may echo a number that no float holds


def _contradicts(body: bytes) -> bool:
    """Whether the body of a success is none: a page of a gateway, a list of errors, half of some JSON, or no text.

    Any other text was said by who took the request, and no form of it is documented.
    """
    try:
        text = body.decode("utf-8-sig").lstrip()
        said = _document.decode(text) if text.startswith(("<", "{", "[")) else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return True
    if isinstance(said, dict):
        return bool(said.get("errors")) or ("errors" in said and "data" not in said)
    return bool(said)
