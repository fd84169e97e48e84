"""The attempt loop against each status: asked once, tried again, waited for."""

from __future__ import annotations

import re
import socket

import pytest

from sources.aleta.errors import (
    ForbiddenError,
    ParentGoneError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    UnreachableError,
    WindowTooWideError,
)
from tests.fakes import Reply
from tests.unit.sources.aleta.transport.client_world import EMPTY, World


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (404, ParentGoneError, "shows this no longer"),
        (403, ForbiddenError, "ask Aleta"),
        (400, WindowTooWideError, "narrower"),
        (422, WindowTooWideError, "narrower"),
        (409, RefusedError, "no rule"),
        (204, RefusedError, "only 200 carries rows"),
        (501, RefusedError, "no rule"),
    ],
)
def test_a_status_without_hope_is_asked_once(server, world, status, kind, message):
    """The error says what was read, whose, the status, and what to do."""
    server.say(Reply(status=status))
    error = world.fails(kind)
    assert re.match(rf"transactions of a1: the API answered {status}[;: ]", str(error))
    assert message in str(error)
    assert error.attrs == {
        "resource": "transactions",
        "parent_id": "a1",
        "path": "/v2/transactions",
        "status": status,
        "detail": "",
    }
    assert len(server.seen) == 1
    assert world.clock.waits == []


def test_404_to_what_has_no_parent_names_the_address(server, world):
    """Nothing is gone there: this is how a wrong `api_url` looks."""
    server.say(Reply(status=404))
    error = world.fails(ParentGoneError, path="/v2/clients", resource="clients", parent_id="")
    assert "answered 404; nothing is shown under this address: check api_url" in f"{error}"


def test_the_apis_own_words_are_passed_on_cleaned(server, world):
    """Title and detail of the JSON:API error, control characters as their escapes."""
    server.say(Reply(status=422, body=b'{"errors":[{"title":"Range","detail":"at most\\u001b[0m 366 days"}]}'))
    error = world.fails(WindowTooWideError)
    assert "answered 422 (Range: at most\\x1b[0m 366 days); " in str(error)
    assert error.attrs["detail"] == r"Range: at most\x1b[0m 366 days"


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(server, world, status):
    """With a jittered wait, and told to the observer."""
    server.say(Reply(status=status, body=b"<html>"), EMPTY)
    assert world.get() == []
    ((resource, error, wait_s),) = world.seen.retries
    assert (resource, error.attrs["status"]) == ("transactions", status)
    assert world.clock.waits == [wait_s]
    assert world.seen.waits == [(wait_s, "retry")]
    assert world.seen.attempts == ["transactions"] * 2


def test_six_attempts_and_then_the_last_failure(server, world):
    """Full jitter below 0.5 s, 1 s, 2 s, 4 s, 8 s."""
    server.say(*[Reply(status=503)] * 5, Reply(status=504))
    error = world.fails(UnavailableError)
    assert error.attrs["status"] == 504
    assert len(server.seen) == 6
    assert all(wait <= ceiling for wait, ceiling in zip(world.clock.waits, [0.5, 1, 2, 4, 8], strict=True))


def test_retry_after_is_the_least_wait_and_holds_everyone(server, world):
    """F2: a 503 that names a time is obeyed by every worker."""
    server.say(Reply(status=503, headers={"Retry-After": "40"}), EMPTY)
    world.get()
    assert world.clock.waits == [40.0]
    assert world.bucket.pauses == 1


def test_f2_one_read_that_is_put_off_again_and_again_holds_the_others_once(server, world):
    """F2: a 503 with Retry-After may be the read's own: a further one is for it alone."""
    server.say(*[Reply(status=503, headers={"Retry-After": "40"})] * 3, EMPTY)
    world.get()
    assert world.clock.waits == [40.0] * 3
    assert world.bucket.pauses == 1


@pytest.mark.parametrize(("status", "kind"), [(503, UnavailableError), (429, RateLimitedError)])
def test_f2_what_retry_after_asks_of_one_read_is_bounded_in_all(server, world, status, kind):
    """F2: a quarter of an hour altogether, not of each attempt."""
    server.say(Reply(status=status, headers={"Retry-After": "500"}))
    world.fails(kind)
    assert world.clock.waits == [500.0]


def test_f3_a_retry_after_beyond_patience_is_not_waited_for(server, world):
    """F3: an hour is longer than a run waits, and a 503 may be this read's own: the others go on."""
    server.say(Reply(status=503, headers={"Retry-After": "3600"}), EMPTY)
    world.fails(UnavailableError)
    assert (len(server.seen), world.bucket.pauses) == (1, 0)
    assert world.get() == []


def test_r1_a_429_beyond_patience_holds_all_for_a_moment(server, world):
    """R1, F6: it may be of the whole budget, or an oddity of one answer: the others wait a while, and find out."""
    server.say(Reply(status=429, headers={"Retry-After": "3600"}), EMPTY)
    world.fails(RateLimitedError)
    assert (len(server.seen), world.clock.waits, world.bucket.pauses) == (1, [], 1)
    assert world.get() == []
    assert world.clock.waits == [30.0]


def test_f2_a_pause_that_another_met_is_no_time_without_a_connection(world):
    """F2: the patience of a read counts from when it was sent."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        alone = World(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        alone.bucket.pause(0.0, 150.0)
        alone.fails(UnreachableError)
        alone.client.close()
    assert len(alone.seen.retries) > 5
    assert 200.0 < alone.clock.monotonic() <= 270.0


def test_429_pauses_the_bucket_and_is_no_attempt(server):
    """Ten 429s are survived with six attempts; afterwards the budget starts empty."""
    world = World(server.url, rate=2.0, burst=100)
    server.say(*[Reply(status=429, headers={"Retry-After": "5"})] * 10, EMPTY)
    assert world.get() == []
    assert (len(server.seen), world.bucket.pauses) == (11, 10)
    assert all(wait_s >= 5.0 for _, _, wait_s in world.seen.retries)
    assert world.seen.waits[:2] == [(5.0, "rate_limited"), (0.5, "budget")]
    world.client.close()


def test_429_without_a_wait_is_backed_off_from(server, world):
    """No Retry-After: full jitter, and everyone pauses for it."""
    server.say(Reply(status=429), EMPTY)
    world.get()
    assert world.bucket.pauses == 1
    assert 0 < world.clock.waits[0] <= 0.5


def test_429_is_waited_for_a_quarter_of_an_hour_at_most(server, world):
    """Then the last one is raised."""
    server.say(Reply(status=429, headers={"Retry-After": "100"}))
    error = world.fails(RateLimitedError)
    assert (error.attrs["status"], error.retry_after_s) == (429, 100.0)
    assert world.clock.waits == [100.0] * 9


def test_a_429_whose_body_breaks_off_is_still_a_429(server, world):
    """Only a 200 needs its body."""
    server.say(Reply(raw=b"HTTP/1.1 429 No\r\nContent-Length: 99\r\nRetry-After: 3\r\n\r\n{"), EMPTY)
    world.get()
    assert world.clock.waits == [3.0]


def test_a_token_reserved_before_a_pause_is_taken_again(server):
    """A worker that waits for its turn when another meets a 429 waits for the end of the pause."""
    world = World(server.url, rate=1.0, burst=1)
    world.get()
    pausing = iter([lambda: world.bucket.pause(world.clock.monotonic(), 30.0)])
    waiting = world.seen.waiting
    world.client._observer.waiting = lambda *told: (waiting(*told), next(pausing, lambda: None)())
    world.get()
    assert world.clock.waits == [1.0, 30.0]  # one turn, void; then the pause of 30 s from second 0, and a turn at 31
    world.client.close()


def test_every_attempt_takes_a_token(server):
    """R1: retries count too."""
    world = World(server.url, rate=1.0, burst=100)
    server.say(Reply(status=503), Reply(status=401), EMPTY)
    before = world.bucket.level(0.0)
    world.get()
    spent_s = world.clock.monotonic()
    assert before - world.bucket.level(spent_s) == pytest.approx(3 - spent_s)
    world.client.close()
