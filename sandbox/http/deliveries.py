"""Webhooks as the vendor sends them, and as a forger does: signed deliveries, in every encoding that is read.

What they are signed with: `world.webhook_keys`. Standard Webhooks: P-256 and SHA-256 over `{id}.{timestamp}.{body}`.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

COORDINATE = 32
TIMEOUT_S = 30.0
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to send.

    Args:
        client_id: whose figures are new.
        webhook_id: empty: one that the time gives.
        type: the event's.
        body: instead of the documented one.
        encoding: of the signature: `raw` (r||s) or `der`.
        alphabet: of its base64: `standard` or `url`.
        padded: whether the base64 is.
        prefix: before the signature's comma.
        before: signatures that stand before the right one, which do not fit.
        age_s: how long ago it was signed; negative: ahead.
        forged: signed with a key that is not the vendor's.
    """

    client_id: str = ""
    webhook_id: str = ""
    type: str = "calculated_data.created"
    body: str | None = None
    encoding: str = "raw"
    alphabet: str = "standard"
    padded: bool = True
    prefix: str = "v1a"
    before: Sequence[str] = ()
    age_s: float = 0.0
    forged: bool = False

    def __post_init__(self) -> None:
        if self.encoding not in {"raw", "der"} or self.alphabet not in {"standard", "url"}:
            raise ValueError("encoding is raw or der, alphabet is standard or url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A delivery, ready to be sent, as often as one likes."""

    headers: Mapping[str, str]
    body: bytes


def sign(wanted: Wanted, key: ec.EllipticCurvePrivateKey, *, now: datetime) -> Signed:
    """The delivery that *wanted* describes, signed with *key*, or a key that nobody knows if it is to be forged."""
    at = now.timestamp() - wanted.age_s
    webhook_id = wanted.webhook_id or f"msg_{now.timestamp() * 1e6:.0f}"
    body = (wanted.body if wanted.body is not None else _body(wanted, at)).encode()
    signer = ec.generate_private_key(ec.SECP256R1()) if wanted.forged else key
    der = signer.sign(f"{webhook_id}.{at:.0f}.".encode() + body, ec.ECDSA(SHA256()))
    signatures = " ".join([*wanted.before, f"{wanted.prefix},{_encoded(der, wanted)}"])
    headers = {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": f"{at:.0f}",
        "webhook-signature": signatures,
    }
    return Signed(headers=headers, body=body)


def send(signed: Signed, url: str) -> int:
    """POST it to *url*, on this machine; the status of the answer.

    Raises:
        ValueError: *url* is elsewhere.
        OSError: nobody answers there.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        raise ValueError(f"{url} is not an http:// address of this machine")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_S)
    try:
        connection.request("POST", parts.path, signed.body, dict(signed.headers))
        return connection.getresponse().status  # its words may be cut by a proxy, and are not looked at
    finally:
        connection.close()


def _body(wanted: Wanted, at: float) -> str:
    """As documented; the time has no zone, as in the vendor's sample."""
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return json.dumps({"type": wanted.type, "timestamp": stamp, "data": {"clientId": wanted.client_id}})


def _encoded(der: bytes, wanted: Wanted) -> str:
    signature = der
    if wanted.encoding == "raw":
        signature = b"".join(number.to_bytes(COORDINATE) for number in decode_dss_signature(der))
    encode = base64.b64encode if wanted.alphabet == "standard" else base64.urlsafe_b64encode
    text = encode(signature).decode()
    return text if wanted.padded else text.rstrip("=")
