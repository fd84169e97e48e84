"""The token endpoint over a loopback socket."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from urllib.parse import parse_qs

import jwt
import pytest

from sources.aleta.auth.signer import LocalSigner, generate
from sources.aleta.auth.tokens import Token
from sources.aleta.errors import (
    AuthError,
    MistimedError,
    RateLimitedError,
    RetryableError,
    StoppedError,
    UnavailableError,
    UnreachableError,
)
from sources.aleta.transport.pacing.retry import RetryPolicy
from sources.aleta.transport.token import TokenEndpoint
from tests.fakes import NOON, FakeClock, Reply, scripted_server
from tests.rawserver import raw_server
from tests.unit.sources.aleta.transport.odd_client import DRIPS, ODD

PEM, PUBLIC = generate()


@pytest.fixture
def server():
    with scripted_server() as script:
        yield script


@pytest.fixture
def endpoint(server, clock):
    made = endpoint_at(server.url, clock)
    yield made
    made.close()


def endpoint_at(url: str, clock: FakeClock, **given) -> TokenEndpoint:
    return TokenEndpoint(
        url,
        signer=LocalSigner.parse(PEM, key_id="k1"),
        iss="me",
        sub="us",
        audience="https://auth",
        clock=clock,
        **{"policy": RetryPolicy(random=Random(1))} | given,
    )


def grant(**changes) -> Reply:
    return Reply(body=json.dumps({"access_token": "abc", "token_type": "Bearer", "expires_in": 600} | changes).encode())


def claims_of(request) -> dict[str, object]:
    form = parse_qs(request.body.decode())
    return jwt.decode(
        form["assertion"][0],
        jwt.PyJWK(PUBLIC),
        ["ES256"],
        {"verify_exp": False, "verify_iat": False, "verify_aud": False},
    )


def test_a_token_is_asked_for_as_rfc_7523_says(server, endpoint, clock):
    """Form-encoded, the grant type and a signed assertion; its life counts from before the question."""
    clock.sleep(5.0)
    server.say(grant())
    assert endpoint.fetch() == Token(value="abc", expires_at_s=605.0)
    (request,) = server.seen
    assert (request.method, request.target) == ("POST", "/oauth/token")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in request.headers
    assert parse_qs(request.body.decode())["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = claims_of(request)
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("me", "us", "https://auth")
    assert claims["iat"] == NOON.timestamp() + 5


def test_expires_in_may_be_text(server, endpoint):
    """Some servers write a number as a string."""
    server.say(grant(expires_in="60"))
    assert endpoint.fetch().expires_at_s == 60.0


def test_each_attempt_has_an_assertion_of_its_own(server, endpoint):
    """F4: an assertion is used once, so a retried POST signs again."""
    server.say(Reply(status=503), Reply(status=500, body=b"<html>"), Reply(raw=b""), grant())
    endpoint.fetch()
    ids = [claims_of(request)["jti"] for request in server.seen]
    assert len(ids) == len(set(ids)) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302, 422])
def test_a_refused_assertion_is_an_auth_error_with_the_endpoints_words(server, endpoint, status):
    """Not tried again; it says what the endpoint said and what to check."""
    body = b'{"error":"invalid_grant","error_description":"unknown\\u001b[2Jkey"}'
    server.say(Reply(status=status, body=body, headers={"Date": "Mon, 02 Mar 2026 12:00:20 GMT"}))
    with pytest.raises(AuthError) as caught:
        endpoint.fetch()
    message = str(caught.value)
    assert f"answered {status} (invalid_grant: unknown\\x1b[2Jkey)" in message
    assert "check kid k1, iss, sub, audience" in message
    assert "clock" not in message
    assert caught.value.attrs == {"resource": "token", "status": status}
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("off", "message", "kind"),
    [
        (timedelta(seconds=95), "95 s behind", AuthError),
        (timedelta(seconds=-3600), "3600 s ahead", MistimedError),
    ],
)
def test_a_refusal_says_when_the_clock_is_off_m6(server, endpoint, off, message, kind):
    """A wrong clock is the likeliest cause of a refused assertion; the Date header shows it."""
    date = (NOON + off).strftime("%a, %d %b %Y %H:%M:%S GMT")
    server.say(Reply(raw=f"HTTP/1.1 400 Bad\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode()))
    with pytest.raises(AuthError, match=f"this machine's clock is {message}: set it") as caught:
        endpoint.fetch()
    assert (type(caught.value), caught.value.code) == (kind, "auth")


def test_a_refusal_without_a_date_says_nothing_of_the_clock(server, endpoint):
    """No header, no guess."""
    server.say(Reply(raw=b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"))
    with pytest.raises(AuthError) as caught:
        endpoint.fetch()
    assert "clock" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"expires_in":600}',
        b'{"access_token":"","expires_in":600}',
        b'{"access_token":"a\\r\\nb","expires_in":600}',
        b'{"access_token":5,"expires_in":600}',
        b"<html>hello</html>",
        b"\xff",
        b"",
    ],
)
def test_a_200_without_a_usable_token_is_an_auth_error(server, endpoint, body):
    """Tried again as any malformed answer, and then exit 3, with nothing of the body in the message."""
    server.say(Reply(body=body))
    with pytest.raises(AuthError, match="answered 200 without a usable token; check auth_url") as caught:
        endpoint.fetch()
    assert len(server.seen) == 6
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("given", ["null", "0", "-1", '"soon"', "true", "[600]", "1e999", "{}"])
def test_a_lifetime_that_is_none_is_named(server, endpoint, given):
    """Null, nought, or of another type: the message says `expires_in`."""
    server.say(Reply(body=b'{"access_token":"abc","expires_in":%b}' % given.encode()))
    with pytest.raises(AuthError, match="answered 200 with an `expires_in` that is"):
        endpoint.fetch()


def test_without_a_lifetime_a_short_one_is_assumed(server, endpoint, clock):
    """RFC 6749 only recommends `expires_in`."""
    server.say(Reply(body=b'{"access_token":"abc"}'))
    assert endpoint.fetch().expires_at_s - clock.monotonic() == 60.0


def test_a_quoted_piece_of_the_assertion_is_masked(server, endpoint):
    """S2: not even a few letters of what was sent are shown."""

    def quote(request):
        assertion = parse_qs(request.body.decode())["assertion"][0]
        pieces.extend([assertion[:20], assertion[100:107], assertion[-12:]])
        body = json.dumps({"error": "invalid_grant", "error_description": f"got {', '.join(pieces)} of you"})
        server.say(Reply(status=400, body=body.encode()))

    pieces: list[str] = []
    server.on_request = quote
    with pytest.raises(AuthError, match=r"got \*\*\*, \*\*\*, \*\*\* of you"):
        endpoint.fetch()
    assert pieces


def test_a_token_answer_without_end_is_refused(server, endpoint):
    """F7: a token has some thousand bytes."""
    server.say(Reply(body=b" " * 2_000_000))
    with pytest.raises(AuthError, match="has more than 1 MB"):
        endpoint.fetch()


def test_5xx_is_tried_again_and_then_raised(server, endpoint, clock):
    """The same policy as for reads."""
    server.say(Reply(status=502))
    with pytest.raises(UnavailableError, match=r"no token: 127\.0\.0\.1:\d+ answered 502"):
        endpoint.fetch()
    assert (len(server.seen), len(clock.waits)) == (6, 5)


def test_429_of_the_endpoint_is_waited_for(server, endpoint, clock):
    """It has no budget of ours, but its Retry-After is obeyed; and not for longer than a quarter of an hour."""
    server.say(Reply(status=429, headers={"Retry-After": "20"}), grant())
    endpoint.fetch()
    assert clock.waits == [20.0]
    server.say(Reply(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimitedError):
        endpoint.fetch()
    assert clock.waits == [20.0]


def test_an_endpoint_that_cannot_be_reached_is_named(clock):
    """After two minutes: the address, and why."""
    with scripted_server() as gone:
        url = gone.url
    endpoint = endpoint_at(url, clock)
    with pytest.raises(UnreachableError, match=rf"no token: {url.removeprefix('http://')} cannot be reached .*refused"):
        endpoint.fetch()
    assert 90.0 < sum(clock.waits) <= 120.0


def test_a_stop_is_noticed_before_anything_is_sent(server, endpoint, clock):
    """A thread that comes after the stop does not begin."""
    clock.stopped = True
    with pytest.raises(StoppedError):
        endpoint.fetch()
    assert server.seen == []


def test_http_to_another_machine_is_refused(clock):
    """S1: an assertion goes over TLS."""
    with pytest.raises(ValueError, match="use https"):
        endpoint_at("http://auth.example", clock)


def test_an_echoed_assertion_is_not_repeated(server, endpoint):
    """An endpoint that quotes what it got does not get it into our message."""
    server.on_request = lambda request: server.replies.__setitem__(
        0,
        Reply(
            status=400,
            body=json.dumps(
                {"error": "bad", "error_description": parse_qs(request.body.decode())["assertion"][0]}
            ).encode(),
        ),
    )
    with pytest.raises(AuthError) as caught:
        endpoint.fetch()
    assert "eyJ" not in str(caught.value)
    assert "(bad: ***)" in str(caught.value)


def impatient(url: str, clock: FakeClock) -> TokenEndpoint:
    return endpoint_at(url, clock, read_timeout_s=0.4, policy=RetryPolicy(attempts=1, unreachable_for_s=0.0))


@pytest.mark.parametrize("say", [DRIPS["status-line"], DRIPS["100-continue"], DRIPS["body"]])
def test_f7_a_token_that_drips_ends_in_the_time_that_is_set(clock, say):
    """F7: the operator's `read_timeout_s` holds for it as for any answer."""
    with raw_server(say) as url:
        endpoint = impatient(url, clock)
        with pytest.raises(UnavailableError, match=r"no token: .* did not come whole within 0\.4 s"):
            endpoint.fetch()
        endpoint.close()


@pytest.mark.parametrize("wire", [pytest.param(wire, id=name) for name, (wire, _) in ODD.items()])
def test_f6_an_odd_answer_is_a_refusal_or_worth_a_retry_never_a_defect(clock, wire):
    """F6: the error says that there is no token, and nothing of it is shown unescaped."""
    with raw_server(lambda connection: connection.sendall(wire)) as url:
        endpoint = impatient(url, clock)
        with pytest.raises((AuthError, RetryableError)) as refused:
            endpoint.fetch()
        endpoint.close()
    assert refused.value.code != "defect"
    assert f"{refused.value}".isprintable()
