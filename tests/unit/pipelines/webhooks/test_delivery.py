"""What headers and body must say."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipelines.webhooks.delivery import BodyError, Delivery, UnsignedError, envelope, event

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
AT = int(NOW.timestamp())


def headers(**others):
    return {"webhook-id": "msg_1", "webhook-timestamp": f"{AT}", "webhook-signature": "v1,x"} | others


def body(**others):
    given = {"type": "calculated_data.created", "timestamp": "2026-11-26T12:00:00", "data": {"clientId": "c1"}}
    return json.dumps({**given, **others}).encode()


@pytest.mark.parametrize("off", [-300, -299, 0, 300])
def test_five_minutes_either_way_are_allowed(off):
    """Clocks differ, and deliveries wait."""
    assert envelope(headers(**{"webhook-timestamp": f"{AT + off}"}), now=NOW).webhook_id == "msg_1"


@pytest.mark.parametrize("off", [-301, 301, -100_000])
def test_more_is_refused(off):
    """An old delivery may be a copy that somebody kept."""
    with pytest.raises(UnsignedError, match="5 minutes"):
        envelope(headers(**{"webhook-timestamp": f"{AT + off}"}), now=NOW)


@pytest.mark.parametrize(
    "given",
    [
        {"webhook-timestamp": ""}, {"webhook-timestamp": "soon"}, {"webhook-timestamp": f"{AT}.5"},
        {"webhook-timestamp": f"-{AT}"}, {"webhook-timestamp": "9" * 30}, {"webhook-timestamp": "١٢"},
        {"webhook-id": ""}, {"webhook-id": "a b"}, {"webhook-id": "é"}, {"webhook-id": "x" * 201},
    ],
)  # fmt: skip
def test_headers_that_prove_nothing_are_refused(given):
    with pytest.raises(UnsignedError, match="malformed"):
        envelope(headers(**given), now=NOW)


def test_the_documented_body_names_a_client():
    assert event(body()).client_id == "c1"


def test_another_type_needs_no_client():
    """The vendor may announce more one day."""
    said = event(body(type="limit.breached", data={"limit": 1}))
    assert (said.type, said.client_id) == ("limit.breached", None)


def test_another_type_may_name_a_client():
    assert event(body(type="limit.breached")).client_id == "c1"


@pytest.mark.parametrize(
    "more", ["", ',"data":null', ',"data":[]', ',"data":{}', ',"timestamp":5', ',"data":{"clientId":7}']
)
def test_nothing_is_asked_of_an_event_that_nobody_documented_but_its_type(more):
    said = event(f'{{"type":"limit.breached"{more}}}'.encode())
    assert (said.type, said.client_id) == ("limit.breached", None)


@pytest.mark.parametrize(
    "given",
    [
        b"", b"null", b"[]", b"{}", b"{", b"\xff", b'{"type":"\\ud800","timestamp":"x","data":{}}', b"[" * 100_000,
        body(type=1), body(type=""), body(type="x" * 201), body(type="a\nb"), body(timestamp=""), body(timestamp=5),
        body(timestamp=None), body(data=None), body(data=[]), body(data={}), body(data={"clientId": 7}),
        body(data={"clientId": ""}), body(data={"clientId": "a\u001b[1m"}), body(data={"clientId": "c" * 201}),
        body(data={"clientId": "\u202ec"}),
    ],
)  # fmt: skip
def test_anything_else_is_refused(given):
    """Fail closed: what is not as documented is not followed."""
    with pytest.raises(BodyError):
        event(given)


def test_only_the_documented_event_wants_a_sync():
    known = Delivery(webhook_id="1", type="calculated_data.created", client_id="c1", received_at=NOW)
    other = Delivery(webhook_id="1", type="limit.breached", client_id="c1", received_at=NOW)
    assert (known.wants_sync, other.wants_sync) == (True, False)
