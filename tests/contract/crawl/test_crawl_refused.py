"""What the sandbox refuses over its socket: assertions, tokens, spans, paths, and more than the budget."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.contract.crawl.caller import ALWAYS, fullest


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({"aud": "https://elsewhere"}, "aud", id="audience"),
        pytest.param({"aud": None}, "aud", id="no audience"),
        pytest.param({"iss": "somebody"}, "iss", id="issuer"),
        pytest.param({"sub": "somebody"}, "sub", id="subject"),
        pytest.param({"iat": None}, "iat", id="no iat"),
        pytest.param({"exp": None}, "exp", id="no exp"),
        pytest.param({"exp": 1_000_000_000, "iat": 999_999_970}, "expired", id="expired"),
        pytest.param({"iat": 4_000_000_000, "exp": 4_000_000_060}, "future", id="from the future"),
        pytest.param({"exp": 4_000_000_000}, "lifetime", id="too long"),
        pytest.param({"kid": "kid-unknown"}, "kid", id="unknown kid"),
        pytest.param({"kid": "kid-bolt"}, "signature", id="another tenant's kid"),
        pytest.param({"key": ec.generate_private_key(ec.SECP256R1())}, "signature", id="another key"),
        pytest.param({"key": "a" * 32, "algorithm": "HS256"}, "alg", id="another algorithm"),
    ],
)
def test_an_assertion_with_one_flaw_is_refused(caller, changes, word):
    """Each claim, the signature, the key id and the algorithm are checked, and the answer says which failed."""
    status, answer = caller.exchange(caller.assertion(**changes))

    assert (status, answer["error"]) == (400, "invalid_grant")
    assert word in answer["error_description"]


def test_an_assertion_is_good_once(caller):
    """A replayed assertion, and a replayed `jti`, are refused."""
    assertion = caller.assertion()
    statuses = [caller.exchange(sent)[0] for sent in (assertion, assertion)]
    named = [caller.exchange(caller.assertion(jti="one"))[0] for _ in range(2)]

    assert statuses == named == [200, 400]


def test_other_grants_and_garbage_are_refused(caller):
    """RFC 6749 section 5.2: each mistake has its code."""
    assert caller.exchange(caller.assertion(), grant="client_credentials")[1]["error"] == "unsupported_grant_type"
    assert caller.exchange("")[1]["error"] == "invalid_request"
    assert caller.exchange("not.a.jwt")[1]["error"] == "invalid_grant"
    assert caller.send("POST", "/oauth/token", "{}", **{"Content-Type": "application/json"})[0] == 400


@pytest.mark.parametrize("how", ["none", "unknown", "expired", "revoked", "basic"])
def test_a_request_without_a_good_token_is_401(box, caller, how):
    """Missing, unknown, expired and revoked tokens look the same."""
    headers = {"Authorization": f"Bearer {caller.token}"}
    if how == "none":
        headers = {}
    elif how == "unknown":
        headers = {"Authorization": "Bearer guess"}
    elif how == "basic":
        headers = {"Authorization": f"Basic {caller.token}"}
    elif how == "revoked":
        box.revoke_tokens()
    elif how == "expired":
        box.set(token_lifetime_s=0)
        headers = {"Authorization": f"Bearer {caller.sign_in().token}"}

    status, _, body = caller.send("GET", "/api/v2/clients", **headers)

    assert status == 401
    assert json.loads(body)["errors"][0]["status"] == "401"


def test_the_budget_is_enforced_and_refusals_are_recorded(box, caller):
    """Burst first, then 429 with whole seconds to wait."""
    box.set(requests_per_minute=1, burst=3)
    box.reset_requests()

    answers = [caller.raw("/v2/clients") for _ in range(5)]

    assert [status for status, _, _ in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1][1]["retry-after"]) <= 60
    assert [request.status for request in box.requests] == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({}, 400, id="nothing"),
        pytest.param({"fromDate": "2025-01-01"}, 400, id="no toDate"),
        pytest.param({"toDate": "2025-01-01"}, 400, id="no fromDate"),
        pytest.param({"fromDate": "2025-01-32", "toDate": "2025-02-01"}, 400, id="no date"),
        pytest.param({"fromDate": "2025-02-02", "toDate": "2025-02-01"}, 400, id="backwards"),
        pytest.param({"fromDate": "2025-01-01", "toDate": "2025-01-31"}, 422, id="too wide"),
        pytest.param({"fromDate": "2025-01-01", "toDate": "2025-01-30"}, 200, id="just right"),
    ],
)
def test_a_span_must_be_whole_and_narrow_enough(box, caller, query, status):
    """Both dates are required; a span wider than the largest window is 422; both answers are JSON:API errors."""
    box.set(max_window_days=30)

    got, answer = caller.get("/v2/transactions", accountId=fullest(box), **query)

    assert got == status
    assert ("errors" in answer) == (status != 200)


def test_transactions_without_an_account_are_400(caller):
    """There is no flat list of transactions."""
    assert caller.get("/v2/transactions", **ALWAYS)[0] == 400


def test_another_tenants_ids_are_404(box, caller):
    """A tenant learns nothing of another, not even that an id exists."""
    other = box.truth("bolt")

    statuses = {
        caller.get("/v2/transactions", accountId=next(iter(other.accounts)), **ALWAYS)[0],
        caller.get(f"/v2/clients/{next(iter(other.clients))}/legal-entities")[0],
        caller.get(f"/v2/portfolios/{next(iter(other.portfolios))}")[0],
    }

    assert statuses == {404}


@pytest.mark.parametrize("path", ["/v3/clients", "/v2/accounts", "/v2/clients/", "/v1/clients"])
def test_a_path_on_the_wrong_prefix_is_404(caller, path):
    """404 with JSON:API errors, as for any path nobody serves."""
    status, answer = caller.get(path)

    assert status == 404
    assert answer["errors"]


def test_the_api_is_read_only(caller):
    """No test can write by accident."""
    assert caller.send("DELETE", "/api/v2/clients", Authorization=f"Bearer {caller.token}")[0] == 405
