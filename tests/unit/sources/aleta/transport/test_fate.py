"""What is known of a write by its answer."""

from __future__ import annotations

import pytest

from sources.aleta.transport.fate import Fate, fate


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        pytest.param(201, {}, b'{"data":{}}', Fate.CONFIRMED, id="created"),
        pytest.param(200, {}, b'{"data":{}}', Fate.CONFIRMED, id="replaced"),
        pytest.param(204, {}, b"", Fate.CONFIRMED, id="no content"),
        pytest.param(202, {}, b" \n", Fate.CONFIRMED, id="accepted"),
        pytest.param(200, {}, b'{"errors":[]}', Fate.UNKNOWN, id="a success with errors"),
        pytest.param(200, {}, b"<html>", Fate.UNKNOWN, id="a gateway's page"),
        pytest.param(200, {}, b"[1]", Fate.UNKNOWN, id="no document"),
        pytest.param(201, {}, b"[" * 100_000, Fate.UNKNOWN, id="nested without end"),
        pytest.param(201, {}, b"\xff", Fate.UNKNOWN, id="no text"),
        pytest.param(200, {}, b"null", Fate.CONFIRMED, id="null, as some frameworks say nothing"),
        pytest.param(200, {}, b"OK", Fate.CONFIRMED, id="a word"),
        pytest.param(200, {}, b"[]", Fate.CONFIRMED, id="an empty list"),
        pytest.param(201, {}, b'{"data":{},"errors":[]}', Fate.CONFIRMED, id="no error in the list of errors"),
        pytest.param(201, {}, b'\xef\xbb\xbf{"errors":[{}]}', Fate.UNKNOWN, id="an error behind a byte order mark"),
        pytest.param(201, {}, b'{"data":{"marketValue":1e400}}', Fate.CONFIRMED, id="a number that no float holds"),
        pytest.param(302, {}, b"", Fate.REJECTED, id="a redirect, never followed"),
        pytest.param(400, {}, b"", Fate.REJECTED, id="400"),
        pytest.param(401, {}, b"", Fate.NOT_TAKEN, id="401"),
        pytest.param(403, {}, b"", Fate.REJECTED, id="403"),
        pytest.param(404, {}, b"", Fate.REJECTED, id="404"),
        pytest.param(408, {}, b"", Fate.NOT_TAKEN, id="408: the request never came whole"),
        pytest.param(409, {}, b"", Fate.REJECTED, id="409"),
        pytest.param(422, {}, b"", Fate.REJECTED, id="422"),
        pytest.param(429, {}, b"", Fate.NOT_TAKEN, id="429"),
        pytest.param(500, {}, b"", Fate.UNKNOWN, id="500"),
        pytest.param(500, {"Retry-After": "1"}, b"", Fate.UNKNOWN, id="500 that asks for a pause"),
        pytest.param(502, {}, b"", Fate.UNKNOWN, id="502"),
        pytest.param(503, {}, b"", Fate.UNKNOWN, id="503 of a gateway that lost its upstream"),
        pytest.param(503, {"retry-after": "1"}, b"", Fate.NOT_TAKEN, id="503 that invites to come again"),
        pytest.param(504, {}, b"", Fate.UNKNOWN, id="504"),
        pytest.param(599, {}, b"", Fate.UNKNOWN, id="a 5xx that nobody lists"),
    ],
)
def test_what_an_answer_to_a_post_says(status, headers, body, expected):
    """Only what certainly was not written counts as not written."""
    assert fate("POST", status, headers, body) is expected


def test_a_delete_of_what_is_gone_is_done():
    """404 after DELETE is success; 403 is none."""
    assert fate("DELETE", 404, {}, b"") is Fate.CONFIRMED
    assert fate("DELETE", 204, {}, b"") is Fate.CONFIRMED
    assert fate("DELETE", 403, {}, b"") is Fate.REJECTED
