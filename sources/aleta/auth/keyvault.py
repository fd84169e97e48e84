"""A signer whose private key never leaves an Azure Key Vault; the only file that imports azure."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import urlsplit

from ..errors import KeyUnusableError, SourceError, UnavailableError, UnreachableError
from .signer import WIDTH, public_jwk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import RequestsTransport
    from azure.keyvault.keys import KeyVaultKey
    from azure.keyvault.keys.crypto import CryptographyClient

BUSY = {429, 500, 502, 503, 504}
INSTALL = "install the extra: in the clone of aleta-sync, pip install '.[azure]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPart:
    """What a vault tells of a key: JWK names, big-endian coordinates; x and y are empty for other kinds of key."""

    kty: str
    crv: str
    x: bytes
    y: bytes


class RemoteKey(Protocol):
    """The two calls that a vault has to offer for one key."""

    def public_part(self) -> PublicPart:
        """Ask for the key's public part; needs the right to get keys.

        Raises:
            KeyUnusableError: there is no such key, or this program may not see it.
            UnreachableError, UnavailableError: the vault does not answer, or cannot.
        """
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes, a SHA-256 digest, with ES256; needs the right to sign. Returns the 64 bytes r||s.

        Raises:
            KeyUnusableError: this program may not sign with it.
            UnreachableError, UnavailableError: the vault does not answer, or cannot.
        """
        ...


class KeyVaultSigner:
    """Hashes here, has the digest signed there.

    Args:
        url: `https://VAULT/keys/NAME`, with or without a version behind.
        key_id: the `kid` under which Aleta knows the public key.
        client: what talks to the vault; Azure's own client when not given.
    """

    algorithm: Literal["ES256"] = "ES256"

    def __init__(self, url: str, *, key_id: str, client: RemoteKey | None = None) -> None:
        self.key_id = key_id
        self._url = url
        self._remote = client or AzureKey(url)

    def __repr__(self) -> str:
        return f"KeyVaultSigner({self._url!r}, key_id={self.key_id!r})"

    @cached_property
    def public_jwk(self) -> dict[str, str]:
        """As `LocalSigner.public_jwk`; asks the vault once.

        Raises:
            KeyUnusableError: the key is not P-256, or cannot be seen.
            UnreachableError, UnavailableError: the vault does not answer, or cannot.
        """
        part = self._remote.public_part()
        if part.kty not in {"EC", "EC-HSM"} or part.crv != "P-256":
            raise KeyUnusableError(f"the key {self._url} is {part.kty} {part.crv}".rstrip() + "; expected EC on P-256")
        return public_jwk(part.x.rjust(WIDTH, b"\0"), part.y.rjust(WIDTH, b"\0"))

    def sign(self, message: bytes) -> bytes:
        """As `Signer.sign`; raises UnreachableError and UnavailableError too."""
        _ = self.public_jwk  # a key of another kind is refused before it signs anything
        signature = self._remote.sign_digest(hashlib.sha256(message).digest())
        if len(signature) != 2 * WIDTH:
            raise KeyUnusableError(f"the vault signed with {len(signature)} bytes where ES256 has {2 * WIDTH}")
        return signature


class AzureKey:
    """`RemoteKey` through Azure's SDK, which tries again by itself what may pass.

    Args:
        url: as for `KeyVaultSigner`.
        credential: whoever DefaultAzureCredential finds this process to be, when not given.
        transport: what carries Azure's requests; the SDK's own when not given.
    """

    def __init__(
        self, url: str, *, credential: TokenCredential | None = None, transport: RequestsTransport | None = None
    ) -> None:
        self._vault, self._name, self._version = _parts(url)
        _demand_azure()
        self._credential = credential or _default_credential()
        self._options = {"transport": transport} if transport else {}

    @cached_property
    def _key(self) -> KeyVaultKey:
        from azure.keyvault.keys import KeyClient  # noqa: PLC0415  an optional extra

        return KeyClient(self._vault, self._credential, **self._options).get_key(self._name, self._version)

    @cached_property
    def _crypto(self) -> CryptographyClient:
        from azure.keyvault.keys.crypto import CryptographyClient  # noqa: PLC0415

        return CryptographyClient(self._key, self._credential, **self._options)

    def public_part(self) -> PublicPart:
        with _told(self._vault):
            jwk = vars(self._key.key)
        return PublicPart(kty=_name(jwk["kty"]), crv=_name(jwk["crv"]), x=jwk["x"] or b"", y=jwk["y"] or b"")

    def sign_digest(self, digest: bytes) -> bytes:
        from azure.keyvault.keys.crypto import SignatureAlgorithm  # noqa: PLC0415

        with _told(self._vault):
            return self._crypto.sign(SignatureAlgorithm.es256, digest).signature


def _parts(url: str) -> tuple[str, str, str | None]:
    """Vault, name and version of `https://VAULT/keys/NAME[/VERSION]`."""
    parts = urlsplit(url)
    match [parts.scheme, *parts.path.strip("/").split("/")]:
        case ["https", "keys", name, *version] if name and len(version) <= 1 and parts.hostname:
            return f"https://{parts.netloc}", name, "".join(version) or None
    raise KeyUnusableError(f"{url} is no key in a vault; expected https://VAULT/keys/NAME")


def _demand_azure() -> None:
    try:
        import_module("azure.keyvault.keys.crypto")
        import_module("azure.identity")
    except ImportError as error:
        raise KeyUnusableError(f"a key in a vault needs Azure's client; {INSTALL}") from error


def _default_credential() -> TokenCredential:
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    return DefaultAzureCredential()


def _name(value: object) -> str:
    """Azure gives text, or a member of a text enumeration."""
    return str(getattr(value, "value", value or ""))


@contextmanager
def _told(vault: str) -> Iterator[None]:
    """Azure's errors in our words: kind and status only, for their texts quote requests."""
    from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError  # noqa: PLC0415

    try:
        yield
    except (ServiceRequestError, ServiceResponseError) as error:
        raise UnreachableError(f"{vault} cannot be reached ({type(error).__name__}); check the network") from None
    except AzureError as error:
        raise _refused(vault, type(error).__name__, getattr(error, "status_code", None)) from None


def _refused(vault: str, kind: str, status: int | None) -> SourceError:
    said = f"{kind} {status}" if status else kind
    if status in BUSY:
        return UnavailableError(f"{vault} is busy or broken ({said}); run again when it has recovered")
    advice = "check the key's name and that this identity may get it and sign with it"
    return KeyUnusableError(f"{vault} refused the key ({said}); {advice}")
