"""An answer that says itself that there is more is followed, or refused (rule F5)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import MalformedError, RefusedError, SourceError
from sources.aleta.planning.windows import Window
from sources.aleta.reading.reader import Reader
from sources.aleta.transport.client import Client
from sources.aleta.transport.pacing.limiter import TokenBucket
from sources.aleta.transport.pacing.retry import RetryPolicy
from tests.fakes import FakeClock, Reply, scripted_server

WINDOW = Window(date(2026, 1, 1), date(2026, 1, 31))


def page(*ids: str, **beside: object) -> Reply:
    rows = [{"type": "fee-transaction", "id": own_id, "attributes": {"tradeDate": "2026-01-02"}} for own_id in ids]
    return Reply(body=json.dumps({"data": rows, **beside}).encode())


@pytest.fixture
def server():
    with scripted_server() as script:
        yield script


def keys(*ids: str, **beside: object) -> Reply:
    """A page of a JWK set, which has no `data`."""
    return Reply(body=json.dumps({"keys": [{"kid": own_id, "kty": "EC"} for own_id in ids], **beside}).encode())


def ask(url: str, resource: str = "transactions") -> list[str]:
    clock = FakeClock()
    client = Client(
        url,
        tokens=TokenCache(lambda: Token(value="a-token-for-tests", expires_at_s=1e9), clock),
        bucket=TokenBucket(0.0, 100),
        clock=clock,
        policy=RetryPolicy(attempts=2),
    )
    try:
        if not (endpoint := CATALOGUE[resource]).dates:
            return Reader(client, clock).list_of(endpoint)().ids
        return Reader(client, clock).list_of(endpoint, "a1", WINDOW)().ids
    finally:
        client.close()


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("/api/v2/transactions?page=2", id="path"),
        pytest.param("?page=2", id="query"),
        pytest.param({"href": "/api/v2/transactions?page=2", "meta": {}}, id="object"),
        pytest.param("HERE/api/v2/transactions?page=2", id="absolute"),
    ],
)
def test_a_link_to_the_next_page_is_followed(server, link):
    """Each page is a request of its own; all of them are one answer."""
    text = json.dumps(link).replace("HERE", server.url)
    server.say(page("t1", "t2", links={"next": json.loads(text)}), page("t3", links={"next": None}))
    assert ask(server.url) == ["t1", "t2", "t3"]
    assert [request.target.partition("?")[2] for request in server.seen][1:] == ["page=2"]


def test_a_page_that_fails_once_is_read_again(server):
    """The retries of any read, for this page alone."""
    server.say(page("t1", links={"next": "?page=2"}), Reply(status=503), page("t2"))
    assert ask(server.url) == ["t1", "t2"]
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/api/v2/x", "//elsewhere.example/x", "http://[::1/x", "http://u:p@HOST/api/x"]
)
def test_a_link_to_another_server_is_a_failed_read(server, link):
    """S1: no bearer goes there."""
    server.say(page("t1", links={"next": link.replace("HOST", server.url.removeprefix("http://"))}))
    with pytest.raises(RefusedError, match="transactions of a1: the answer's next page is on another server"):
        ask(server.url)
    assert len(server.seen) == 1


def test_a_link_to_a_page_that_was_read_is_a_failed_read(server):
    """A circle has no end."""
    server.say(page("t1", links={"next": "?page=2"}))
    with pytest.raises(MalformedError, match="links to a page that was read before"):
        ask(server.url)


def test_a_list_without_end_is_a_failed_read(server, monkeypatch):
    """Bounded by pages."""
    monkeypatch.setattr("sources.aleta.reading.pages.MOST_PAGES", 5)
    server.say(*[page(f"t{at}", links={"next": f"?page={at}"}) for at in range(8)])
    with pytest.raises(MalformedError, match="does not end within 5 pages"):
        ask(server.url)


MORE = {
    "total": {"meta": {"total": 5000}},
    "total-as-text": {"meta": {"total": "5000"}},
    "total-count": {"meta": {"total_count": 3}},
    "page-total": {"meta": {"page": {"total": 3}}},
    "pages": {"meta": {"totalPages": 2}},
    "last-page": {"meta": {"pagination": {"current-page": 1, "last-page": 4}}},
    "has-more": {"meta": {"hasMore": True}},
    "has-more-on-top": {"has_more": True},
    "cursor": {"meta": {"nextCursor": "abc"}},
    "cursor-on-top": {"next_cursor": "abc"},
    "truncated": {"meta": {"truncated": True}},
    "pagination-on-top": {"pagination": {"total": 3}},
    "total-on-top": {"total": 3},
    "total-count-on-top": {"totalCount": 3},
    "truncated-on-top": {"truncated": True},
    "paging-on-top": {"paging": {"hasMore": True}},
    "next-link-on-top": {"nextLink": "/api/v2/transactions?page=2"},
    "last-of-pages": {"meta": {"page": {"number": 1, "size": 2, "last": 2}}},
    "one-of-pages": {"page": {"number": 1, "of": 2}},
    "link-to-the-last": {"links": {"self": "/x?a=1&page=1", "last": "/x?a=1&page=2"}},
    "link-to-the-last-from-a-list": {"links": {"self": "/x?a=1", "last": {"href": "/x?a=1&page%5Bnumber%5D=2"}}},
    "link-to-the-last-alone": {"links": {"last": "/x?offset=500&limit=500"}},
}
HEADERS = {
    "total": {"X-Total-Count": "3"},
    "pages": {"x-total-pages": "2"},
    "more": {"X-Has-More": "true"},
    "cursor": {"X-Next-Cursor": "abc"},
    "json": {"X-Pagination": '{"TotalCount": 3, "PageSize": 2}'},
    "range": {"Content-Range": "items 0-1/3"},
}


@pytest.mark.parametrize("beside", [pytest.param(case, id=name) for name, case in MORE.items()])
def test_a_sign_that_there_is_more_is_a_failed_read(server, beside):
    """It is never taken for the whole list."""
    server.say(page("t1", "t2", **beside))
    with pytest.raises(SourceError, match=r"transactions of a1: the answer says that (there|it is one)"):
        ask(server.url)


@pytest.mark.parametrize("headers", [pytest.param(case, id=name) for name, case in HEADERS.items()])
def test_a_header_that_says_that_there_is_more_is_a_failed_read(server, headers):
    """The same, where only the envelope says it; as for all pages together."""
    server.say(replace(page("t1", "t2"), headers=headers))
    with pytest.raises(SourceError, match=r"transactions of a1: the answer says that (there|it is one)"):
        ask(server.url)


def test_headers_that_count_all_there_is_are_believed(server):
    """Of the whole list, as each page has them; and what has nothing to do with pages."""
    counted = {"X-Total-Count": "3", "X-Total-Pages": "2", "Content-Range": "items 0-1/*", "X-Has-More": "false"}
    other = {"X-Count": "900", "X-RateLimit-Remaining": "7", "X-Request-Total": "12", "X-Next-Cursor": ""}
    server.say(
        replace(page("t1", "t2", links={"next": "?page=2"}), headers=counted | {"X-Has-More": "true"}),
        replace(page("t3"), headers=counted | other),
    )
    assert ask(server.url) == ["t1", "t2", "t3"]


ALL = {
    "total": {"meta": {"total": 2}},
    "total-of-nothing-else": {"meta": {"total": 0, "requestId": "x", "took": 900}},
    "one-page": {"meta": {"totalPages": 1, "page": {"number": 1, "size": 500}}},
    "no-more": {"meta": {"hasMore": False, "nextCursor": None, "next": ""}, "links": {"self": "/x", "next": None}},
    "links-of-no-shape": {"links": ["x"], "meta": [1]},
    "links-empty": {"links": {"next": ""}},
    "first-is-last": {"links": {"self": "/x?a=1", "first": "/x?a=1&page=1", "last": "/x?a=1&page=1&page%5Bsize%5D=9"}},
    "on-the-last-page": {"links": {"self": "/x?page=4", "last": "/x?page=4"}, "page": {"last": 1}},
    "said-on-top": {"totalCount": 2, "truncated": False, "paging": {"hasMore": "false"}, "nextLink": None},
    "of-something-else": {"summary": {"total": 900, "more": True}, "took": 3, "meta": {"last": 7}},
}


@pytest.mark.parametrize("beside", [pytest.param(case, id=name) for name, case in ALL.items()])
def test_what_says_that_there_is_no_more_is_believed(server, beside):
    """Totals that fit are no sign."""
    server.say(page("t1", "t2", **beside))
    assert ask(server.url) == ["t1", "t2"]


def test_totals_count_over_all_pages(server):
    """Three rows on two pages are three rows."""
    server.say(
        page("t1", "t2", links={"next": "?page=2"}, meta={"total": 3, "pages": 2}),
        page("t3", meta={"total": 3, "pages": 2}),
    )
    assert ask(server.url) == ["t1", "t2", "t3"]
    server.say(page("t1", links={"next": "?page=2"}, meta={"total": 3}), page("t3", meta={"total": 3}))
    with pytest.raises(MalformedError, match="there are 3 rows, and shows 2"):
        ask(server.url)


def test_f5_totals_that_only_the_first_page_says_count_for_all(server):
    """F5: a server that counts once has said it; the last total counts where it changes on the way."""
    for said in ({"total": 3}, {"pages": 3}):
        server.say(page("t1", links={"next": "?page=2"}, meta=said), page("t3"))
        with pytest.raises(MalformedError, match=r"there are 3 rows, and shows 2|one of 3 pages"):
            ask(server.url)
    server.say(page("t1", links={"next": "?page=2"}, meta={"total": 2, "pages": 2}), page("t3"))
    assert ask(server.url) == ["t1", "t3"]
    server.say(page("t1", links={"next": "?page=2"}, meta={"total": 3}), page("t3", meta={"total": 2}))
    assert ask(server.url) == ["t1", "t3"]


def test_f5_keys_of_webhooks_are_followed_to_the_last_page(server):
    """F5: they are no JSON:API document, and may say that there are more all the same."""
    server.say(keys("k1", links={"next": "/api/v2/webhooks/keys?page=2"}), keys("k2"))
    assert ask(server.url, "webhook_keys") == ["k1", "k2"]


@pytest.mark.parametrize(
    ("beside", "why"),
    [
        ({"links": {"next": "https://elsewhere.example/keys"}}, "on another server"),
        ({"meta": {"total": 2}}, "there are 2 rows, and shows 1"),
        ({"has_more": True}, "there is more, and not where"),
    ],
    ids=["elsewhere", "total", "more"],
)
def test_f5_keys_of_webhooks_that_cannot_be_followed_are_a_failed_read(server, beside, why):
    """F5: a delivery may be signed with one that is not here."""
    server.say(keys("k1", **beside))
    with pytest.raises(SourceError, match=why):
        ask(server.url, "webhook_keys")
