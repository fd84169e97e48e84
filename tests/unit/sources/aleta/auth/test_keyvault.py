"""A key that stays in a vault."""

from __future__ import annotations

import base64
import io
import json
import sys

import jwt
import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from urllib3 import HTTPResponse

from sources.aleta.auth.keyvault import AzureKey, KeyVaultSigner, PublicPart
from sources.aleta.errors import KeyUnusableError, UnavailableError, UnreachableError

URL = "https://vault.example/keys/aleta"


class FakeVault:
    """A vault with one key; holds digests, never messages."""

    def __init__(self, *, kty="EC", crv="P-256", signature=None) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._kty, self._crv, self._signature = kty, crv, signature
        self.asked: list[str] = []

    def public_part(self) -> PublicPart:
        self.asked.append("public")
        numbers = self._key.public_key().public_numbers()
        width = (numbers.x.bit_length() + 7) // 8  # a vault may leave leading zeros out
        return PublicPart(
            kty=self._kty, crv=self._crv, x=numbers.x.to_bytes(width, "big"), y=numbers.y.to_bytes(32, "big")
        )

    def sign_digest(self, digest: bytes) -> bytes:
        self.asked.append("sign")
        assert len(digest) == 32
        r, s = decode_dss_signature(self._key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
        return self._signature or r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_the_vault_signs_the_digest_of_what_is_hashed_here():
    """The signature verifies over the whole message, with the public part that the vault gave."""
    vault = FakeVault()
    signer = KeyVaultSigner(URL, key_id="k1", client=vault)
    signatures = [signer.sign(b"message"), signer.sign(b"message")]
    public = jwt.PyJWK(signer.public_jwk)
    assert all(public.Algorithm.verify(b"message", public.key, signature) for signature in signatures)
    assert vault.asked == ["public", "sign", "sign"]


@pytest.mark.parametrize(("kty", "crv"), [("RSA", ""), ("EC", "P-384"), ("oct", "")])
def test_a_key_of_another_kind_never_signs(kty, crv):
    """What is not P-256 is refused before anything is signed with it."""
    vault = FakeVault(kty=kty, crv=crv)
    with pytest.raises(KeyUnusableError, match="expected EC on P-256"):
        KeyVaultSigner(URL, key_id="k1", client=vault).sign(b"message")
    assert vault.asked == ["public"]


def test_a_signature_of_another_length_is_refused():
    """A DER signature is not what JOSE wants."""
    with pytest.raises(KeyUnusableError, match="70 bytes where ES256 has 64"):
        KeyVaultSigner(URL, key_id="k1", client=FakeVault(signature=b"x" * 70)).sign(b"message")


def test_a_missing_extra_says_what_to_install(monkeypatch):
    """Without Azure's client the error names the extra, before anything is asked."""
    monkeypatch.setitem(sys.modules, "azure.keyvault.keys.crypto", None)
    with pytest.raises(KeyUnusableError, match=r"pip install '\.\[azure\]'"):
        KeyVaultSigner(URL, key_id="k1")


@pytest.mark.parametrize(
    "url", ["", "vault/keys/x", "http://vault/keys/x", "https://vault/secrets/x", "https://v/keys/x/1/2"]
)
def test_a_url_that_is_no_key_is_refused(url):
    """Expected is https://VAULT/keys/NAME, with or without a version."""
    with pytest.raises(KeyUnusableError, match="expected https://VAULT/keys/NAME"):
        KeyVaultSigner(url, key_id="k1")


def test_a_repr_shows_address_and_id():
    """Nothing of the vault's client is shown."""
    assert repr(KeyVaultSigner(URL, key_id="k1", client=FakeVault())) == f"KeyVaultSigner({URL!r}, key_id='k1')"


VAULT = "https://ours.vault.azure.net"
CHALLENGE = 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'


def coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class FakeIdentity:
    """Whoever this process is said to be."""

    def get_token(self, *_, **__) -> AccessToken:
        return AccessToken("t", 4_000_000_000)


class FakeAzure(requests.adapters.BaseAdapter):
    """Key Vault's REST interface below Azure's own SDK: challenge, get key, sign."""

    def __init__(self, vault: FakeVault, *, status: int = 200, error: Exception | None = None) -> None:
        super().__init__()
        self.vault, self.status, self.error = vault, status, error
        self.paths: list[str] = []

    def close(self): ...

    def send(self, request, **_):
        if self.error is not None:
            raise self.error
        if "Authorization" not in request.headers:
            return answer(request, 401, {}, {"WWW-Authenticate": CHALLENGE})
        self.paths.append(request.url.split("?")[0].removeprefix(VAULT))
        if self.status != 200:
            return answer(request, self.status, {"error": {"code": "x", "message": "quotes s3cret"}})
        if request.method == "GET":
            part = self.vault.public_part()
            key = {"kty": part.kty, "crv": part.crv, "x": coded(part.x), "y": coded(part.y), "key_ops": ["sign"]}
            return answer(request, 200, {"key": key | {"kid": f"{VAULT}/keys/aleta/v1"}, "attributes": {}})
        sent = json.loads(request.body)
        assert sent["alg"] == "ES256"
        digest = base64.urlsafe_b64decode(sent["value"] + "==")
        return answer(request, 200, {"kid": "x", "value": coded(self.vault.sign_digest(digest))})


def answer(request, status, body, headers=None) -> requests.Response:
    made = requests.Response()
    made.request, made.url, made.status_code, made.reason = request, request.url, status, "x"
    made.headers.update({"Content-Type": "application/json", **(headers or {})})
    made.raw = HTTPResponse(body=io.BytesIO(json.dumps(body).encode()), status=status, preload_content=False)
    return made


def azure_signer(azure: FakeAzure) -> KeyVaultSigner:
    session = requests.Session()
    session.mount("https://", azure)
    transport = RequestsTransport(session=session, session_owner=False)
    client = AzureKey(f"{VAULT}/keys/aleta", credential=FakeIdentity(), transport=transport)
    return KeyVaultSigner(f"{VAULT}/keys/aleta", key_id="k1", client=client)


def test_azures_own_client_asks_for_the_key_and_signs_with_its_version():
    """Through the real SDK: the key is fetched once, and the digest is signed by the version that was checked."""
    azure = FakeAzure(FakeVault())
    signer = azure_signer(azure)
    signature = signer.sign(b"message")
    public = jwt.PyJWK(signer.public_jwk)
    assert public.Algorithm.verify(b"message", public.key, signature)
    assert azure.paths == ["/keys/aleta/", "/keys/aleta/v1/sign"]


@pytest.mark.parametrize(
    ("azure", "kind", "message"),
    [
        (FakeAzure(FakeVault(), status=403), KeyUnusableError, r"refused the key \(HttpResponseError 403\)"),
        (FakeAzure(FakeVault(), status=404), KeyUnusableError, r"refused the key \(ResourceNotFoundError 404\)"),
        (FakeAzure(FakeVault(), status=501), KeyUnusableError, r"refused the key \(HttpResponseError 501\)"),
        (FakeAzure(FakeVault(), error=requests.ConnectionError("s3cret")), UnreachableError, "cannot be reached"),
        (FakeAzure(FakeVault(kty="RSA", crv="")), KeyUnusableError, "is RSA; expected EC on P-256"),
    ],
    ids=["forbidden", "absent", "odd", "unreachable", "rsa"],
)
def test_azures_errors_come_in_our_words(monkeypatch, azure, kind, message):
    """What failed and what to do; nothing that the vault or the SDK said."""
    monkeypatch.setattr("time.sleep", lambda _: None)  # the SDK's own retries
    with pytest.raises(kind, match=message) as caught:
        azure_signer(azure).sign(b"message")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_busy_vault_is_a_passing_failure(monkeypatch):
    """429 and 5xx say nothing against the key."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(UnavailableError, match="busy or broken"):
        azure_signer(FakeAzure(FakeVault(), status=503)).sign(b"message")


def test_azure_is_not_asked_before_it_is_needed():
    """Making a signer sends nothing, and looks up no identity."""
    signer = KeyVaultSigner(f"{VAULT}/keys/aleta/v1", key_id="k1")
    assert signer.key_id == "k1"
