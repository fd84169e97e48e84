"""Mutations of the world, seen through the API."""

from __future__ import annotations

import pytest

from tests.contract.crawl.caller import ALWAYS, SMALL, TODAY, crawl, fullest


def test_late_edited_and_deleted_rows_show(box, caller):
    """The three changes of any night."""
    account = fullest(box)
    before = {row["id"]: row for row in caller.rows(account)}

    late = box.mutate("acme", "late", account=account, count=2)["added"]
    edited = box.mutate("acme", "edit", id=next(iter(before)))["edited"]
    deleted = box.mutate("acme", "delete", id=list(before)[1])["removed"]
    after = {row["id"]: row for row in caller.rows(account)}

    assert len(late) == 2
    assert set(late) <= after.keys() - before.keys()
    assert all(after[row_id]["attributes"]["tradeDate"] < TODAY.isoformat() for row_id in late)
    assert after[edited[0]] != before[edited[0]]
    assert deleted[0] not in after


def test_unlinking_a_transfer_edits_the_side_that_stays(box):
    """One side is deleted; the other silently loses its counterparty."""
    before = box.truth("acme").transactions

    touched = box.mutate("acme", "unlink_transfer")
    after = box.truth("acme").transactions

    gone, kept = touched["removed"][0], touched["edited"][0]
    assert before[gone]["relationships"]["counterparty-transaction"]["data"]["id"] == kept
    assert gone not in after
    assert "counterparty-transaction" not in after[kept]["relationships"]


def test_a_moved_row_keeps_its_id(box, caller):
    """It leaves one account's answer and enters another's."""
    touched = box.mutate("acme", "move")
    left, entered = touched["accounts"]

    assert touched["edited"][0] not in {row["id"] for row in caller.rows(left)}
    assert touched["edited"][0] in {row["id"] for row in caller.rows(entered)}


def test_a_replaced_row_has_a_new_id(box):
    """A correction as the API makes it."""
    touched = box.mutate("acme", "replace")
    rows = box.truth("acme").transactions

    assert touched["removed"][0] not in rows
    assert touched["added"][0] in rows


def test_an_emptied_account_answers_an_empty_list(box, caller):
    """200 and no rows."""
    account = box.mutate("acme", "empty_account")["accounts"][0]

    assert caller.rows(account) == []


@pytest.mark.parametrize("kind", ["new_account", "new_legal_entity", "new_client"])
def test_new_objects_are_listed_with_rows(box, caller, kind):
    """What is new brings along what makes it reachable."""
    touched = box.mutate("acme", kind)

    found = crawl(caller)

    for table in ("clients", "legal_entities", "accounts"):
        assert set(touched.get(table, [])) <= found[table].keys()
    assert touched["added"]
    assert set(touched["added"]) <= found["transactions"].keys()


def test_a_gone_account_is_404_and_unlisted_until_it_is_back(box, caller):
    """Its rows vanish with it and return with it."""
    account, before = fullest(box), box.truth("acme")

    box.mutate("acme", "account_gone", id=account)
    gone, status = box.truth("acme"), caller.get("/v2/transactions", accountId=account, **ALWAYS)[0]
    box.mutate("acme", "account_back", id=account)

    assert status == 404
    assert account not in gone.accounts
    assert len(gone.transactions) < len(before.transactions)
    assert box.truth("acme") == before


def test_a_forbidden_account_is_listed_and_403(box, caller):
    """The account shows, its rows do not."""
    account = box.mutate("acme", "account_forbidden")["accounts"][0]

    assert caller.get("/v2/transactions", accountId=account, **ALWAYS)[0] == 403
    assert account in box.truth("acme").accounts
    assert not any(
        row["relationships"].get("account", {}).get("data", {}).get("id") == account
        for row in box.truth("acme").transactions.values()
    )


def test_a_gone_client_takes_everything_below_along(box, caller):
    """Neither it nor what hangs below it is shown, and no linkage names it."""
    client = next(iter(box.truth("acme").clients))
    box.mutate("acme", "client_gone", id=client)

    assert caller.get(f"/v2/clients/{client}/legal-entities")[0] == 404
    assert crawl(caller) == {name: getattr(box.truth("acme"), name) for name in type(box.truth("acme")).__slots__}
    assert client not in str(box.truth("acme"))


@pytest.mark.parametrize("table", ["clients", "accounts", "users", "portfolios"])
def test_a_renamed_object_shows_its_new_name(box, table):
    """One object of the table changes, the others do not."""
    before = getattr(box.truth("acme"), table)

    touched = box.mutate("acme", "rename", collection=table)[table]
    after = getattr(box.truth("acme"), table)

    assert [object_id for object_id in after if after[object_id] != before[object_id]] == touched


def test_a_night_changes_the_stated_shares(box):
    """Counts are shares of all rows; another tenant sleeps."""
    before, other = box.truth("acme").transactions, box.truth("bolt")

    done = box.mutate_night("acme", 7, late=0.1, edited=0.05, deleted=0.05)
    after = box.truth("acme").transactions

    assert done == {"late": 24, "edited": 12, "deleted": 12}
    assert len(after.keys() - before.keys()) == 24
    assert len(before.keys() - after.keys()) == 12
    assert box.truth("bolt") == other


def test_two_nights_of_one_seed_and_two_tenants_share_no_ids(box):
    """Ids are never used twice."""
    nights = [box.mutate_night(tenant, 7, late=0.1, deleted=0) for tenant in ("acme", "acme", "bolt")]
    acme, bolt = box.truth("acme").transactions, box.truth("bolt").transactions

    assert len(acme) == SMALL.rows + nights[0]["late"] + nights[1]["late"]
    assert not acme.keys() & bolt.keys()
