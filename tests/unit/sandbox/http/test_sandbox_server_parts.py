"""The sandbox's parts that take time, chance or bytes as arguments."""

from __future__ import annotations

from itertools import pairwise

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.http.budget import Budget
from sandbox.http.faults import FAULTS, SCRIPTED_ONLY, SLOW_S, TRANSIENT, Faults
from sandbox.http.issuer import GRANT_TYPE, Issuer, RefusedError
from sandbox.http.keys import registration
from sandbox.http.wire import Reply
from sandbox.settings import SandboxSettings
from sandbox.world.jsontext import Num, dump, load

NOON = 1_770_000_000
KEY = ec.generate_private_key(ec.SECP256R1())


def test_a_number_keeps_its_spelling():
    """Read and written again, a JSON text is the same."""
    text = '{"a":[-0,1E+3,0.10,12345678901234567890.5],"b":{"c":null,"d":true,"e":"é"}}'

    assert dump(load(text)) == text
    assert load('{"a":1e5}') == {"a": Num("1e5")}
    assert dump({"é": "é"}, escaped=True) == r'{"\u00e9":"\u00e9"}'


# -- budget


def test_a_bucket_gives_its_burst_and_then_its_rate():
    """60 a minute: one a second after the first three."""
    budget = Budget(per_minute=60, burst=3)

    waits = [budget.take("acme", now=at) for at in (0, 0, 0, 0, 0.5, 1.0, 1.0)]

    assert waits == [0, 0, 0, 1, 1, 0, 1]


def test_a_bucket_never_holds_more_than_its_burst():
    """A quiet hour earns no more."""
    budget = Budget(per_minute=60, burst=2)

    assert [budget.take("acme", now=3600) for _ in range(3)] == [0, 0, 1]


def test_subjects_do_not_share_a_bucket():
    """One tenant's haste costs another nothing."""
    budget = Budget(per_minute=1, burst=1)

    assert [budget.take(tenant, now=0) for tenant in ("acme", "acme", "bolt")] == [0, 60, 0]


def test_no_rate_means_no_limit():
    """0 a minute switches it off."""
    budget = Budget(per_minute=0, burst=1)

    assert [budget.take("acme", now=0) for _ in range(9)] == [0] * 9


# -- issuer


def issuer():
    return Issuer(audience="https://auth", registered={"kid-acme": registration("acme", KEY)})


def signed(**changes):
    claims = {"aud": "https://auth", "iss": "iss-acme", "sub": "sub-acme", "iat": NOON, "exp": NOON + 60}
    return jwt.encode(claims | changes, KEY, algorithm="ES256", headers={"kid": "kid-acme"})


def exchange(box, assertion, now=NOON):
    return box.exchange({"grant_type": GRANT_TYPE, "assertion": assertion}, now=now, lifetime_s=100)


def test_a_token_lives_as_long_as_was_said():
    """`expires_in` counts from the exchange; at its end the token is dead."""
    aleta = issuer()
    tenant, answer = exchange(aleta, signed())
    token = str(answer["access_token"])

    assert (tenant, answer["token_type"], answer["expires_in"]) == ("acme", "Bearer", 100)
    assert aleta.tenant_of(token, now=NOON + 99.9) == "acme"
    assert aleta.tenant_of(token, now=NOON + 100) is None


def test_clocks_may_differ_by_a_minute():
    """An assertion is taken up to 60 s after its end and 60 s before its beginning."""
    assert exchange(issuer(), signed(), now=NOON + 120)[0] == "acme"
    assert exchange(issuer(), signed(), now=NOON - 60)[0] == "acme"
    for late in (NOON + 121, NOON - 61):
        with pytest.raises(RefusedError):
            exchange(issuer(), signed(), now=late)


def test_an_assertion_may_live_five_minutes():
    """300 s is the longest."""
    assert exchange(issuer(), signed(exp=NOON + 300))[0] == "acme"
    with pytest.raises(RefusedError, match="lifetime"):
        exchange(issuer(), signed(exp=NOON + 301))


def test_an_audience_may_be_a_list():
    """RFC 7519 section 4.1.3."""
    assert exchange(issuer(), signed(aud=["https://other", "https://auth"]))[0] == "acme"


def test_a_second_token_does_not_end_the_first():
    """Several are good at once, until they are revoked."""
    aleta = issuer()
    tokens = [str(exchange(aleta, signed())[1]["access_token"]) for _ in range(2)]

    assert [aleta.tenant_of(token, now=NOON) for token in tokens] == ["acme", "acme"]
    aleta.revoke()
    assert [aleta.tenant_of(token, now=NOON) for token in tokens] == [None, None]


# -- faults


def test_every_fault_is_either_transient_or_scripted():
    """What lasts is never drawn at random."""
    assert set(SCRIPTED_ONLY) == {"400", "403", "404", "410", "422", "500_unwritten", "reset_unwritten"}
    assert not TRANSIENT.keys() & SCRIPTED_ONLY.keys()


def test_slow_waits_on_the_server():
    """0.3 s, and then the whole answer."""
    wire = FAULTS["slow"](Reply(body=b"{}"), False)

    assert (wire.delay_s, wire.payload.endswith(b"\r\n\r\n{}"), wire.ending) == (SLOW_S, True, "keep")


def test_random_faults_follow_their_share_and_seed():
    """A third of many requests, the same ones for the same seed, and never 401 twice running for one URL."""
    settings = SandboxSettings(fault_share=1 / 3)
    urls = [f"/api/v2/clients/{place % 50}" for place in range(3000)]

    first, again = (
        [faults.next(url, settings=settings) for url in urls] for faults in (Faults(seed=1), Faults(seed=1))
    )

    assert first == again
    assert 800 < sum(fault is not None for fault in first) < 1100
    assert set(first) - {None} == set(TRANSIENT)
    for url in set(urls):
        served = [fault for fault, at in zip(first, urls, strict=True) if at == url]
        assert not any(pair == ("401", "401") for pair in pairwise(served))


def test_an_unknown_fault_is_an_error():
    """A typo in a test fails at the typo."""
    with pytest.raises(ValueError, match="meteor"):
        Faults(seed=1).script("meteor")
