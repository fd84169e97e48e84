"""Keys: what is read, what is refused, and that no byte of a key gets out."""

from __future__ import annotations

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwt.algorithms import ECAlgorithm

from sources.aleta.auth.signer import LocalSigner, generate
from sources.aleta.errors import KeyUnusableError

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"


def pem(key, form=PrivateFormat.PKCS8, encryption=None):
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def jwk(key, **changes):
    return json.dumps({**ECAlgorithm.to_jwk(key, as_dict=True), **changes})


def verifies(signer: LocalSigner, key=KEY) -> bool:
    return ECAlgorithm(ECAlgorithm.SHA256).verify(b"message", key.public_key(), signer.sign(b"message"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(pem(KEY), id="pkcs8"),
        pytest.param(pem(KEY, PrivateFormat.TraditionalOpenSSL), id="sec1"),
        pytest.param(PARAMETERS + pem(KEY, PrivateFormat.TraditionalOpenSSL), id="sec1-behind-its-parameters"),
        pytest.param(pem(KEY).replace("\n", "\\n"), id="line-ends-spelled-out"),
        pytest.param(pem(KEY).replace("\n", "\r\n"), id="crlf"),
        pytest.param(jwk(KEY), id="jwk"),
        pytest.param(f"\n{jwk(KEY, kid='x', use='sig')} ", id="jwk-with-more"),
    ],
)
def test_every_usual_form_of_a_key_signs(text):
    """PEM in both forms and JWK yield a signer whose 64 bytes the public key verifies."""
    signer = LocalSigner.parse(text, key_id="k1")
    assert (signer.key_id, signer.algorithm, len(signer.sign(b""))) == ("k1", "ES256", 64)
    assert verifies(signer)


UNUSABLE = [
    pytest.param(pem(ec.generate_private_key(ec.SECP384R1())), "another curve", id="p384"),
    pytest.param(pem(ec.generate_private_key(ec.SECP256K1())), "another curve", id="secp256k1"),
    pytest.param(pem(rsa.generate_private_key(65537, 2048)), "no elliptic-curve key", id="rsa"),
    pytest.param(
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "a public key",
        id="public-pem",
    ),
    pytest.param(jwk(KEY.public_key()), "a public key", id="public-jwk"),
    pytest.param(pem(KEY, encryption=BestAvailableEncryption(b"pw")), "encrypted", id="encrypted"),
    pytest.param(
        pem(KEY, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"pw")), "encrypted", id="encrypted-sec1"
    ),
    pytest.param(pem(KEY)[:90], "cannot be read", id="cut-pem"),
    pytest.param("s3cret-garbage", "cannot be read", id="garbage"),
    pytest.param("", "cannot be read", id="empty"),
    pytest.param('{"s3cret":', "no JWK", id="cut-json"),
    pytest.param(jwk(KEY, d=7), "no JWK", id="number-for-d"),
    pytest.param(jwk(KEY, kty="RSA"), "no elliptic-curve key", id="rsa-jwk"),
    pytest.param(jwk(KEY, crv="P-521"), "another curve", id="p521-jwk"),
    pytest.param(jwk(KEY, d="s3cret*"), "do not belong together", id="bad-base64"),
    pytest.param(jwk(KEY, d=ECAlgorithm.to_jwk(OTHER, as_dict=True)["d"]), "do not belong together", id="mixed-jwk"),
]


@pytest.mark.parametrize(("text", "message"), UNUSABLE)
def test_an_unusable_key_is_refused_in_words(text, message):
    """The error says what the text is and what was expected."""
    with pytest.raises(KeyUnusableError, match=message) as caught:
        LocalSigner.parse(text, key_id="k1")
    assert "expected an unencrypted P-256 private key" in str(caught.value)


def leaks(secret: str, said: str) -> bool:
    """Whether any eight characters in a row of *secret* are in *said*."""
    letters = "".join(line for line in secret.splitlines() if "-----" not in line).replace("\\n", "")
    return any(letters[at : at + 8] in said for at in range(len(letters) - 7))


@pytest.mark.parametrize(("text", "message"), UNUSABLE)
def test_an_error_holds_nothing_of_the_key(text, message):
    """Neither the message nor anything chained to it quotes the text."""
    with pytest.raises(KeyUnusableError) as caught:
        LocalSigner.parse(text, key_id="k1")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert not leaks(text, repr(caught.value))


def test_the_leak_check_sees_a_planted_leak():
    """Sabotage: a message that quotes a piece of the key is seen."""
    assert leaks(pem(KEY), f"could not read {pem(KEY)[40:60]}")


def test_a_repr_shows_the_id_only():
    """A signer in a log line gives its key's id and no more."""
    assert repr(LocalSigner.parse(pem(KEY), key_id="k1")) == "LocalSigner(key_id='k1', algorithm='ES256')"


def test_generate_gives_a_key_and_its_public_part():
    """The PEM parses, and the JWK verifies what it signs and holds no `d`."""
    text, public = generate()
    signer = LocalSigner.parse(text, key_id="k1")
    assert text.startswith("-----BEGIN PRIVATE KEY-----")
    assert set(public) == {"kty", "crv", "x", "y", "alg", "use", "kid"}
    assert public == signer.public_jwk
    assert jwt.PyJWK(public).Algorithm.verify(b"message", jwt.PyJWK(public).key, signer.sign(b"message"))


def test_a_coordinate_keeps_its_leading_zeros():
    """RFC 7518 section 6.2.1.2: a coordinate has 32 bytes, whatever its value; private key 1 to 300 meet short ones."""
    for value in range(1, 301):
        key = ec.derive_private_key(value, ec.SECP256R1())
        public = LocalSigner.parse(pem(key), key_id="").public_jwk
        assert len(public["x"]) == len(public["y"]) == 43


def test_the_thumbprint_is_that_of_rfc_7638():
    """`kid` is SHA-256 over the required members in order, without blanks."""
    public = LocalSigner.parse(pem(KEY), key_id="").public_jwk
    text = f'{{"crv":"P-256","kty":"EC","x":"{public["x"]}","y":"{public["y"]}"}}'
    import hashlib

    digest = hashlib.sha256(text.encode()).digest()
    assert public["kid"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
