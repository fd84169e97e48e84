"""Pages into one list: where it ends, and when it is a failed read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import MalformedError, UndecodableError
from sources.aleta.jsonapi.answer import parser
from sources.aleta.v1 import chain as chains
from sources.aleta.v1.chain import Chain
from sources.aleta.v1.document import list_reader, object_reader

CLIENTS = CATALOGUE["clients"]


def parse(read=list_reader, own_id: str = ""):
    return parser(CLIENTS, parent_id="", now=lambda: datetime.now(UTC), own_id=own_id, read=read(CLIENTS))


def body(*ids: str, **beside: object) -> bytes:
    return json.dumps({"data": [{"id": own_id, "name": own_id} for own_id in ids], **beside}).encode()


def test_pages_are_one_answer():
    """In their order; whole when the last says so."""
    chain = Chain(parse())
    chain.take(body("a", "b", has_more=True, next_cursor="2"), "e1")
    assert (chain.cursor, chain.ended) == ("2", False)
    chain.take(body("c", has_more=False), "e2")
    assert (chain.cursor, chain.ended) == ("", True)
    assert (chain.whole.ids, chain.whole.pages) == (["a", "b", "c"], 2)
    assert [(page.cursor, page.etag) for page in chain.kept] == [("", "e1"), ("2", "e2")]


@pytest.mark.parametrize(
    "end", [{}, {"next_cursor": None}, {"next_cursor": ""}, {"nextCursor": None, "hasMore": False}]
)
def test_a_list_ends_where_there_is_no_cursor(end):
    """Absent, null or empty."""
    chain = Chain(parse())
    chain.take(body("a", **end), "")
    assert chain.ended


@pytest.mark.parametrize(
    ("beside", "words"),
    [
        pytest.param({"has_more": True}, "gives no cursor", id="more-and-no-cursor"),
        pytest.param({"hasMore": True, "next_cursor": None}, "gives no cursor", id="more-and-null"),
        pytest.param({"next_cursor": {"a": 1}}, "cursor is none", id="object"),
        pytest.param({"next_cursor": "a", "nextCursor": "b"}, "two cursors", id="two"),
        pytest.param({"errors": []}, "with `errors`", id="errors"),
        pytest.param({"links": {"next": "/x"}}, "links to a next page", id="link"),
        pytest.param({"meta": {"total": 7}}, "there are 7 rows", id="total"),
    ],
)
def test_what_contradicts_itself_is_a_failed_read(beside, words):
    """F1, F5."""
    with pytest.raises(MalformedError, match=words):
        Chain(parse()).take(body("a", **beside), "")


def test_f5_a_header_that_counts_more_than_all_pages_have_is_a_failed_read():
    """F5: as for pages that are linked; what a page that was kept had in its headers is not known."""
    chain = Chain(parse())
    chain.hear({"X-Total-Count": "3"})
    chain.take(body("a", next_cursor="2"), "")
    chain.hear({})
    with pytest.raises(MalformedError, match="there are 3 rows, and shows 2"):
        chain.take(body("b"), "")


def test_f5_a_total_that_only_the_first_page_says_counts_for_all():
    """F5: as for pages that are linked."""
    chain = Chain(parse())
    chain.take(body("a", next_cursor="2", meta={"total": 3}), "")
    with pytest.raises(MalformedError, match="there are 3 rows, and shows 2"):
        chain.take(body("b"), "")
    chain.take(body("b", "c"), "")
    assert chain.ended


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"data":{}}', b'{"data":[]', b'{"data":[],"data":[]}', b'{"data":[\xff]}']
)
def test_what_is_no_page_is_a_failed_read(text):
    """Never zero rows; and the page before stays."""
    chain = Chain(parse())
    chain.take(body("a", next_cursor="2"), "")
    with pytest.raises(MalformedError):
        chain.take(text, "")
    assert len(chain.kept) == 1


def test_a_cursor_that_was_given_before_is_a_failed_read():
    """A circle has no end."""
    chain = Chain(parse())
    chain.take(body("a", next_cursor="2"), "")
    chain.take(body("b", next_cursor="3"), "")
    with pytest.raises(MalformedError, match="gave before"):
        chain.take(body("c", next_cursor="2"), "")


def test_pages_that_show_nothing_new_come_to_an_end(monkeypatch):
    """Whatever cursors they give."""
    monkeypatch.setattr(chains, "MOST_BARREN", 3)
    chain = Chain(parse())
    for number in range(4):
        chain.take(body("a", next_cursor=f"{number}"), "")
    with pytest.raises(MalformedError, match="nothing new"):
        chain.take(body("a", next_cursor="more"), "")


def test_an_endless_list_is_refused(monkeypatch):
    """Bounds the memory (C5)."""
    monkeypatch.setattr(chains, "MOST_PAGES", 2)
    chain = Chain(parse())
    chain.take(body("a", next_cursor="2"), "")
    with pytest.raises(MalformedError, match="does not end"):
        chain.take(body("b", next_cursor="3"), "")


@pytest.mark.parametrize("text", [b'{"data":{"id":"a","name":"x"}}', b'{"id":"a","name":"x"}'])
def test_one_object_stands_under_data_or_alone(text):
    """By evidence."""
    assert parse(object_reader, "a")(text).ids == ["a"]


@pytest.mark.parametrize("text", [b'{"data":[{"id":"a"}]}', b'{"data":null}', b'{"name":"x"}', b'{"data":{"id":"b"}}'])
def test_what_is_not_the_object_asked_for_is_a_failed_read(text):
    """F1."""
    with pytest.raises(MalformedError):
        parse(object_reader, "a")(text)


def test_one_undecodable_value_does_not_cost_the_page():
    """F8: of flat items and of JSON:API ones."""
    flat = b'{"data":[{"id":"a","name":"x","note":"\\ud83d"},{"id":"b","name":"y"}]}'
    nested = b'{"data":[{"type":"client","id":"a","attributes":{"name":"x","note":"\\ud83d"}},{"id":"b","name":"y"}]}'
    for text in (flat, nested):
        assert parse()(text).ids == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        b'{"data":[{"id":"\\ud83d","name":"x"}]}',
        b'{"data":[{"type":"client","id":"\\ud83d","attributes":{}}]}',
        b'{"data":[{"id":"a","\\ud83d":{"\\ud83d":1}}],"\\ud83d":1}',
    ],
)
def test_an_id_that_is_no_text_is_told_from_what_is_no_json(text):
    """F8: a day may be quarantined for it, not its account."""
    with pytest.raises(UndecodableError):
        parse()(text)
