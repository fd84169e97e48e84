"""The keys of webhook signatures: a JWK set in plain JSON, partly not as RFC 7518 requires. Pure."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from random import Random

from cryptography.hazmat.primitives.asymmetric import ec

BITS = 256
COUNT = 4


def jwks(seed: str, rotations: int = 0) -> list[dict[str, str]]:
    """Active and retired keys; of every second one `x` and `y` are padded base64, as in the vendor's sample.

    Args:
        rotations: how often the oldest was withdrawn and a new one taken.
    """
    encoders = (_unpadded, b64encode)
    return [_jwk(key, kid, encoders[turn % 2]) for turn, (key, kid) in enumerate(_keys(seed, rotations))][-COUNT:]


def signing_key(seed: str, rotations: int = 0) -> ec.EllipticCurvePrivateKey:
    """The newest of these keys: what deliveries are signed with."""
    return _keys(seed, rotations)[-1][0]


def _keys(seed: str, rotations: int) -> list[tuple[ec.EllipticCurvePrivateKey, str]]:
    """All keys so far, oldest first, with their `kid`."""
    rng = Random(f"{seed}:webhooks")
    return [_key(rng) for _ in range(COUNT + rotations)]


def _key(rng: Random) -> tuple[ec.EllipticCurvePrivateKey, str]:
    return ec.derive_private_key(rng.getrandbits(BITS - 1) + 1, ec.SECP256R1()), f"{rng.getrandbits(BITS):064x}"


def _unpadded(number: bytes) -> bytes:
    return urlsafe_b64encode(number).rstrip(b"=")


def _jwk(key: ec.EllipticCurvePrivateKey, kid: str, encode: Callable[[bytes], bytes]) -> dict[str, str]:
    point = key.public_key().public_numbers()
    x, y = (encode(number.to_bytes(BITS // 8)).decode() for number in (point.x, point.y))
    return {"kid": kid, "kty": "EC", "crv": "P-256", "x": x, "y": y}
