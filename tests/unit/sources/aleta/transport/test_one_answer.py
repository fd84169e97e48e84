"""One strange answer costs one read, a bounded time and a bounded memory (rules F6 and F7)."""

from __future__ import annotations

import json
import resource
import socket
import threading
import time
import zlib
from random import Random

import pytest

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.errors import (
    CertificatesError,
    ClockError,
    DefectError,
    MalformedError,
    RefusedError,
    RetryableError,
    TooLargeError,
    UnavailableError,
)
from sources.aleta.jsonapi.envelope import read_list
from sources.aleta.transport.client import Client
from sources.aleta.transport.limiter import TokenBucket
from sources.aleta.transport.retry import RetryPolicy
from sources.aleta.transport.wire import Bounds, check_certificates
from tests.fakes import FakeClock, Reply, scripted_server
from tests.rawserver import raw_server

SECRET = "s3cret-bearer-0123456789"
MB = 1 << 20
EMPTY = Reply(body=b'{"data":[]}')


def client_of(url: str, *, seconds: float = 30.0, size: int = MB, attempts: int = 1) -> Client:
    clock = FakeClock()
    return Client(
        url,
        tokens=TokenCache(lambda: Token(value=SECRET, expires_at_s=1e9), clock),
        bucket=TokenBucket(0.0, 100),
        clock=clock,
        policy=RetryPolicy(attempts=attempts, unreachable_for_s=0.0, random=Random(1)),
        bounds=Bounds(seconds=seconds, size=size),
    )


def get(client: Client, parse=read_list):
    try:
        return client.get("/v2/transactions", parse=parse, resource="transactions", parent_id="a1")
    finally:
        client.close()


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


def nested(depth: int) -> bytes:
    return b'{"errors":' + b"[" * depth + b"]" * depth + b"}"


ODD = {
    "location-latin-1": (head("Location: /caf\xe9", "Content-Length: 0", status="302 Found"), RefusedError),
    "location-no-host": (head("Location: http://[::1/x", "Content-Length: 0", status="302 Found"), RefusedError),
    "error-nested-deep": (
        head(f"Content-Length: {len(nested(50_000))}", status="500 Oh") + nested(50_000),
        UnavailableError,
    ),
    "retry-after-beyond-time": (
        head("Retry-After: Fri, 31 Dec 9999 23:59:59 -0500", "Content-Length: 0", status="503 Oh"),
        UnavailableError,
    ),
    "length-superscript": (head("Content-Length: 5\xb2") + b'{"data":[]}', UnavailableError),
    "length-twice": (head("Content-Length: 5, 11") + b'{"data":[]}', UnavailableError),
    "length-negative": (head("Content-Length: -5") + b'{"data":[]}', UnavailableError),
    "no-http": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", UnavailableError),
    "status-no-number": (b"HTTP/1.1 abc OK\r\n\r\n", UnavailableError),
    "headers-without-end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", UnavailableError),
    "line-without-end": (b"HTTP/1.1 200 " + b"x" * 100_000, UnavailableError),
    "chunk-size-no-number": (head("Transfer-Encoding: chunked") + b"zz\r\nabc\r\n0\r\n\r\n", UnavailableError),
    "chunk-size-negative": (head("Transfer-Encoding: chunked") + b"-5\r\nabc\r\n0\r\n\r\n", UnavailableError),
    "unknown-coding": (head("Content-Encoding: br", "Content-Length: 2") + b"{}", UnavailableError),
    "gzip-that-is-none": (head("Content-Encoding: gzip", "Content-Length: 2") + b"{}", UnavailableError),
    "rows-nested-deep": (head("Connection: close") + b'{"data":' + b"[" * 50_000, MalformedError),
    "no-utf-8": (head("Content-Length: 16") + b'{"data":[{"\xff":1}]', MalformedError),
}


@pytest.mark.parametrize(("wire", "kind"), [pytest.param(*case, id=name) for name, case in ODD.items()])
def test_an_odd_answer_is_a_failed_read_named_with_its_parent(wire, kind):
    """F6: whatever a library makes of it, the error is the read's, and says whose."""
    with raw_server(lambda connection: connection.sendall(wire)) as url, pytest.raises(kind) as caught:
        get(client_of(url))
    assert str(caught.value).startswith("transactions of a1: ")
    assert (caught.value.attrs["resource"], caught.value.attrs["parent_id"]) == ("transactions", "a1")
    assert caught.value.code != "defect"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (204, "answered 204 No Content: only 200 carries rows"),
        (203, "answered 203 Non-Authoritative Information: only 200 carries rows"),
        (206, "answered 206 Partial Content: only 200 carries rows"),
        (302, "answered 302 Found: redirects are never followed"),
        (418, "answered 418 I'm a Teapot: no rule says what to do with this status"),
        (799, "answered 799: no rule says what to do with this status"),
    ],
)
def test_a_status_without_a_rule_is_called_what_it_is(status, message):
    """Nobody reads of redirects where there was none."""
    with scripted_server() as server:
        server.say(Reply(status=status))
        with pytest.raises(RefusedError) as caught:
            get(client_of(server.url))
    assert message in str(caught.value)


def test_a_server_that_hangs_up_once_it_answered_is_not_unreachable():
    """Else the first account of an endpoint could end the tenant."""
    with scripted_server() as server:
        client = client_of(server.url, attempts=2)
        server.say(EMPTY, Reply(raw=b""))
        client.get("/v2/clients", parse=read_list, resource="clients")
        with pytest.raises(UnavailableError, match="hung up before its answer was whole"):
            get(client)


def drip(piece: bytes, every_s: float = 0.02):
    def say(connection: socket.socket) -> None:
        while True:
            connection.sendall(piece)
            time.sleep(every_s)

    return say


def after(beginning: bytes, piece: bytes):
    def say(connection: socket.socket) -> None:
        connection.sendall(beginning)
        drip(piece)(connection)

    return say


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(drip(b"H"), id="status-line"),
        pytest.param(after(b"HTTP/1.1 200 OK\r\nX: ", b"y"), id="a-header"),
        pytest.param(drip(b"HTTP/1.1 100 Continue\r\n\r\n"), id="100-continue"),
        pytest.param(after(head("Content-Length: 100000"), b" "), id="body"),
        pytest.param(after(head("Transfer-Encoding: chunked"), b"1\r\n \r\n"), id="chunks"),
        pytest.param(after(head("Transfer-Encoding: chunked"), b"0"), id="a-chunks-size"),
    ],
)
def test_an_answer_that_drips_ends_in_time(say):
    """F7: the bound is on the whole answer, not on the time between two pieces."""
    began = time.monotonic()
    with raw_server(say) as url, pytest.raises(UnavailableError, match=r"did not come whole within 0\.4 s"):
        get(client_of(url, seconds=0.4))
    assert time.monotonic() - began < 5


def test_an_answer_that_is_overdue_is_asked_for_once_more_and_no_more():
    """Six times five minutes would hold a worker for half an hour."""
    asked: list[int] = []

    def say(connection: socket.socket) -> None:
        asked.append(1)
        drip(b"H")(connection)

    with raw_server(say) as url, pytest.raises(UnavailableError):
        get(client_of(url, seconds=0.2, attempts=6))
    assert len(asked) == 2


@pytest.mark.parametrize(
    "link", ['</api/v2/x?page=2>; rel="next"', "</x>; rel=next", '<a>; rel="last", <b>; rel="next"']
)
def test_a_next_page_that_only_a_header_names_is_a_failed_read(link):
    """F5: nobody follows it, so the answer is not whole."""
    with scripted_server() as server:
        server.say(Reply(body=b'{"data":[]}', headers={"Link": link}))
        with pytest.raises(MalformedError, match="Link header says that there is a next page"):
            get(client_of(server.url))


@pytest.mark.parametrize("link", ["", "</x>; rel=self", '</next>; rel="prev"'])
def test_other_links_in_headers_are_no_matter(link):
    """They say nothing of more rows."""
    with scripted_server() as server:
        server.say(Reply(body=b'{"data":[]}', headers={"Link": link}))
        assert get(client_of(server.url)) == []


def test_the_words_of_an_error_may_drip_no_longer_either():
    """The status is known; the words are done without."""
    say = after(head("Content-Length: 100000", status="403 Forbidden"), b" ")
    with raw_server(say) as url, pytest.raises(Exception, match="the API answered 403; ask Aleta for access"):
        get(client_of(url, seconds=0.4))


def blanks_in_gzip(megabytes: int) -> bytes:
    stream = zlib.compressobj(9, wbits=31)
    return b"".join(stream.compress(b" " * MB) for _ in range(megabytes)) + stream.flush()


def chunks_of_blanks(connection: socket.socket) -> None:
    connection.sendall(head("Transfer-Encoding: chunked"))
    while True:
        connection.sendall(b"%x\r\n%b\r\n" % (MB, b" " * MB))


def chunk_line_without_end(connection: socket.socket) -> None:
    connection.sendall(head("Transfer-Encoding: chunked") + b"5;")
    while True:
        connection.sendall(b" " * MB)


def sent(wire: bytes):
    return lambda connection: connection.sendall(wire)


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(sent(head("Content-Encoding: gzip", "Connection: close") + blanks_in_gzip(600)), id="gzip"),
        pytest.param(chunks_of_blanks, id="chunks"),
    ],
)
def test_an_answer_without_end_is_refused_before_memory_is_full(say):
    """F7: it is dropped where it passes the bound, not when it ends; and not asked for again."""
    with raw_server(say) as url:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(TooLargeError, match="transactions of a1: the answer has more than 40 MB"):
            get(client_of(url, size=40 * MB, attempts=5))
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 250


def test_the_size_of_a_chunk_without_end_is_refused():
    """The library bounds it by itself; ours would at 40 MB."""
    with raw_server(chunk_line_without_end) as url, pytest.raises((TooLargeError, UnavailableError)):
        get(client_of(url, size=40 * MB))


def test_an_error_with_words_without_end_keeps_its_meaning():
    """A 403 is a 403."""

    def say(connection: socket.socket) -> None:
        connection.sendall(head("Connection: close", status="403 Forbidden"))
        while True:
            connection.sendall(b" " * MB)

    with raw_server(say) as url, pytest.raises(Exception, match="the API answered 403; ask Aleta for access"):
        get(client_of(url, size=40 * MB))


def test_large_answers_are_held_one_at_a_time():
    """C6: eight workers do not hold eight of the largest; each of them comes through in turn."""
    body = b'{"data":[' + b" " * (40 * MB) + b"]}"
    with raw_server(sent(head(f"Content-Length: {len(body)}") + body)) as url:
        results: list[object] = []
        threads = [threading.Thread(target=lambda: results.append(get(client_of(url, size=64 * MB)))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert results == [[], [], []]


def test_a_parser_that_fails_by_itself_costs_one_read_and_says_so():
    """F6: a defect of ours is called one, and is not the tenant's end."""

    def parse(_: bytes) -> object:
        raise KeyError("id")

    with scripted_server() as server:
        server.say(EMPTY)
        with pytest.raises(DefectError, match=r"transactions of a1: .*KeyError.*report it"):
            get(client_of(server.url), parse=parse)


@pytest.mark.parametrize("error", [ValueError("x"), RecursionError("x"), OverflowError("x"), UnicodeError("x")])
def test_what_a_library_makes_of_a_body_is_a_malformed_answer(error):
    """Nothing of its text is shown: it may quote the body."""

    def parse(_: bytes) -> object:
        raise error

    with scripted_server() as server:
        server.say(EMPTY)
        with pytest.raises(MalformedError, match=type(error).__name__):
            get(client_of(server.url), parse=parse)


# -- the clock (M6)


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


# -- secrets (S2)


@pytest.mark.parametrize("piece", [SECRET, SECRET[:8], SECRET[7:15], SECRET[-6:]])
def test_no_piece_of_the_bearer_is_shown(piece):
    """A server that truncates what it quotes is masked as well."""
    body = json.dumps({"errors": [{"title": "bad token", "detail": f"token '{piece}' is unknown"}]}).encode()
    with scripted_server() as server:
        server.say(Reply(status=403, body=body))
        with pytest.raises(Exception, match=r"\(bad token: token '\*\*\*' is unknown\)"):
            get(client_of(server.url))


def test_an_identifier_is_shown_without_its_control_characters():
    """ESC, line ends and OSC 8 stay escapes; the attrs keep the id for the machine."""
    own_id = "a\x1b]8;;http://x\x07\nb"
    with scripted_server() as server:
        server.say(Reply(status=404))
        client = client_of(server.url)
        with pytest.raises(Exception, match="404") as caught:
            client.get("/v2/transactions", parse=read_list, resource="transactions", parent_id=own_id)
        client.close()
    assert str(caught.value).startswith(r"transactions of a\x1b]8;;http://x\x07\nb: ")


# -- certificates


def test_a_bundle_that_is_not_there_is_named_with_its_variable(tmp_path):
    """Requests calls it an OSError, which looks like a disk."""
    with pytest.raises(CertificatesError, match=rf"REQUESTS_CA_BUNDLE names {tmp_path}/no.pem, .*No such file"):
        check_certificates({"REQUESTS_CA_BUNDLE": f"{tmp_path}/no.pem"})


def test_a_bundle_without_certificates_is_named(tmp_path):
    """An empty file."""
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(CertificatesError, match=r"CURL_CA_BUNDLE names .*empty\.pem"):
        check_certificates({"CURL_CA_BUNDLE": f"{tmp_path}/empty.pem"})


def test_without_a_variable_nothing_is_looked_at():
    """The bundle of the library counts."""
    check_certificates({"REQUESTS_CA_BUNDLE": ""})


def test_every_failure_of_the_wire_is_worth_a_retry_or_fatal_for_its_read():
    """Kinds, not texts, decide what the caller does."""
    assert issubclass(UnavailableError, RetryableError)
    assert not issubclass(TooLargeError, RetryableError)
