"""Standard Webhooks signatures with P-256 and SHA-256: which message is signed, and whether a signature fits. Pure.

The vendor shows neither the signature's prefix nor its encoding, so r||s and DER are both read, in either alphabet of
base64, padded or not, after any version prefix.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicNumbers as Point
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

MOST_SIGNATURES = 64  # of one delivery: each costs a verification by every key
PIECES = 2  # of each: its version, which is no signature, and itself
COORDINATE = 32  # bytes
RAW = 2 * COORDINATE
LONGEST_DER = 72
SEQUENCE = 0x30  # the first byte of a DER signature
ALGORITHM = ECDSA(SHA256())
Key: TypeAlias = EllipticCurvePublicKey


def signed_message(*, webhook_id: str, timestamp: str, body: bytes) -> bytes:
    """The bytes that a delivery's signature is over."""
    return f"{webhook_id}.{timestamp}.".encode() + body


def fits(header: str, message: bytes, keys: Sequence[Key]) -> bool:
    """Whether any one of the signatures in *header* was made over *message* by any one of *keys*."""
    found = (list(_as_der(text)) for text in islice(_texts(header), PIECES * MOST_SIGNATURES))
    candidates = [der for signature in islice(filter(None, found), MOST_SIGNATURES) for der in signature]
    return any(_verifies(key, der, message) for der in candidates for key in keys)


def _texts(header: str) -> Iterator[str]:
    """What may be a signature. A comma follows each one's version, and stands where a proxy joined two headers."""
    return (text.group() for text in re.finditer(r"[^\s,]+", header))


def public_key(x: str, y: str) -> Key:
    """The key at a point of P-256; coordinates are base64 in either alphabet, padded or not.

    Raises:
        ValueError: there is no such point.
    """
    numbers = Point(int.from_bytes(decoded(x)), int.from_bytes(decoded(y)), SECP256R1())
    return numbers.public_key()


def decoded(text: str) -> bytes:
    """The bytes that *text* is the base64 of, in either alphabet, padded or not.

    Raises:
        ValueError: it is not base64.
    """
    digits = text.rstrip("=").replace("-", "+").replace("_", "/")
    return binascii.a2b_base64(digits + "=" * (-len(digits) % 4), strict_mode=True)


def _as_der(text: str) -> Iterator[bytes]:
    """The ways to read one signature, as DER."""
    try:
        signature = decoded(text)
    except ValueError:
        return
    if len(signature) == RAW:
        r, s = int.from_bytes(signature[:COORDINATE]), int.from_bytes(signature[COORDINATE:])
        yield encode_dss_signature(r, s)
    if len(signature) <= LONGEST_DER and signature[:1] == bytes([SEQUENCE]):
        yield signature


def _verifies(key: Key, der: bytes, message: bytes) -> bool:
    try:
        key.verify(der, message, ALGORITHM)
    except InvalidSignature:
        return False
    return True
