"""The Date of answers says whether this machine's clock is right (rule M6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sources.aleta.errors import (
    ClockError,
)
from sources.aleta.jsonapi.envelope import read_list
from tests.fakes import FakeClock, Reply, scripted_server
from tests.unit.sources.aleta.transport.odd_client import client_of, get


def dated(offset_s: int) -> Reply:
    clock = FakeClock()
    clock.sleep(abs(offset_s))
    when = clock.now() if offset_s >= 0 else clock.now() - 2 * (clock.now() - FakeClock().now())
    return Reply(body=b'{"data":[]}', headers={"Date": f"{when:%a, %d %b %Y %H:%M:%S} GMT"})


@pytest.mark.parametrize(("offset_s", "message"), [(4000, "4000 s behind"), (-4000, "4000 s ahead")])
def test_a_clock_far_off_the_apis_ends_the_read(offset_s, message):
    """Asked twice, for one answer may be odd."""
    with scripted_server() as server:
        server.say(dated(offset_s))
        with pytest.raises(ClockError, match=f"this machine's clock is {message}: set it"):
            get(client_of(server.url))
        assert len(server.seen) == 2


def test_a_clock_that_is_a_little_off_is_no_matter():
    """Ten minutes are allowed."""
    with scripted_server() as server:
        server.say(dated(590))
        assert get(client_of(server.url)) == []


def test_one_odd_date_among_others_is_that_answers_own():
    """F6: once the API agreed, one answer with another date costs nothing."""
    with scripted_server() as server:
        client = client_of(server.url)
        server.say(dated(5), dated(90_000), dated(5))
        for _ in range(3):
            client.get("/v2/clients", parse=read_list, resource="clients")
        client.close()
        assert client.clocks.seconds == -5.0


def test_m6_a_304_tells_the_time_too():
    """A night on v1 may have no other answer."""
    with scripted_server() as server:
        server.say(replace(dated(4000), status=304, body=b""))
        client = client_of(server.url)
        with pytest.raises(ClockError, match="4000 s behind"):
            client.page("/v1/clients", params={}, parse=lambda *_: None, resource="clients", etag='"1"')
        client.close()
