"""The keys of webhook signatures: a JWK set in plain JSON, partly not as RFC 7518 requires. Pure."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from random import Random

from cryptography.hazmat.primitives.asymmetric import ec

BITS = 256
COUNT = 4


def jwks(seed: str) -> list[dict[str, str]]:
    """Active and retired keys; of every second one `x` and `y` are padded base64, as in the vendor's sample."""
    rng = Random(f"{seed}:webhooks")
    return [_jwk(rng, b64encode if turn % 2 else _unpadded) for turn in range(COUNT)]


def _unpadded(number: bytes) -> bytes:
    return urlsafe_b64encode(number).rstrip(b"=")


def _jwk(rng: Random, encode: Callable[[bytes], bytes]) -> dict[str, str]:
    point = ec.derive_private_key(rng.getrandbits(BITS - 1) + 1, ec.SECP256R1()).public_key().public_numbers()
    x, y = (encode(number.to_bytes(BITS // 8)).decode() for number in (point.x, point.y))
    return {"kid": f"{rng.getrandbits(BITS):064x}", "kty": "EC", "crv": "P-256", "x": x, "y": y}
