"""Lists without dates that the API truncates silently, and parents that do not name who is missing (rules L1 to L3)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from sandbox import Sandbox, SandboxSettings
from tests.e2e.conftest import SMALL
from tests.e2e.program import Ended, Program
from tests.lengths import long_but

CAP = 20
CROWDED = {"accounts": 12, "rows": 120}
PARENT = {"accounts": "legalEntity", "depositories": "legalEntity", "reporting_entities": "client"}
WEAK = [
    pytest.param({"relationships": "cut", "relationships_cut": 3}, id="cut"),
    pytest.param({"relationships": "empty"}, id="empty"),
    pytest.param({"relationships": "links"}, id="links-only"),
]


def crowd(program: Program) -> Program:
    """Two legal entities have more accounts than a list will show."""
    for place, owner in enumerate(owners(program)[:2]):
        for _ in range(CAP + 4 + place):
            program.box.mutate("acme", "new_account", id=owner)
    return program


@pytest.fixture
def crowded(start) -> Program:
    """The program, for such a world that nobody synced yet."""
    return crowd(start(**CROWDED))


@pytest.fixture(scope="module")
def first_load(tmp_path_factory) -> Path:
    """The data folder that its first sync leaves when no list is cut; only to be copied."""
    with Sandbox(SandboxSettings(**SMALL | CROWDED)) as box:
        program = crowd(Program(box, tmp_path_factory.mktemp("crowded")))
        program.sync()
        return program.folder / "data"


@pytest.fixture
def crowded_synced(crowded, first_load) -> Program:
    """The program after that sync, which came out exact."""
    shutil.copytree(first_load, crowded.folder / "data")
    assert crowded.differences() == []
    return crowded


def owners(program: Program) -> list[str]:
    return sorted(program.box.truth("acme").legal_entities)


def objects(program: Program, table: str) -> list[dict]:
    return list(getattr(program.box.truth("acme"), table).values())


def removed(program: Program, table: str = "accounts") -> list[str]:
    return program.column(f"SELECT id FROM aleta.{table} WHERE removed_at IS NOT NULL")


def truncated(ended: Ended) -> set[str]:
    return {error["parent_id"] for error in ended.errors() if error["code"] == "truncated"}


@pytest.mark.parametrize("row_cap", long_but({CAP}, [CAP, SMALL["row_cap"]]))
@pytest.mark.parametrize("keep", long_but({"first"}, ["first", "random"]))
def test_members_that_a_capped_list_left_out_are_asked_for_by_id_l1(crowded, keep, row_cap):
    """L1: whom the parent names and the list does not show is taken in, with its rows; on the second night too."""
    crowded.box.set(list_caps={"accounts": CAP}, row_cap=row_cap, keep=keep)

    crowded.sync()
    assert crowded.differences() == []
    assert crowded.run("verify", "--all", "--json").exit == 0

    crowded.sync()
    assert crowded.differences() == []
    assert removed(crowded) == []


@pytest.mark.long
@pytest.mark.parametrize("table", ["legal_entities", "depositories", "reporting_entities"])
def test_every_list_whose_parent_names_its_members_is_completed_l1(start, table):
    """L1: not the accounts alone."""
    program = start(accounts=24)
    program.box.set(list_caps={table: 1}, keep="random")

    program.sync()

    assert program.differences() == []


@pytest.mark.long
@pytest.mark.parametrize("weak", WEAK)
def test_a_capped_list_that_nothing_completes_is_named_and_removes_nothing_l3(crowded, weak):
    """L2, L3: any rows are shown, and nobody names the others: partial from the first night on; nothing is removed."""
    crowded.box.set(list_caps={"accounts": CAP}, keep="random", **weak)

    first = crowded.sync(expect=4)
    assert truncated(first) == set(owners(crowded)[:2])

    for _ in range(3):
        ended = crowded.sync(expect=4)
        assert truncated(ended) & set(owners(crowded)[:2])
        assert removed(crowded) == []


def test_one_capped_list_whose_members_nobody_names_is_named_the_first_night_l3(start):
    """L3: accounts alone are read, one list is cut, any rows are shown: asked once more, it shows others."""
    program = start(accounts=12, rows=120, aleta={"resources": ["accounts"]})
    owner = owners(program)[0]
    for _ in range(2 * CAP):
        program.box.mutate("acme", "new_account", id=owner)
    program.box.set(list_caps={"accounts": CAP}, keep="random", relationships="links")

    assert truncated(program.sync(expect=4)) == {owner}
    asked = [request for request in program.box.requests if request.path.endswith(f"/{owner}/accounts")]
    assert len(asked) == 2


@pytest.mark.parametrize("weak", long_but({"links-only"}, WEAK))
def test_what_the_warehouse_knew_is_asked_for_when_a_list_shrinks_l2(crowded_synced, weak):
    """L1, L2: the cap comes on the second night; whoever was there is found by id, and nothing is removed."""
    crowded_synced.box.set(list_caps={"accounts": CAP}, keep="random", **weak)

    ended = crowded_synced.sync(expect=4)

    assert crowded_synced.differences() == []
    assert removed(crowded_synced) == []
    assert truncated(ended) == set(owners(crowded_synced)[:2])


def test_an_account_of_a_cut_list_that_is_404_for_one_night_is_back_the_next_l2(crowded_synced):
    """L2: no list shows it and nobody names it, so that it is removed; while its parent is there it is asked for."""
    crowded_synced.configure(resources=["accounts"])
    crowded_synced.box.set(list_caps={"accounts": CAP}, relationships="links", keep="first")
    account = objects(crowded_synced, "accounts")[-1]["id"]
    crowded_synced.box.faults.script("404", path_contains=f"/v2/accounts/{account}", times=1)

    crowded_synced.sync(expect=4)
    assert removed(crowded_synced) == [account]

    crowded_synced.sync(expect=4)
    assert removed(crowded_synced) == []


@pytest.mark.parametrize(
    ("change", "table"),
    long_but(
        {"account"},
        [
            pytest.param("account_gone", "accounts", id="account"),
            pytest.param("client_gone", "clients", id="client"),
        ],
    ),
)
def test_what_is_gone_is_removed_though_lists_are_cut_l2(crowded_synced, change, table):
    """L2: the proof is that asking for it by its id answers 404, one request for each."""
    crowded_synced.box.set(list_caps={"accounts": CAP}, keep="random")
    [gone] = crowded_synced.box.mutate("acme", change)[table]
    shown = crowded_synced.box.truth("acme")
    crowded_synced.box.reset_requests()

    crowded_synced.sync()

    assert gone in removed(crowded_synced, table)
    assert set(crowded_synced.column("SELECT id FROM aleta.accounts WHERE removed_at IS NULL")) == shown.accounts.keys()
    asked = [request for request in crowded_synced.box.requests if request.path.endswith(f"/{gone}")]
    assert [request.status for request in asked] == [404]


def test_an_account_that_moves_between_two_lists_is_not_removed_l2(synced):
    """L2: in neither list of this crawl, but it answers by id: it is modified, not removed."""
    account = min(synced.box.truth("acme").accounts)
    [holder] = synced.rows(f"SELECT legal_entity_id FROM aleta.accounts WHERE id = '{account}'")[0]
    listed = [
        request.path.split("/")[-2] for request in synced.box.requests if request.path.endswith("/accounts")
    ] or owners(synced)
    target = next(owner for owner in listed if owner != holder)
    synced.box.schedule("acme", "move_account", before=f"/legal-entities/{holder}/accounts", id=account, value=target)
    synced.configure(workers=1)

    ended = synced.sync()

    assert removed(synced) == []
    assert synced.differences() == []
    assert (ended.counts("accounts")["removed"], ended.counts("accounts")["modified"]) == (0, 1)
    asked = [request for request in synced.box.requests if request.path.endswith(f"/accounts/{account}")]
    assert [request.status for request in asked] == [200]  # it was in neither list


@pytest.mark.long
@pytest.mark.parametrize(
    ("table", "relation"),
    [
        ("accounts", "accounts"),
        ("depositories", "depositories"),
        ("reporting_entities", "readAccessToReportingEntities"),
    ],
)
def test_members_that_other_objects_link_to_are_asked_for_by_id_l1(start, table, relation):
    """L1: portfolios name accounts and depositories, users reporting entities, though no parent names any member."""
    program = start(accounts=24, seed=3)
    shown = program.box.truth("acme")
    named = {
        member["id"]
        for row in (*shown.portfolios.values(), *shown.users.values(), *shown.accounts.values())
        for member in row["relationships"].get(relation, {"data": ()})["data"]
    }
    program.box.set(list_caps={table: 1}, keep="first", relationships="links")

    ended = program.run("sync", "--json")

    assert ended.exit in {0, 4}
    found = set(program.column(f"SELECT id FROM aleta.{table} WHERE removed_at IS NULL"))
    assert len(found) > len({row["relationships"][PARENT[table]]["data"]["id"] for row in objects(program, table)})
    assert named & getattr(shown, table).keys() <= found


@pytest.mark.parametrize("status", long_but({"404"}, ["404", "403"]))
def test_an_endpoint_that_answers_nothing_removes_nothing_l2(synced, status):
    """L2: every list of accounts and every account by its id are refused: that says nothing of any one of them."""
    synced.box.faults.script(status, path_contains="/accounts", times=10**6)

    synced.sync(expect=4)

    assert removed(synced) == []


@pytest.mark.parametrize("status", long_but({"403"}, ["404", "403"]))
def test_a_refusal_by_id_removes_nobody_whom_a_listed_sibling_shares_it_with_l2(crowded_synced, status):
    """Lists are cut, parents name all, and no account answers by its id: those left out are unread, and not gone."""
    before = set(crowded_synced.column("SELECT id FROM aleta.accounts"))
    crowded_synced.box.set(list_caps={"accounts": CAP})
    crowded_synced.box.faults.script(status, path_contains="/v2/accounts/", times=10**6)

    crowded_synced.sync(expect=4)

    assert removed(crowded_synced) == []
    assert set(crowded_synced.column("SELECT id FROM aleta.accounts")) == before


@pytest.mark.long
def test_verify_names_a_list_that_may_be_truncated_l3(crowded):
    """What a sync is partial for, `verify` does not call equal."""
    crowded.box.set(list_caps={"accounts": CAP}, relationships="links", keep="random")
    crowded.sync(expect=4)

    ended = crowded.run("verify", "acme", "--json", "--all")

    assert ended.exit != 0
    assert "truncated" in ended.out


@pytest.mark.long
def test_verify_asks_for_an_account_that_only_a_row_names_l1(start):
    """L1: no list shows it, and the warehouse does not know it; its transfer to another account does."""
    program = start(aleta={"resources": ["transactions"]})
    program.sync()
    row = next(row for row in objects(program, "transactions") if "outflowAccount" in row["relationships"])
    unknown = row["relationships"]["outflowAccount"]["data"]["id"]
    with duckdb.connect(f"{program.tenant_folder() / 'private/store.duckdb'}") as store:
        store.execute("DELETE FROM aleta.accounts WHERE id = ?", [unknown])
    holder = program.box.truth("acme").accounts[unknown]["relationships"]["legalEntity"]["data"]["id"]
    program.box.set(relationships="links")
    program.box.faults.script("404", path_contains=f"/legal-entities/{holder}/accounts", times=10**6)

    ended = program.run("verify", "acme", "--json", "--all")

    assert unknown in {difference["id"] for difference in json.loads(ended.out)["tenants"]["acme"]["differences"]}
