"""Accounts that were away for a night: what happened meanwhile is found the night they are back (rule L4)."""

from __future__ import annotations

import pytest

from tests.e2e.nights.second import counted, feed, fullest, rows_of
from tests.lengths import long_but

AWAY = [
    pytest.param("account_gone", "account_back", id="account-404"),
    pytest.param("account_forbidden", "account_back", id="account-403"),
    pytest.param("client_gone", "client_back", id="client"),
]


@pytest.mark.parametrize(("leave", "come"), long_but({"account-404"}, AWAY))
def test_a_parent_that_is_back_is_read_whole_at_once_l4(synced, leave, come):
    """L4: old rows were deleted and came late while nobody could look; a look-back would not show it for 30 days."""
    account = fullest(synced)
    old = sorted(rows_of(synced, account), key=lambda row_id: synced.box._stores["acme"].find(row_id).trade)
    whose = {} if leave == "client_gone" else {"account": account}
    synced.box.mutate("acme", leave, **whose)
    synced.run("sync", "--json")
    for row_id in old[:3]:
        synced.box.mutate("acme", "delete", id=row_id)
    [late] = synced.box.mutate("acme", "late", account=account, date="2025-01-02")["added"]
    synced.box.mutate("acme", come)

    ended = synced.sync()

    assert synced.differences() == []
    assert counted(ended)["removed"] >= 3
    assert set(old[:3]) <= feed(synced)["removed"]
    assert late in feed(synced)["added"]


@pytest.mark.long
def test_a_client_that_is_back_among_others_is_read_whole_at_once_l4(start):
    """L4: the accounts of another client are listed all the while."""
    program = start(accounts=24)
    program.sync()
    account = fullest(program)
    owners = "aleta.accounts JOIN aleta.legal_entities ON legal_entities.id = accounts.legal_entity_id"
    [client] = program.column(f"SELECT client_id FROM {owners} WHERE accounts.id = '{account}'")
    old = sorted(rows_of(program, account), key=lambda row_id: program.box._stores["acme"].find(row_id).trade)
    program.box.mutate("acme", "client_gone", id=client)
    program.run("sync", "--json")
    assert program.column("SELECT id FROM aleta.accounts WHERE removed_at IS NULL")
    for row_id in old[:3]:
        program.box.mutate("acme", "delete", id=row_id)
    program.box.mutate("acme", "client_back", id=client)

    program.sync()

    assert program.differences() == []
    assert set(old[:3]) <= feed(program)["removed"]


@pytest.mark.parametrize("fault", long_but({"404"}, ["404", "403", "500"]))
def test_a_parent_below_a_list_that_failed_is_read_whole_at_once_l4(synced, fault):
    """L4: no list named the account for a night, and nothing told that it was gone."""
    account = fullest(synced)
    old = sorted(rows_of(synced, account), key=lambda row_id: synced.box._stores["acme"].find(row_id).trade)
    synced.box.faults.script(fault, path_contains="/accounts", times=10**9)
    synced.run("sync", "--json")
    synced.box.mutate("acme", "delete", id=old[0])
    [late] = synced.box.mutate("acme", "late", account=account, date="2025-01-02")["added"]
    synced.box.faults.clear()

    synced.sync()

    assert synced.differences() == []
    assert old[0] in feed(synced)["removed"]
    assert late in feed(synced)["added"]


@pytest.mark.long
def test_a_parent_that_is_back_is_read_whole_once_l4(synced):
    """L4: the night after it is read like the others."""
    account = fullest(synced)
    for change in ("account_gone", "account_back"):
        synced.box.mutate("acme", change, account=account)
        synced.run("sync", "--json")

    ended = synced.sync()

    sql = "SELECT min(from_date) FROM aleta.sync_windows WHERE status = 'complete' AND parent_id = ? AND run_id = ?"
    values = f"'{account}'", f"'{ended.tenant()['run_id']}'"
    [first] = synced.column(sql.replace("?", "{}").format(*values))
    assert first.year > 2000
