"""One delivery: what its headers and its body must say. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

CALCULATED = "calculated_data.created"
"""The one documented event: a round of computation has finished for a client."""

TOLERANCE = timedelta(minutes=5)
LONGEST_NAME = 200  # of an id or a type
_SECONDS = re.compile(r"[0-9]{1,11}")
_WEBHOOK_ID = re.compile(rf"[!-~]{{1,{LONGEST_NAME}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One accepted delivery.

    Args:
        client_id: whose figures are new; None where the event names nobody.
        tried: a run took it up already, and could not read all of its client.
    """

    webhook_id: str
    type: str
    client_id: str | None
    received_at: datetime
    tried: bool = False

    @property
    def wants_sync(self) -> bool:
        return self.type == CALCULATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The headers that a delivery is signed with."""

    webhook_id: str
    timestamp: str
    signatures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a body says."""

    type: str
    client_id: str | None


class UnsignedError(Exception):
    """The headers cannot prove who sent it (401)."""


class BodyError(Exception):
    """Not the documented body (400)."""


class _Body(msgspec.Struct):
    type: str
    timestamp: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()


class _Names(msgspec.Struct):
    clientId: object = None  # noqa: N815 - the API's name


def envelope(headers: Mapping[str, str], *, now: datetime) -> Envelope:
    """The signing headers, of a delivery that was sent within the last five minutes.

    Args:
        headers: names in small letters; `items` has every line of a header that came in several.

    Raises:
        UnsignedError: one of them is missing or malformed, or the time is more than five minutes off.
    """
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _WEBHOOK_ID.fullmatch(webhook_id) or not _SECONDS.fullmatch(timestamp):
        raise UnsignedError("webhook-id or webhook-timestamp is missing or malformed")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise UnsignedError("webhook-timestamp is more than 5 minutes off")
    signatures = " ".join(value for name, value in headers.items() if name == "webhook-signature")
    return Envelope(webhook_id=webhook_id, timestamp=timestamp, signatures=signatures)


def event(body: bytes) -> Event:
    """What *body* says; of an event that nobody documented, its type is enough.

    Raises:
        BodyError: it is not the documented JSON object.
    """
    try:
        given = msgspec.json.decode(body, type=_Body)
        client_id = _client_id(given.data)
        timestamp = _text(given.timestamp)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BodyError("not an object with the texts type and timestamp, and the object data") from None
    if not _is_name(given.type):
        raise BodyError("type is empty, too long, or not printable")
    if given.type == CALCULATED and not (client_id and timestamp):
        raise BodyError("data.clientId or timestamp is missing, empty, too long, or not printable")
    return Event(type=given.type, client_id=client_id)


def _client_id(data: msgspec.Raw) -> str | None:
    """The client's id; None where there is none that an id could be."""
    named = msgspec.json.decode(data, type=_Names) if bytes(data)[:1] == b"{" else _Names()
    return named.clientId if isinstance(named.clientId, str) and _is_name(named.clientId) else None


def _text(raw: msgspec.Raw) -> str:
    return msgspec.json.decode(raw, type=str) if bytes(raw)[:1] == b'"' else ""


def _is_name(text: str) -> bool:
    return 0 < len(text) <= LONGEST_NAME and text.isprintable()
