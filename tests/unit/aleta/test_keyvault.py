"""A key that stays in a vault."""

from __future__ import annotations

import sys

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from sources.aleta.auth.keyvault import KeyVaultSigner, PublicPart
from sources.aleta.errors import KeyUnusableError

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
    assert all(public.Algorithm.verify(b"message", public.key, one) for one in signatures)
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
    with pytest.raises(KeyUnusableError, match=r"pip install 'aleta-sync\[azure\]'"):
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
