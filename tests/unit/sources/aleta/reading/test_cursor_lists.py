"""Lists of v1 by cursor: what is believed of 304, and what of a cursor that fails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import ForbiddenError, MalformedError, ParentGoneError, RefusedError, WindowTooWideError
from sources.aleta.jsonapi.answer import parser
from sources.aleta.reading.cursor_lists import RESTARTS, CursorLists, Wanted
from sources.aleta.reading.reader import Reader
from sources.aleta.v1.chain import KeptPage
from sources.aleta.v1.document import list_reader
from tests.apis import FakeApi, thing
from tests.fakes import FakeClock

CLIENTS = CATALOGUE["clients"]


@dataclass
class Pages:
    """v1 in memory: by cursor the ids of a page and the next cursor, or what is raised; ETags tell contents apart.

    Args:
        etags: whether it has any; *tag*: the one that all pages have.
        conditions: whether it looks at what is asked on condition.
    """

    says: dict[str, object]
    etags: bool = True
    tag: str = ""
    conditions: bool = True
    seen: list[tuple[str, str]] = field(default_factory=list)  # cursor, condition

    def page(self, path, *, params, parse, hear, resource, parent_id="", etag=""):
        assert path.startswith("/v1/")
        cursor = params.get("cursor", "")
        self.seen.append((cursor, etag))
        said = self.says[cursor]
        said = said.pop(0) if isinstance(said, list) and len(said) > 1 else said[0] if isinstance(said, list) else said
        if isinstance(said, Exception):
            raise said
        ids, following = said
        body = json.dumps({"data": [{"id": own_id, "name": own_id} for own_id in ids], "next_cursor": following})
        tag = (self.tag or f"etag of {body}") if self.etags else ""
        return None if self.conditions and etag and etag == tag else parse(body.encode(), tag)


@dataclass
class Memory:
    """Kept pages in memory."""

    lists: dict[str, Sequence[KeptPage]] = field(default_factory=dict)

    def of(self, key: str) -> Sequence[KeptPage]:
        return self.lists.get(key, ())

    def keep(self, key: str, pages: Sequence[KeptPage]) -> None:
        self.lists[key] = list(pages)

    def forget(self, key: str) -> None:
        self.lists.pop(key, None)


def wanted() -> Wanted:
    parse = parser(CLIENTS, parent_id="", now=lambda: datetime.now(UTC), read=list_reader(CLIENTS))
    return Wanted(endpoint=CLIENTS, path="/clients", params={}, parent_id="", parse=parse)


TWO = {"": (["a", "b"], "2"), "2": (["c"], None)}


def read(api: Pages, kept: Memory) -> list[str]:
    api.seen.clear()
    return CursorLists(client=api, kept=kept).whole(wanted()).ids


@pytest.fixture
def kept() -> Memory:
    """After a first reading of two pages."""
    memory = Memory()
    assert read(Pages(dict(TWO)), memory) == ["a", "b", "c"]
    return memory


def test_a_list_whose_pages_are_all_304_is_taken_as_it_was(kept):
    """Each page was asked for, on condition."""
    api = Pages(dict(TWO))
    assert read(api, kept) == ["a", "b", "c"]
    assert [cursor for cursor, etag in api.seen if etag] == ["", "2"]


@pytest.mark.parametrize(
    ("change", "ids", "asked"),
    [
        pytest.param({"2": (["c", "d"], None)}, ["a", "b", "c", "d"], ["?", "?2", "", "2", "?"], id="later-page"),
        pytest.param({"": (["a"], "2")}, ["a", "c"], ["?", "2", "?"], id="first-page"),
        pytest.param(
            {"2": (["c"], "3"), "3": (["d"], None)},
            ["a", "b", "c", "d"],
            ["?", "?2", "", "2", "3", "?", "?2"],
            id="a-page-more",
        ),
        pytest.param({"": (["a", "b"], None)}, ["a", "b"], ["?"], id="a-page-less"),
    ],
)
def test_a_change_on_any_page_is_read_without_conditions(kept, change, ids, asked):
    """A 304 on the first page says nothing of the second; what was kept is replaced, once earlier pages still stand."""
    api = Pages(TWO | change)
    assert read(api, kept) == ids
    assert ["?" * bool(etag) + cursor for cursor, etag in api.seen] == asked
    assert read(api, kept) == ids
    assert all(etag for _, etag in api.seen)


@pytest.mark.parametrize("etags", [True, False])
def test_a_row_that_moves_to_a_page_that_was_read_is_not_missing(etags):
    """Cursors count rows, and one of the first page is gone when the second is read: the list is begun again."""
    api = Pages({"": [(["a", "b"], "2"), (["b", "c"], "2")], "2": [(["d"], None)]}, etags=etags)
    assert read(api, Memory()) == ["b", "c", "d"]


def test_a_row_that_is_edited_while_a_list_is_read_does_not_begin_it_again():
    """Nor does one that went: each was read as it was."""
    api = Pages({"": [(["a", "b"], "2"), (["b"], "2")], "2": (["c"], None)})
    assert read(api, Memory()) == ["a", "b", "c"]
    assert len(api.seen) == 3


def test_a_page_that_cannot_be_read_when_it_is_looked_back_at_begins_the_list_again():
    """It may have become the last, and say more rows than it has itself."""
    api = Pages({"": [(["a", "b"], "2"), MalformedError("a count"), (["a"], "2")], "2": [(["c"], None)]})
    assert read(api, Memory()) == ["a", "c"]


def test_a_list_of_which_rows_move_again_and_again_is_a_failed_read():
    """A bounded number of times."""
    api = Pages({"": [([f"a{number}", "b"], "2") for number in range(20)], "2": (["c"], None)})
    with pytest.raises(MalformedError, match="rows moved between its pages"):
        read(api, Memory())


def test_a_cursor_that_leads_to_its_page_once_only_cannot_tell_of_rows_that_moved():
    """The first page needs none, and is looked back at all the same."""
    pages = {"": (["a"], "2"), "2": [(["b"], "3"), gone(410, RefusedError)], "3": (["c"], None)}
    api = Pages(pages)
    assert read(api, Memory()) == ["a", "b", "c"]
    assert [cursor for cursor, _ in api.seen] == ["", "2", "3", "", "2"]


def test_without_etags_nothing_is_kept(kept):
    """What was kept is dropped: it stands for nothing any more."""
    assert read(Pages(dict(TWO), etags=False), kept) == ["a", "b", "c"]
    assert kept.lists == {}


def gone(status: int = 404, kind: type = ParentGoneError) -> Exception:
    return kind("no", status=status, resource="clients")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, WindowTooWideError), (422, WindowTooWideError), (409, RefusedError), (410, RefusedError)]
)
def test_a_cursor_that_expired_starts_the_list_again(status, kind):
    """From its first page, and then it is whole."""
    api = Pages(TWO | {"2": [gone(status, kind), (["c"], None)]})
    assert read(api, Memory()) == ["a", "b", "c"]
    assert [cursor for cursor, _ in api.seen] == ["", "2", "", "2", ""]


def test_a_cursor_that_expires_again_and_again_is_a_failed_read():
    """A bounded number of times."""
    api = Pages(TWO | {"2": gone(410, RefusedError)})
    with pytest.raises(MalformedError, match="never came to its end"):
        read(api, Memory())
    assert len(api.seen) == 2 * (RESTARTS + 1)


def test_a_page_that_was_announced_and_is_not_there_is_a_failed_read():
    """F1: it is not a list that v1 lacks, nor a parent that is gone."""
    with pytest.raises(MalformedError, match="page 2 was announced"):
        read(Pages(TWO | {"2": gone()}), Memory())


@pytest.mark.parametrize("error", [gone(), gone(403, ForbiddenError), gone(400, WindowTooWideError)])
def test_what_the_first_page_answers_is_of_the_list(error):
    """404, 403, too wide: as on any track."""
    with pytest.raises(type(error)):
        read(Pages({"": error}), Memory())


def test_a_page_that_comes_anew_under_the_etag_it_had_is_kept_anew():
    """Some node does not know of conditions: what the next one calls unchanged is what came last."""
    one = Pages({"": (["a"], None)}, tag="W/1")
    memory = Memory()
    assert read(one, memory) == ["a"]
    assert read(Pages({"": (["b"], None)}, tag="W/1", conditions=False), memory) == ["b"]
    assert read(Pages({"": (["b"], None)}, tag="W/1"), memory) == ["b"]


def test_a_list_that_goes_on_elsewhere_than_it_did_is_read_without_what_was_kept(kept):
    """F1 is for what is announced now: the first page is a 304, for its ETag does not tell where it goes on."""
    first = Pages({"": (["a", "b"], None), "2": gone()}, tag="W/1")
    kept.lists = {key: [replace(page, etag="W/1") for page in pages] for key, pages in kept.lists.items()}
    assert read(first, kept) == ["a", "b"]
    assert [bool(etag) for _, etag in first.seen] == [True, True, False]


def test_kept_pages_that_cannot_be_read_are_asked_for_without_conditions():
    """Another version kept them."""
    api = Pages({"": (["a"], None)})
    memory = Memory()
    read(api, memory)
    [(key, [page])] = memory.lists.items()
    memory.lists[key] = [KeptPage(cursor="", etag=page.etag, body=b"{}")]
    assert read(api, memory) == ["a"]
    assert [bool(etag) for _, etag in api.seen] == [True, False]


def reader(pages: Pages, api: FakeApi) -> Reader:
    return Reader(api, FakeClock(), v1=CursorLists(client=pages))


def test_a_list_that_v1_lacks_is_read_from_v2_and_v1_is_not_asked_again():
    """In the same run."""
    pages, api = Pages({"": gone()}), FakeApi(says={"/v2/clients": [thing("a")]})
    found = reader(pages, api)
    answers = [found.list_of(CLIENTS)() for _ in range(3)]
    assert [(answer.ids, answer.track, answer.chained) for answer in answers] == [(["a"], "v2", False)] * 3
    assert len(pages.seen) == 1
    assert found.dialects.tracks == {"clients": "v2"}


def test_a_404_of_both_is_a_parent_that_is_gone():
    """Then it is known of v1 neither way."""
    pages = Pages({"": [gone(), (["u"], None)]})
    found = reader(pages, FakeApi(says={"/v2/clients/c/users": gone()}))
    users = CATALOGUE["users"]
    with pytest.raises(ParentGoneError):
        found.list_of(users, "c")()
    assert found.list_of(users, "d")().track == "v1"


def test_an_object_counts_as_gone_only_where_v2_says_so_too():
    """L2: a 404, or a 403, of v1 is confirmed."""
    for refusal in (gone(), gone(403, ForbiddenError)):
        found = reader(Pages({"": refusal}), FakeApi(says={"/v2/clients/a": thing("a")}))
        assert found.one_of(CLIENTS, "a")().ids == ["a"]


def test_lists_and_objects_learn_apart_what_v1_has():
    """It may have the one and not the other."""
    pages = Pages({"": [gone(), (["a"], None)]})
    found = reader(pages, FakeApi(says={"/v2/clients/a": thing("a")}))
    assert found.one_of(CLIENTS, "a")().track == "v2"
    assert found.list_of(CLIENTS)().track == "v1"
    assert found.dialects.tracks == {"clients": "v1"}
    assert found.dialects.answered_in_this_run(CLIENTS)


def test_the_keys_of_webhooks_are_no_list():
    """They are asked for where they are documented."""
    keys = CATALOGUE["webhook_keys"]
    pages, api = Pages({}), FakeApi(says={"/v2/webhooks/keys": b'{"keys":[{"kid":"k"}]}'})
    assert reader(pages, api).list_of(keys)().ids == ["k"]
    assert pages.seen == []
