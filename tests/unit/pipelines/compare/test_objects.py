"""When an object is new, changed, gone or back; through real answers and a real DuckDB."""

import json
from collections import defaultdict

import pytest

from pipelines.compare.objects import Comparison
from schemas.table import name_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import ForbiddenError, UnavailableError
from sources.aleta.jsonapi.answer import parser
from sources.aleta.reading.objects.walk import Listed
from tests.stores import at, memory_store

TREE = ["clients", "legal_entities", "accounts", "reporting_entities", "portfolios"]


@pytest.fixture
def store():
    with memory_store() as empty:
        yield empty


def thing(own_id: str, name: str = "", **relations) -> dict[str, object]:
    linked = {relation: {"data": said} for relation, said in relations.items()}
    return {"type": "x", "id": own_id, "attributes": {"name": name or own_id}, "relationships": linked}


def listed(resource: str, parent_id: str, *things, problems=()) -> Listed:
    read = parser(CATALOGUE[resource], parent_id=parent_id, now=lambda: at(0))
    answers = [read(json.dumps({"data": list(things)}).encode())]
    return Listed(endpoint=CATALOGUE[resource], parent_id=parent_id, answers=answers, problems=list(problems))


def asked(resource: str, parent_id: str, *gone: str) -> Listed:
    """What the walk asked for by id because no list showed it, and what answered 404."""
    return Listed(endpoint=CATALOGUE[resource], parent_id=parent_id, answers=[], gone=gone, by_id=True)


def failed(resource: str, parent_id: str, problem=None) -> Listed:
    return Listed(
        endpoint=CATALOGUE[resource], parent_id=parent_id, answers=[], problems=[problem or UnavailableError("down")]
    )


def night(store, day: int, *listings: Listed) -> dict[str, object]:
    """Compare a whole walk, commit it, and give the counts of each table."""
    by_name = defaultdict(list)
    for listing in listings:
        by_name[listing.endpoint.name].append(listing)
    comparison = Comparison(store, at(day))
    counts = {}
    for resource in TREE:
        for found in comparison.compare(CATALOGUE[resource], by_name[resource]):
            store.merge(found.rows)
            counts[name_of(found.rows.schema)] = found.counts
    return counts


def show(store, resource: str):
    """Day each object was first seen, and gone; by key."""
    schema = next(schema for schema in SCHEMAS if name_of(schema) == resource)
    start = at(0)
    return {
        key: tuple((row[name] - start).days if row[name] else None for name in ("first_seen_at", "removed_at"))
        for key, row in store.read(schema).items()
    }


SCHEMAS = [schema for resource in TREE for schema in CATALOGUE[resource].schemas]


def whole_tree():
    """Two clients; c1 with two legal entities, of which l1 has two accounts."""
    return [
        listed("clients", "", thing("c1"), thing("c2")),
        listed("legal_entities", "c1", thing("l1"), thing("l2")),
        listed("legal_entities", "c2"),
        listed("accounts", "l1", thing("a1", depositories=[{"id": "d1"}, {"id": "d2"}]), thing("a2", depositories=[])),
        listed("accounts", "l2"),
    ]


def test_a_first_walk_adds_everything(store):
    """Each object is first seen when it was compared, and not gone."""
    counts = night(store, 1, *whole_tree())
    assert show(store, "accounts") == {"a1": (1, None), "a2": (1, None)}
    assert show(store, "accounts__depositories") == {"a1 d1": (1, None), "a1 d2": (1, None)}
    assert counts["accounts"] == {"read": 2, "added": 2, "modified": 0, "removed": 0, "unchanged": 0}


def test_a_walk_without_differences_loads_nothing(store):
    """The same tree again: counted as unchanged, and not a row."""
    night(store, 1, *whole_tree())
    counts = night(store, 2, *whole_tree())
    assert counts["clients"] == {"read": 2, "added": 0, "modified": 0, "removed": 0, "unchanged": 2}
    assert show(store, "clients") == {"c1": (1, None), "c2": (1, None)}


def test_a_changed_object_keeps_the_day_it_was_first_seen(store):
    """Only its content is replaced."""
    night(store, 1, listed("clients", "", thing("c1", "old"), thing("c2")))
    counts = night(store, 2, listed("clients", "", thing("c1", "new"), thing("c2")))
    assert counts["clients"] == {"read": 2, "added": 0, "modified": 1, "removed": 0, "unchanged": 1}
    assert store.read(CATALOGUE["clients"].schema)["c1"]["name"] == "new"
    assert show(store, "clients")["c1"] == (1, None)


def test_what_only_extra_holds_is_content_too(store):
    """A change of an attribute that no schema names is a change."""
    night(store, 1, listed("clients", "", thing("c1") | {"attributes": {"mood": 1.0}}))
    counts = night(store, 2, listed("clients", "", thing("c1") | {"attributes": {"mood": 1.00}, "meta": 1}))
    assert counts["clients"]["unchanged"] == 1
    counts = night(store, 3, listed("clients", "", thing("c1") | {"attributes": {"mood": 2}}))
    assert counts["clients"]["modified"] == 1


def test_l2_a_list_that_leaves_an_object_out_does_not_remove_it(store):
    """L2: the list may have been truncated; only asking for the object by itself says that it is gone."""
    night(store, 1, *whole_tree())
    clients, entities, none, _, empty = whole_tree()
    counts = night(store, 5, clients, entities, none, listed("accounts", "l1", thing("a2", depositories=[])), empty)
    assert show(store, "accounts") == {"a1": (1, None), "a2": (1, None)}
    assert counts["accounts"]["removed"] == 0


def test_l2_an_object_that_no_list_shows_and_that_answers_404_is_gone(store):
    """It stays in the table, with the day it was missed, and everything else as it was last seen."""
    night(store, 1, *whole_tree())
    clients, entities, none, _, empty = whole_tree()
    left = listed("accounts", "l1", thing("a2", depositories=[]))
    counts = night(store, 5, clients, entities, none, left, empty, asked("accounts", "l1", "a1"))
    assert show(store, "accounts") == {"a1": (1, 5), "a2": (1, None)}
    assert store.read(CATALOGUE["accounts"].schema)["a1"]["name"] == "a1"
    assert counts["accounts"]["removed"] == 1


def test_what_is_gone_is_missed_once(store):
    """The first day it was missed stands, however often it is missed again."""
    night(store, 1, listed("clients", "", thing("c1"), thing("c2")))
    night(store, 2, listed("clients", "", thing("c2")), asked("clients", "", "c1"))
    counts = night(store, 3, listed("clients", "", thing("c2")), asked("clients", "", "c1"))
    assert show(store, "clients") == {"c1": (1, 2), "c2": (1, None)}
    assert counts["clients"]["removed"] == 0


def test_an_object_that_returns_is_here_again(store):
    """Not gone any more, and first seen when it was first seen."""
    night(store, 1, listed("clients", "", thing("c1")))
    night(store, 2, listed("clients", ""), asked("clients", "", "c1"))
    counts = night(store, 3, listed("clients", "", thing("c1")))
    assert show(store, "clients") == {"c1": (1, None)}
    assert counts["clients"] == {"read": 1, "added": 0, "modified": 1, "removed": 0, "unchanged": 0}


@pytest.mark.parametrize("problem", [UnavailableError("down"), ForbiddenError("no")])
def test_a_list_that_failed_removes_nothing(store, problem):
    """No answer says nothing of what exists."""
    night(store, 1, *whole_tree())
    clients, entities, none, _, empty = whole_tree()
    night(store, 2, clients, entities, none, failed("accounts", "l1", problem), empty)
    assert show(store, "accounts") == {"a1": (1, None), "a2": (1, None)}


def test_a_list_that_is_there_in_part_adds_and_changes_but_removes_nothing(store):
    """One detail failed: what came is compared, what did not come may exist all the same."""
    night(store, 1, *whole_tree())
    clients, entities, none, _, empty = whole_tree()
    partly = listed("accounts", "l1", thing("a3"), problems=[UnavailableError("down")])
    night(store, 2, clients, entities, none, partly, empty)
    assert show(store, "accounts") == {"a1": (1, None), "a2": (1, None), "a3": (2, None)}


def test_a_list_that_was_never_asked_for_removes_nothing(store):
    """The parent is there and its list is not: nothing is known of its children."""
    night(store, 1, *whole_tree())
    night(store, 2, *whole_tree()[:3])
    assert show(store, "accounts") == {"a1": (1, None), "a2": (1, None)}


def test_l2_with_its_parent_is_gone_what_its_own_path_refuses(store):
    """Client, legal entities, an account and its links; the other account could not be asked for."""
    night(store, 1, *whole_tree())
    clients = listed("clients", "", thing("c2")), asked("clients", "", "c1"), listed("legal_entities", "c2")
    night(store, 2, *clients, asked("legal_entities", "c1", "l1", "l2"), asked("accounts", "l1", "a1"))
    assert show(store, "clients") == {"c1": (1, 2), "c2": (1, None)}
    assert show(store, "legal_entities") == {"l1": (1, 2), "l2": (1, 2)}
    assert show(store, "accounts") == {"a1": (1, 2), "a2": (1, None)}
    assert show(store, "accounts__depositories") == {"a1 d1": (1, 2), "a1 d2": (1, 2)}


def test_a_parent_that_could_not_be_listed_takes_nothing_with_it(store):
    """The legal entities of c1 are unknown tonight: neither they nor their accounts are gone."""
    night(store, 1, *whole_tree())
    night(store, 2, listed("clients", "", thing("c1"), thing("c2")), failed("legal_entities", "c1"))
    assert show(store, "legal_entities") == {"l1": (1, None), "l2": (1, None)}
    assert show(store, "accounts") == {"a1": (1, None), "a2": (1, None)}


def test_an_object_that_moved_to_another_parent_is_not_gone(store):
    """It is in another list now: changed, with its new parent."""
    night(store, 1, *whole_tree())
    clients, entities, none, _, _ = whole_tree()
    moved = listed("accounts", "l1", thing("a2", depositories=[])), listed("accounts", "l2", thing("a1"))
    counts = night(store, 2, clients, entities, none, *moved)
    assert counts["accounts"] == {"read": 2, "added": 0, "modified": 1, "removed": 0, "unchanged": 1}
    assert store.read(CATALOGUE["accounts"].schema)["a1"]["legal_entity_id"] == "l2"


def test_an_object_that_moved_away_from_a_parent_that_is_gone_is_not_gone(store):
    """The old parent's end does not reach what another one lists."""
    night(store, 1, *whole_tree())
    clients, _, none, _, _ = whole_tree()
    left = [listed("legal_entities", "c1", thing("l2")), asked("legal_entities", "c1", "l1")]
    night(store, 2, clients, *left, none, listed("accounts", "l2", thing("a1")), asked("accounts", "l1", "a2"))
    assert show(store, "accounts") == {"a1": (1, None), "a2": (1, 2)}


def test_an_object_in_two_lists_is_the_same_row_every_night(store):
    """Listed under two parents that it does not name: one of them is chosen, and always the same one."""
    tree = [
        listed("clients", "", thing("c1"), thing("c2")),
        listed("legal_entities", "c1", thing("l1")),
        listed("legal_entities", "c2", thing("l1")),
    ]
    night(store, 1, *tree)
    assert night(store, 2, *tree)["legal_entities"]["unchanged"] == 1
    assert night(store, 3, tree[0], *tree[:0:-1])["legal_entities"]["unchanged"] == 1


def test_d8_of_two_contents_that_two_lists_show_the_newer_is_kept(store):
    """Which one sorts first is no matter."""
    clients = listed("clients", "", thing("c1"), thing("c2"))
    for day, names in enumerate(("xy", "yx"), start=1):
        lists = [
            listed("legal_entities", client, thing("l1", name))
            for client, name in zip(("c1", "c2"), names, strict=True)
        ]
        night(store, day, clients, *lists)
        assert store.read(CATALOGUE["legal_entities"].schema)["l1"]["name"] == names[-1]


def test_links_that_an_object_no_longer_has_are_gone_and_new_ones_are_there(store):
    """The relationship was given, so what it leaves out is not there."""
    night(store, 1, *whole_tree())
    tree = whole_tree()
    tree[3] = listed("accounts", "l1", thing("a1", depositories=[{"id": "d2"}, {"id": "d3"}]), thing("a2"))
    counts = night(store, 2, *tree)
    assert show(store, "accounts__depositories") == {"a1 d1": (1, 2), "a1 d2": (1, None), "a1 d3": (2, None)}
    assert counts["accounts__depositories"] == {"read": 2, "added": 1, "modified": 0, "removed": 1, "unchanged": 1}
    night(store, 3, *whole_tree())
    assert show(store, "accounts__depositories") == {"a1 d1": (1, None), "a1 d2": (1, None), "a1 d3": (2, 3)}


def test_links_of_an_object_that_does_not_mention_them_stay(store):
    """An absent relationship says nothing, and one whose list failed says nothing either."""
    night(store, 1, *whole_tree())
    tree = whole_tree()
    tree[3] = listed("accounts", "l1", thing("a1"), thing("a2"))
    night(store, 2, *tree)
    tree[3] = failed("accounts", "l1")
    night(store, 3, *tree)
    assert show(store, "accounts__depositories") == {"a1 d1": (1, None), "a1 d2": (1, None)}


def test_links_go_with_the_object_that_had_them(store):
    """An account that is gone is linked to nothing."""
    night(store, 1, *whole_tree())
    tree = whole_tree()
    tree[3] = listed("accounts", "l1", thing("a2"))
    night(store, 2, *tree, asked("accounts", "l1", "a1"))
    assert show(store, "accounts__depositories") == {"a1 d1": (1, 2), "a1 d2": (1, 2)}


def test_an_attribute_that_nobody_knows_may_be_null_or_left_out(store):
    """One track says null where another leaves it out; a value is a change."""
    left_out = thing("c1")
    null = left_out | {"attributes": left_out["attributes"] | {"nickname": None}}
    named = left_out | {"attributes": left_out["attributes"] | {"nickname": "c"}}
    modified = [
        night(store, day, listed("clients", "", client))["clients"]["modified"]
        for day, client in enumerate([left_out, null, left_out, named, null])
    ]
    assert modified == [0, 0, 0, 1, 1]
