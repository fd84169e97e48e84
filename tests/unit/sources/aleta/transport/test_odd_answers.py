"""An odd answer is a failed read that says whose it was, and costs nothing else (rules F5 and F6)."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from sources.aleta.errors import (
    DefectError,
    MalformedError,
    RefusedError,
    UnavailableError,
)
from sources.aleta.jsonapi.envelope import read_list
from tests.fakes import Reply, scripted_server
from tests.rawserver import raw_server
from tests.unit.sources.aleta.transport.odd_client import EMPTY, ODD, client_of, get


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
        (304, "answered 304 Not Modified: it was asked without a condition"),
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


@pytest.mark.parametrize(
    "link", ['</api/v2/x?page=2>; rel="next"', "</x>; rel=next", '<a>; rel="last", <b>; rel="next"']
)
@pytest.mark.parametrize(
    "beside", [b"", b',"links":{"next":null}', b',"links":{"next":""}', b',"meta":{"word":"next"}']
)
def test_a_next_page_that_only_a_header_names_is_a_failed_read(link, beside):
    """F5: nobody follows it, so the answer is not whole."""
    with scripted_server() as server:
        server.say(Reply(body=b'{"data":[]' + beside + b"}", headers={"Link": link}))
        with pytest.raises(MalformedError, match="Link header says that there is a next page"):
            get(client_of(server.url))


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b'{"data":[],"has_more":true,"next_cursor":"2"}', True),
        (b'{"data":[],"nextCursor" : "2"}', True),
        (b'{"data":[],"has_more":true,"next_cursor":100}', True),
        (b'{"data":[],"nextCursor": -1}', True),
        (b'{"data":[],"next_cursor":null}', False),
        (b'{"data":[],"next_cursor":""}', False),
        (b'{"data":[]}', False),
    ],
)
def test_on_v1_a_next_page_that_only_a_header_names_is_a_failed_read_too(body, whole):
    """F5: a cursor in the answer is followed, be it a text or a number; a link in its headers is not."""
    with scripted_server() as server:
        server.say(Reply(body=body, headers={"Link": '</v1/x?page=2>; rel="next"'}))
        client = client_of(server.url)
        with nullcontext() if whole else pytest.raises(MalformedError, match="Link header says that there is a next"):
            client.page("/v1/x", params={}, parse=lambda found, _: found, resource="x")


@pytest.mark.parametrize("link", ["", "</x>; rel=self", '</next>; rel="prev"'])
def test_other_links_in_headers_are_no_matter(link):
    """They say nothing of more rows."""
    with scripted_server() as server:
        server.say(Reply(body=b'{"data":[]}', headers={"Link": link}))
        assert get(client_of(server.url)) == []


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
