"""Assertions, as the token endpoint would check them."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from sources.aleta.auth.assertion import assertion
from sources.aleta.auth.signer import LocalSigner, generate
from tests.fakes import NOON

PEM, PUBLIC = generate()
SIGNER = LocalSigner.parse(PEM, key_id="k1")


def made(**changes) -> str:
    return assertion(SIGNER, **{"iss": "me", "sub": "us", "aud": "https://auth", "now": NOON, **changes})


def test_an_assertion_is_verified_by_the_public_key():
    """PyJWT, a foreign hand, accepts it with the public JWK, and finds the claims of RFC 7523."""
    text = made(now=NOON.now(NOON.tzinfo))
    claims = jwt.decode(text, jwt.PyJWK(PUBLIC), algorithms=["ES256"], audience="https://auth", issuer="me")
    assert set(claims) == {"aud", "iss", "sub", "iat", "exp", "jti"}
    assert claims["sub"] == "us"


def test_the_header_names_the_key():
    """`alg kid typ`, and nothing else."""
    assert jwt.get_unverified_header(made()) == {"alg": "ES256", "kid": "k1", "typ": "JWT"}


def test_it_ends_a_lifetime_after_now():
    """`iat` is now in whole seconds, `exp` the lifetime later."""
    claims = jwt.decode(made(now=NOON + timedelta(seconds=0.9), lifetime_s=30), options={"verify_signature": False})
    assert (claims["iat"], claims["exp"]) == (NOON.timestamp(), NOON.timestamp() + 30)


def test_two_assertions_of_one_instant_differ():
    """An assertion is used once (F4), so each has an id of its own."""
    ids = {jwt.decode(made(), options={"verify_signature": False})["jti"] for _ in range(2)}
    assert len(ids) == 2


def test_a_changed_claim_is_noticed():
    """Sabotage: the verification above fails on a forged payload."""
    head, _, signature = made().split(".")
    forged = ".".join((head, made(sub="them").split(".")[1], signature))
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, jwt.PyJWK(PUBLIC), algorithms=["ES256"], audience="https://auth")
