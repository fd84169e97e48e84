"""Statuses, waits, and the words of an error."""

from __future__ import annotations

import gzip
import zlib
from datetime import timedelta

import pytest

from sources.aleta.errors import UnavailableError
from sources.aleta.transport.exchange.allowance import Allowance
from sources.aleta.transport.exchange.body import whole_body
from sources.aleta.transport.messages import LONGEST, clean, of_problem, of_refusal
from sources.aleta.transport.outcome import ACTIONS, Action, action
from sources.aleta.transport.pacing.retry_after import retry_after_s
from sources.aleta.transport.read import REFUSALS
from tests.fakes import NOON


def content(wire: bytes, headers: dict[str, str]) -> bytes:
    """A body that comes in pieces of seven bytes."""
    pieces = [wire[place : place + 7] for place in range(0, len(wire), 7)]
    with Allowance(seconds=60, size=10_000_000, monotonic=lambda: 0.0) as allowance:
        return whole_body(pieces, headers, allowance)


@pytest.mark.parametrize(
    "status", [100, 201, 204, 206, 301, 302, 304, 307, 308, 402, 405, 409, 410, 418, 451, 501, 505]
)
def test_a_status_that_no_rule_lists_is_fatal(status):
    """F2: unknown is not success, and a redirect is not followed."""
    assert action(status) is Action.FATAL


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([200], Action.OK),
        ([408, 500, 502, 503, 504], Action.RETRY),
        ([429], Action.RATE_LIMITED),
        ([401], Action.REFRESH_TOKEN),
        ([404], Action.SKIP_GONE),
        ([403], Action.SKIP_FORBIDDEN),
        ([400, 422], Action.TOO_WIDE),
    ],
)
def test_the_table_is_that_of_rule_f2(statuses, expected):
    """Every listed status has its one action."""
    assert [status for status in ACTIONS if ACTIONS[status] is expected] == statuses


def test_every_action_but_ok_has_an_error():
    """No status falls between the tables."""
    assert set(REFUSALS) == set(Action) - {Action.OK}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0", 0.0, id="zero"),
        pytest.param("7", 7.0, id="seconds"),
        pytest.param(" 7 ", 7.0, id="blanks"),
        pytest.param("Mon, 02 Mar 2026 12:00:30 GMT", 30.0, id="imf-fixdate"),
        pytest.param("Monday, 02-Mar-26 12:00:30 GMT", 30.0, id="rfc-850"),
        pytest.param("Mon Mar  2 12:00:30 2026", 30.0, id="asctime"),
        pytest.param("Mon, 02 Mar 2026 13:00:30 +0100", 30.0, id="with-offset"),
        pytest.param("Mon, 02 Mar 2026 11:59:59 GMT", None, id="past"),
        pytest.param("999999999999", 86_400.0, id="bounded"),
        pytest.param("9" * 400, 86_400.0, id="beyond-float"),
        pytest.param("Mon, 02 Mar 2099 12:00:30 GMT", 86_400.0, id="bounded-date"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("soon", None, id="garbage"),
        pytest.param("٣", None, id="foreign-digit"),
        pytest.param("", None, id="empty"),
        pytest.param("Mon, 99 Mar 2026 99:00:30 GMT", None, id="no-such-date"),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, expected):
    """RFC 9110 section 10.2.3; what is neither says nothing."""
    assert retry_after_s({"retry-AFTER": text}, NOON) == expected


@pytest.mark.parametrize(
    ("date", "age", "expected"),
    [
        pytest.param("Mon, 02 Mar 2026 12:05:00 GMT", {}, 30.0, id="behind"),
        pytest.param("Mon, 02 Mar 2026 12:05:31 GMT", {}, None, id="past"),
        pytest.param("Mon, 02 Mar 2026 12:20:00 GMT", {}, 330.0, id="odd"),
        pytest.param("Mon, 02 Mar 2026 12:05:00 GMT", {"Age": "9"}, 330.0, id="from-a-cache"),
        pytest.param("soon", {}, 330.0, id="no-date"),
    ],
)
def test_m6_a_retry_after_that_is_a_date_is_measured_by_the_answer_s_own(date, age, expected):
    """M6: this machine's clock may be ten minutes off."""
    assert retry_after_s({"Retry-After": "Mon, 02 Mar 2026 12:05:30 GMT", "Date": date, **age}, NOON) == expected


def test_no_retry_after_is_none():
    """Silence is not zero."""
    assert retry_after_s({}, NOON + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"errors":[{"title":"Too wide","detail":"at most 366 days"},{"title":"x"}]}', "Too wide: at most 366 days"),
        (b'{"errors":[{"status":"400","code":"range"}]}', ""),
        (b'{"errors":[{"title":null,"detail":"d"}]}', "d"),
        (b'{"title":"Bad","detail":"very"}', "Bad: very"),
        (b'{"errors":[{"code":"range"},{"title":"x"}]}', "x"),
        (b'{"title":"Bad","detail":"very","errors":{"accountId":["no right"]}}', "Bad: very"),
        (b'{"title":"Bad","detail":"very","errors":null}', "Bad: very"),
        (b'{"title":"Bad","detail":"very","errors":["text",7,{"title":[]}]}', "Bad: very"),
        (b'{"title":"Bad","detail":{"of":"something"}}', "Bad"),
        (b'{"errors":[{"title":7,"detail":"d"}]}', "d"),
        (b'{"errors":{}}', ""),
        (b'{"errors":"none"}', ""),
        (b"[]", ""),
        (b"<html>no</html>", ""),
        (b"\xff\xfe", ""),
        (b"", ""),
    ],
)
def test_the_words_of_a_problem(body, expected):
    """JSON:API and RFC 9457 are read; anything else has no words."""
    assert of_problem(body) == expected


def test_the_words_of_a_refusal():
    """RFC 6749 section 5.2; anything else has no words."""
    assert of_refusal(b'{"error":"invalid_grant","error_description":"expired"}') == "invalid_grant: expired"
    assert of_refusal(b'{"error":"invalid_grant","error_description":{}}') == "invalid_grant"
    assert of_refusal(b"<html>") == of_refusal(b'{"error":1}') == of_refusal(b"\xff") == ""


def test_words_are_one_bounded_printable_line():
    """No control character, escape or flood from a server reaches a terminal."""
    assert clean("a\x1b[31m\r\n\tb\u202e\x00c") == r"a\x1b[31m b\u202e\x00c"
    assert len(clean("word " * 1000)) == LONGEST


def test_what_looks_like_a_token_is_masked():
    """A server may echo what it was sent; ids stay."""
    token = "eyJhbGciOiJFUzI1NiJ9." + "Ab-_9" * 30
    uuid = "123e4567-e89b-12d3-a456-426614174000"
    assert clean(f"bad assertion {token} for {uuid}") == f"bad assertion *** for {uuid}"


WHOLE = gzip.compress(b"hello " * 1000)


@pytest.mark.parametrize(
    ("wire", "headers", "expected"),
    [
        pytest.param(b"abc", {}, b"abc", id="plain"),
        pytest.param(b"abc", {"content-length": "3"}, b"abc", id="length"),
        pytest.param(b"abc", {"Content-Length": "9", "Transfer-Encoding": "chunked"}, b"abc", id="chunks-override"),
        pytest.param(WHOLE, {"Content-Encoding": "GZIP"}, b"hello " * 1000, id="gzip"),
        pytest.param(WHOLE + WHOLE, {"Content-Encoding": "gzip"}, b"hello " * 2000, id="gzip-of-two-members"),
    ],
)
def test_a_whole_body_is_unpacked(wire, headers, expected):
    """The content comes out, whatever it was wrapped in."""
    assert content(wire, headers) == expected


@pytest.mark.parametrize(
    ("wire", "headers"),
    [
        pytest.param(b"abc", {"Content-Length": "4"}, id="short"),
        pytest.param(b"abc", {"Content-Length": "2"}, id="long"),
        pytest.param(WHOLE[:-1], {"Content-Encoding": "gzip"}, id="gzip-trailer-cut"),
        pytest.param(WHOLE[:20], {"Content-Encoding": "gzip"}, id="gzip-cut"),
        pytest.param(b"", {"Content-Encoding": "gzip"}, id="gzip-of-nothing"),
        pytest.param(WHOLE + WHOLE[:9], {"Content-Encoding": "gzip"}, id="second-member-cut"),
        pytest.param(WHOLE[:-8] + b"\0" * 8, {"Content-Encoding": "gzip"}, id="wrong-checksum"),
        pytest.param(b"{}", {"Content-Encoding": "gzip"}, id="not-gzip"),
        pytest.param(zlib.compress(b"{}"), {"Content-Encoding": "deflate"}, id="not-asked-for"),
    ],
)
def test_a_cut_body_is_an_error(wire, headers):
    """F1: what is not provably whole is a failed read."""
    with pytest.raises(UnavailableError):
        content(wire, headers)
