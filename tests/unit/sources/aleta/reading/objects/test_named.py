"""What is named and in no list: asked for by id (rules L1, L2)."""

from __future__ import annotations

import pytest

from sources.aleta.errors import ForbiddenError, ParentGoneError, UnavailableError
from sources.aleta.reading.objects.members import Census
from sources.aleta.reading.objects.walk import ids_of
from tests.apis import FakeApi, thing
from tests.unit.sources.aleta.reading.objects.crawls import (
    ACCOUNT,
    ACCOUNTS,
    CLIENTS,
    ENTITIES,
    PART,
    crawl,
    problems,
    world,
)


def test_l2_an_object_that_nothing_of_its_kind_answers_for_is_not_gone():
    """Every request for accounts is 404, those by id too: that is no proof of any one."""
    api = world()
    for path in (ACCOUNTS.format("l1"), ACCOUNTS.format("l2"), ACCOUNT.format("a1")):
        api.says[path] = ParentGoneError("no such path")
    found = crawl(api)
    assert [listed.gone for listed in found if listed.gone] == []
    assert problems(found)["accounts", ""] == ["no such path"]


@pytest.mark.parametrize(("by_id", "gone"), [(thing("a1"), ["a9"]), (ParentGoneError("no such path"), [])])
def test_l2_a_404_by_id_proves_nothing_where_a_listed_object_is_404_too(by_id, gone):
    """a9 is named by its own parent and in no list: gone only if its siblings answer by their ids."""
    api = world()
    api.says[ENTITIES.format("c1")] = [thing("l1", accounts=["a1", "a2", "a9"]), thing("l2")]
    api.says |= {ACCOUNT.format("a1"): by_id, ACCOUNT.format("a9"): ParentGoneError("no such path")}

    found = crawl(api)

    assert [own_id for listed in found for own_id in listed.gone] == gone
    assert problems(found) == ({} if gone else {("accounts", "l1"): ["no such path"]})


@pytest.mark.parametrize("refusal", [ParentGoneError("404"), ForbiddenError("403")])
@pytest.mark.parametrize("by_id", [thing("a1"), ParentGoneError("no such path")])
def test_l2_what_only_another_object_names_is_gone_only_if_listed_siblings_answer_by_their_ids(by_id, refusal):
    """The portfolio links to a9, which no list shows and no parent names."""
    api = world()
    api.says[PART.format("f1")] = thing("f1", accounts=["a9"])
    api.says |= {ACCOUNT.format("a1"): by_id, ACCOUNT.format("a9"): refusal}

    found = crawl(api)

    answers = not isinstance(by_id, Exception)
    assert [own_id for listed in found for own_id in listed.gone] == (["a9"] if answers else [])
    assert problems(found) == ({} if answers else {("accounts", ""): [str(refusal)]})


def test_l1_a_parent_that_only_its_child_names_is_read_by_its_id_and_what_hangs_below_it_too():
    """The portfolio links to a9; its legal entity l9 was cut off the list of them, and has another account."""
    api = world()
    api.says[PART.format("f1")] = thing("f1", accounts=["a9"])
    api.says |= {ACCOUNT.format("a9"): thing("a9", legalEntity="l9"), "/v2/legal-entities/l9": thing("l9", client="c1")}
    api.says[ACCOUNTS.format("l9")] = [thing("a9", legalEntity="l9"), thing("a10", legalEntity="l9")]

    found = crawl(api)

    assert {"a9", "a10"} <= set(ids_of(found, "accounts"))
    assert "l9" in ids_of(found, "legal_entities")
    assert problems(found) == {}


@pytest.mark.parametrize("refusal", [None, ParentGoneError("404")])
def test_l2_a_stored_object_whose_parent_no_list_ever_showed_is_asked_for_itself(refusal):
    """Nothing above it tells whether it is gone."""
    api = world()
    api.says |= {ACCOUNT.format("a9"): refusal or thing("a9", legalEntity="l9")}
    api.says["/v2/legal-entities/l9"] = ParentGoneError("404")
    api.says[ACCOUNT.format("a1")] = thing("a1")
    census = Census(stored={"accounts": {"a9": "l9"}, "legal_entities": {"l1": "c1", "l2": "c1"}})

    found = crawl(api, census=census)

    assert ("a9" in ids_of(found, "accounts")) is (refusal is None)
    assert census.gone("accounts") == (set() if refusal is None else {"a9"})


@pytest.mark.parametrize(
    ("answer", "gone", "named"),
    [
        pytest.param(thing("a9", legalEntity="l9"), [], {}, id="here"),
        pytest.param(ParentGoneError("404"), ["a9"], {}, id="gone"),
        pytest.param(ForbiddenError("403"), ["a9"], {}, id="forbidden"),
        pytest.param(UnavailableError("500"), [], {("accounts", "l9"): ["500"]}, id="failed"),
    ],
)
def test_l2_what_hung_below_an_object_that_is_gone_is_asked_for_by_its_id(answer, gone, named):
    """Each needs a proof of its own, though nothing names it: c9 and l9 are 404, their account is what it says."""
    api = world()
    stored = {"clients": {"c9": ""}, "legal_entities": {"l9": "c9"}, "accounts": {"a9": "l9"}}
    api.says |= {
        f"/v2/{kind}/{own_id}": ParentGoneError("404") for kind, own_id in (("clients", "c9"), ("legal-entities", "l9"))
    }
    api.says |= {ACCOUNT.format("a9"): answer}

    found = crawl(api, census=Census(stored=stored))

    assert [own_id for listed in found for own_id in listed.gone] == ["c9", "l9", *gone]
    assert ("a9" in ids_of(found, "accounts")) is not isinstance(answer, Exception)
    assert problems(found) == named


@pytest.mark.parametrize(("above", "gone"), [({}, ["a9"]), ({"l9": "c1"}, [])])
def test_l2_what_is_left_of_a_parent_that_went_before_is_gone_though_no_other_of_its_kind_answers(above, gone):
    """It could not be read that night, and is the only account now. While its parent is there, that proves nothing."""
    api = FakeApi(says={"/v2/clients": [thing("c1")], ACCOUNT.format("a9"): ParentGoneError("404")})
    api.says["/v2/legal-entities/l9"] = UnavailableError("500")

    found = crawl(api, census=Census(stored={"clients": {"c1": ""}, "legal_entities": above, "accounts": {"a9": "l9"}}))

    assert [own_id for listed in found for own_id in listed.gone] == gone
    assert ("accounts", "l9") not in problems(found)


A9 = ACCOUNT.format("a9")


class Hesitant(FakeApi):
    """Its first answer for a9 is 403."""

    def get(self, path, *, parent_id="", **asked):
        if (path, parent_id, [full for full, _ in self.seen].count(A9)) == ("/v2/accounts/{parent_id}", "a9", 0):
            self.seen.append((A9, {}))
            raise ForbiddenError("403")
        return super().get(path, parent_id=parent_id, **asked)


@pytest.mark.parametrize(("then", "gone"), [(thing("a9", legalEntity="l1"), []), (ForbiddenError("403"), ["a9"])])
def test_l2_a_403_is_asked_for_once_more(then, gone):
    """It may be of this minute, as of a permission that is being changed: twice, it means that the object is gone."""
    api = Hesitant(says={**world().says, A9: then, ACCOUNT.format("a1"): thing("a1")})
    found = crawl(api, census=Census(stored={"accounts": {"a9": "l1"}}))
    assert [own_id for listed in found for own_id in listed.gone] == gone
    assert ("a9" in ids_of(found, "accounts")) is not bool(gone)
    assert problems(found) == {}
    assert [path for path, _ in api.seen].count(A9) == 2


P = "/v2/clients/p"


def below_p() -> FakeApi:
    """The client c1 names p above it, which its list does not show; p has a legal entity with an account."""
    api = world()
    api.says |= {
        CLIENTS: [thing("c1", parent="p"), thing("c2")],
        "/v2/clients/c1": thing("c1", parent="p"),
        P: thing("p"),
        ENTITIES.format("p"): [thing("l9")],
        ACCOUNTS.format("l9"): [thing("a9")],
    }
    return api


def test_l1_a_client_that_only_its_child_names_is_read_by_its_id_and_what_hangs_below_it_too():
    """The list of clients was cut; the relationship is a column of the child."""
    census = Census()
    found = crawl(below_p(), census=census)
    assert ("p" in ids_of(found, "clients"), "a9" in ids_of(found, "accounts")) == (True, True)
    assert [(each.resource, each.missed) for each, _ in census.truncated(())] == [("clients", 1)]


@pytest.mark.parametrize("refusal", [ParentGoneError("404"), ForbiddenError("403")])
@pytest.mark.parametrize("by_id", [thing("c1", parent="p"), ParentGoneError("no such path")])
def test_l1_a_client_that_may_not_be_read_is_no_problem_though_its_child_names_it(by_id, refusal):
    """It was never there, and who may read the child need not see what is above: it is asked for again in a week."""
    api = below_p()
    api.says |= {P: refusal, "/v2/clients/c1": by_id}
    found = crawl(api)
    assert [own_id for listed in found for own_id in listed.gone] == ["p"]
    assert problems(found) == {}


def test_l2_a_client_that_was_there_and_that_its_child_still_names_is_not_gone_where_nobody_answers_by_id():
    """No client answers by its id: the list may have been cut, and something that is shown names it."""
    api = below_p()
    api.says |= {P: ParentGoneError("no such path"), "/v2/clients/c1": ParentGoneError("no such path")}
    found = crawl(api, census=Census(stored={"clients": {"c1": "", "p": ""}}))
    assert [own_id for listed in found for own_id in listed.gone] == []
    assert problems(found) == {("clients", ""): ["no such path"]}


@pytest.mark.parametrize(
    ("table", "path", "by_id", "listed", "relation"),
    [
        ("limits", "/v2/clients/c1/limits", "/v2/limits/x", "clients", "parentLimit"),
        ("depositories", ACCOUNTS.format("l1"), "/v2/depositories/x", "accounts", "depository"),
        (
            "custodian_auth_flows",
            "/v2/legal-entities/l1/custodian-authorities",
            "/v3/custodian-auth-flows/x",
            "custodian_authorities",
            "custodianAuthFlow",
        ),
    ],
)
def test_l1_whatever_a_column_of_a_listed_object_names_is_asked_for_by_its_id(table, path, by_id, listed, relation):
    """Not the clients alone."""
    api = world()
    api.says |= {
        path: [thing("a1", **{relation: "x"})],
        by_id: thing("x"),
        "/v3/custodian-auth-flows": [thing("w")],
    }
    names = ("clients", "legal_entities", "accounts", "depositories", "limits", listed, table)
    found = crawl(api, *dict.fromkeys(names))
    assert "x" in ids_of(found, table)
    assert problems(found) == {}


def test_l1_what_a_column_names_of_an_endpoint_that_is_not_there_is_not_asked_for():
    """Each would be a request under every name; its list has been asked for under all of them."""
    api = world()
    api.says["/v2/legal-entities/l1/custodian-authorities"] = [thing("y", custodianAuthFlow="x")]
    api.says["/v2/custodian-auth-flows"] = ParentGoneError("404")
    crawl(api, "clients", "legal_entities", "custodian_authorities", "custodian_auth_flows")
    assert [path for path in api.asked if path.endswith("custodian-auth-flows/x")] == []


def test_l2_what_a_shown_parent_names_is_asked_for_every_night_though_it_was_404_lately():
    """The 404 may have been of that minute, and its parent vouches for the list; what rows alone name may wait."""
    api = world()
    api.says[ENTITIES.format("c1")] = [thing("l1", accounts=["a1", "a2", "a9"]), thing("l2")]
    api.says |= {ACCOUNT.format("a9"): thing("a9", legalEntity="l1"), PART.format("f1"): thing("f1", accounts=["a8"])}

    found = crawl(api, census=Census(refused={"accounts": {"a8", "a9"}}))

    assert ("a9" in ids_of(found, "accounts"), api.asked[ACCOUNT.format("a8")]) == (True, 0)


@pytest.mark.parametrize(("stored", "asked"), [({}, 1), ({"accounts": {"a9": "l1"}}, 2)], ids=["never shown", "shown"])
def test_l2_a_403_that_repeats_an_earlier_one_is_not_asked_for_once_more(stored, asked):
    """What nobody may read costs one request a night."""
    api = world()
    api.says[ENTITIES.format("c1")] = [thing("l1", accounts=["a1", "a2", "a9"]), thing("l2")]
    api.says |= {A9: ForbiddenError("403"), ACCOUNT.format("a1"): thing("a1")}
    crawl(api, census=Census(stored=stored, refused={"accounts": {"a9"}}))
    assert api.asked[A9] == asked


@pytest.mark.parametrize(
    ("answer", "gone"), [(thing("a9", legalEntity="l1"), []), (ParentGoneError("404"), ["a9"])], ids=["back", "gone"]
)
def test_l2_what_was_removed_lately_is_asked_for_while_its_parent_is_shown(answer, gone):
    """Nothing names a9 and its list is cut; l9, which a8 hung below, is not there any more."""
    api = world()
    api.says |= {ACCOUNT.format("a1"): thing("a1"), A9: answer, ACCOUNT.format("a8"): thing("a8", legalEntity="l9")}

    found = crawl(api, census=Census(removed={"accounts": {"a9": "l1", "a8": "l9"}}))

    assert [own_id for listed in found for own_id in listed.gone] == gone
    assert ("a9" in ids_of(found, "accounts"), api.asked[ACCOUNT.format("a8")]) == (not gone, 0)
    assert problems(found) == {}


@pytest.mark.parametrize(("named", "gone"), [(["a1", "a2"], ["a3"]), ([], ["a1", "a2", "a3"])])
def test_l2_an_empty_list_is_not_believed_over_what_its_parent_names(named, gone):
    """No account is shown that could tell whether accounts answer by their ids: what is named may be there (L1)."""
    api = FakeApi(says={CLIENTS: [thing("c1")], ENTITIES.format("c1"): [thing("l1", accounts=named)]})
    api.says |= {ACCOUNT.format(own_id): ParentGoneError("no such path") for own_id in ("a1", "a2", "a3")}
    stored = {"legal_entities": {"l1": "c1"}, "accounts": dict.fromkeys(("a1", "a2", "a3"), "l1")}

    found = crawl(api, "clients", "legal_entities", "accounts", census=Census(stored=stored))

    assert [own_id for listed in found for own_id in listed.gone] == gone
    assert problems(found) == ({("accounts", "l1"): ["no such path"] * len(named)} if named else {})


def test_l2_of_a_client_without_accounts_those_of_others_tell_whether_accounts_answer_by_their_ids():
    """Only c1 is read, whose one account was closed, and is still named: in a run of all clients it would be gone."""
    api = FakeApi(says={CLIENTS: [thing("c1")], ENTITIES.format("c1"): [thing("l1", accounts=["a1"])]})
    api.says |= {
        "/v2/clients/c1": thing("c1"),
        ACCOUNT.format("a1"): ParentGoneError("404"),
        ACCOUNT.format("b1"): thing("b1"),
    }
    stored = {"legal_entities": {"l1": "c1"}, "accounts": {"a1": "l1"}}
    census = Census(stored=stored, clients=["c1"], outside={"accounts": {"b1"}})

    found = crawl(api, "clients", "legal_entities", "accounts", census=census)

    assert [own_id for listed in found for own_id in listed.gone] == ["a1"]
    assert problems(found) == {}


@pytest.mark.parametrize("odd", [ForbiddenError("403"), UnavailableError("500")])
def test_l2_one_listed_object_that_does_not_answer_by_its_id_speaks_for_itself_alone(odd):
    """Another does: a9, which the portfolio links to, is gone."""
    api = world()
    api.says[PART.format("f1")] = thing("f1", accounts=["a9"])
    api.says |= {ACCOUNT.format("a1"): odd, ACCOUNT.format("a2"): thing("a2"), A9: ParentGoneError("404")}

    found = crawl(api)

    assert [own_id for listed in found for own_id in listed.gone] == ["a9"]
    assert problems(found) == {}


@pytest.mark.parametrize("refusal", [ParentGoneError("404"), ForbiddenError("403")])
@pytest.mark.parametrize("listed", [ForbiddenError("403"), UnavailableError("500"), ParentGoneError("404")])
def test_l2_a_refusal_by_id_proves_nothing_where_the_list_that_would_show_it_failed(listed, refusal):
    """The portfolio links to a3, and accounts answer by their ids: what refuses the list may refuse a3, too."""
    api = world()
    api.says[PART.format("f1")] = thing("f1", accounts=["a3"])
    api.says |= {ACCOUNTS.format("l2"): listed, ACCOUNT.format("a1"): thing("a1"), ACCOUNT.format("a3"): refusal}
    stored = {"legal_entities": {"l1": "c1", "l2": "c1"}, "accounts": {"a1": "l1", "a2": "l1", "a3": "l2"}}

    found = crawl(api, census=Census(stored=stored))

    of_l2 = [each for each in found if (each.endpoint.name, each.parent_id) == ("accounts", "l2")]
    assert [(each.gone, [str(problem) for problem in each.problems]) for each in of_l2] == [
        ((), [str(listed)]),
        ((), [str(refusal)]),
    ]
