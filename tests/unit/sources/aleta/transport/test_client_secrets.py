"""No error and no log line holds the bearer."""

from __future__ import annotations

import json
import logging

import pytest

from sources.aleta.errors import (
    ParentGoneError,
    SourceError,
)
from tests.fakes import Reply, scripted_server
from tests.unit.sources.aleta.transport.client_world import CUTS, SECRET, told
from tests.unit.sources.aleta.transport.odd_client import BEARER, client_of, get


def quoting(status: int):
    """Replies that quote the bearer they were sent."""

    def reply(request):
        detail = f"you sent {request.headers['Authorization']}"
        return Reply(status=status, body=json.dumps({"errors": [{"title": "bad", "detail": detail}]}).encode())

    return reply


ANY = [
    *[pytest.param(quoting(status), id=str(status)) for status in (200, 400, 401, 403, 404, 409, 422, 429, 503)],
    pytest.param(Reply(raw=b""), id="reset"),
    *CUTS,
]


@pytest.mark.parametrize("reply", ANY)
def test_no_error_and_no_log_line_holds_the_bearer(server, world, caplog, reply):
    """S1: not even when the server quotes it, with every library's log turned on."""
    caplog.set_level(logging.DEBUG)
    if isinstance(reply, Reply):
        server.say(reply)
    else:
        server.on_request = lambda request: server.say(reply(request))
    with pytest.raises(SourceError) as caught:
        world.get()
    assert SECRET not in told(world, caught.value, caplog.text)


def test_the_secret_check_sees_a_planted_one(server, world, caplog):
    """Sabotage: a bearer in a log line or in a chained error is seen."""
    server.say(Reply(status=404))
    error = world.fails(ParentGoneError)
    logging.getLogger("x").warning("sent %s", f"{SECRET}1")
    assert SECRET in told(world, None, caplog.text)
    error.__cause__ = ValueError(f"header {SECRET}1")
    assert SECRET in told(world, error, "")


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("piece", [BEARER, BEARER[:8], BEARER[7:15], BEARER[-6:]])
def test_no_piece_of_the_bearer_is_shown(piece, status):
    """A server that truncates what it quotes is masked as well."""
    body = json.dumps({"errors": [{"title": "bad token", "detail": f"token '{piece}' is unknown"}]}).encode()
    with scripted_server() as server:
        server.say(Reply(status=status, body=body))
        with pytest.raises(Exception, match=r"\(bad token: token '\*\*\*' is unknown\)"):
            get(client_of(server.url))
