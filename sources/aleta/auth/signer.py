"""Who signs assertions: the port, and the signer whose key lies on this machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal, NoReturn, Protocol

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.utils import base64url_decode, base64url_encode

from ..errors import KeyUnusableError

WIDTH = 32  # bytes of a coordinate, of r and of s on P-256 (RFC 7518 section 3.4)
EXPECTED = "expected an unencrypted P-256 private key: PKCS#8 or SEC1 PEM, or a JWK with `d`"


class Signer(Protocol):
    """Signs with one P-256 key. A signer states its own algorithm; where the key lies is its own affair."""

    @property
    def key_id(self) -> str:
        """The `kid` under which Aleta knows the public key."""
        ...

    @property
    def algorithm(self) -> Literal["ES256"]: ...

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes r||s over SHA-256 of *message* (JOSE form, RFC 7518 section 3.4).

        Raises:
            KeyUnusableError: the key cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSigner:
    """A private key in this process's memory; its repr shows the key's id only."""

    key_id: str
    _key: ec.EllipticCurvePrivateKey = field(repr=False)
    algorithm: Literal["ES256"] = "ES256"

    @classmethod
    def parse(cls, text: str, *, key_id: str) -> LocalSigner:
        r"""Read a private key: PKCS#8 or SEC1 PEM, or a JWK.

        A PEM from an environment variable may spell its line ends as `\n`.

        Raises:
            KeyUnusableError: anything else; says what it is and what was expected, and nothing of the text.
        """
        text = text.lstrip("\ufeff").strip()  # some editors begin a file with a byte order mark
        key = _from_jwk(text) if text.startswith("{") else _from_pem(text.replace("\\n", "\n"))
        return cls(key_id=key_id, _key=key)

    @property
    def public_jwk(self) -> dict[str, str]:
        """What Aleta may know of the key: `kty crv x y`, `alg`, `use`, and `kid`, its RFC 7638 thumbprint."""
        numbers = self._key.public_key().public_numbers()
        return public_jwk(numbers.x.to_bytes(WIDTH, "big"), numbers.y.to_bytes(WIDTH, "big"))

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(WIDTH, "big") + s.to_bytes(WIDTH, "big")


def generate() -> tuple[str, dict[str, str]]:
    """A new key: the private part as PKCS#8 PEM text, the public part as a JWK."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    return pem, LocalSigner(key_id="", _key=key).public_jwk


def public_jwk(x: bytes, y: bytes) -> dict[str, str]:
    """The public JWK of the point (*x*, *y*), each 32 bytes, big-endian; `kid` is the thumbprint of RFC 7638."""
    point = {"crv": "P-256", "kty": "EC", "x": base64url_encode(x).decode(), "y": base64url_encode(y).decode()}
    canonical = msgspec.json.encode(point, order="sorted")  # section 3: these members only, sorted, without blanks
    thumbprint = base64url_encode(hashlib.sha256(canonical).digest()).decode()
    return point | {"alg": "ES256", "use": "sig", "kid": thumbprint}


class _Jwk(msgspec.Struct):
    kty: str
    crv: str = ""
    x: str = ""
    y: str = ""
    d: str = ""


def _from_jwk(text: str) -> ec.EllipticCurvePrivateKey:
    try:
        jwk = msgspec.json.decode(text, type=_Jwk)
    except msgspec.MsgspecError:
        _unusable("is JSON, but no JWK")
    if jwk.kty != "EC":
        _unusable("is no elliptic-curve key")
    if jwk.crv != "P-256":
        _unusable("is on another curve than P-256")
    if not jwk.d:
        _unusable("is a public key")
    return _from_numbers(jwk)


def _from_numbers(jwk: _Jwk) -> ec.EllipticCurvePrivateKey:
    try:
        x, y, d = (int.from_bytes(base64url_decode(part), "big") for part in (jwk.x, jwk.y, jwk.d))
        point = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
        return ec.EllipticCurvePrivateNumbers(d, point).private_key()
    except ValueError:  # never chained: its text may hold a piece of the key
        _unusable("is a JWK whose x, y and d do not belong together")


def _from_pem(text: str) -> ec.EllipticCurvePrivateKey:
    if "PUBLIC KEY-----" in text:
        _unusable("is a public key")
    if "ENCRYPTED" in text:
        _unusable("is encrypted")
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # never chained, as above
        _unusable("cannot be read")
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        _unusable("is no elliptic-curve key")
    if not isinstance(key.curve, ec.SECP256R1):
        _unusable("is on another curve than P-256")
    return key


def _unusable(what: str) -> NoReturn:
    raise KeyUnusableError(f"the private key {what}; {EXPECTED}") from None
