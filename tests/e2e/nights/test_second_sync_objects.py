"""Every night after the first: objects that come, go, or get another name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests import truth
from tests.e2e.nights.second import asked, counted, feed, fullest
from tests.lengths import long_but


def test_the_rows_of_an_account_that_is_gone_stay_and_it_says_since_when_d3(synced):
    """D3: an account that is listed no longer removes nothing; it gets `removed_at`. When it is back, that is null."""
    account = fullest(synced)
    before = synced.box.truth("acme")
    seen = synced.rows(f"SELECT first_seen_at FROM aleta.accounts WHERE id = '{account}'")
    synced.box.mutate("acme", "account_gone", account=account)
    now = synced.box.truth("acme")

    ended = synced.sync()

    kept = replace(now, transactions={**before.transactions, **now.transactions})
    assert truth.differences(synced.warehouse(), kept) == []
    assert len(kept.transactions) > len(now.transactions)
    assert ended.counts("accounts")["removed"] == 1
    assert synced.column("SELECT id FROM aleta.accounts WHERE removed_at IS NOT NULL") == [account]

    synced.box.mutate("acme", "account_back", account=account)
    synced.sync()

    assert synced.differences() == []
    assert synced.rows(f"SELECT first_seen_at FROM aleta.accounts WHERE id = '{account}'") == seen
    assert feed(synced) == {"added": set(), "modified": set(), "removed": set()}


@pytest.mark.parametrize(
    ("kind", "tables"),
    long_but(
        {"client"},
        [
            pytest.param("new_account", ("accounts",), id="account"),
            pytest.param("new_legal_entity", ("legal_entities", "accounts"), id="legal-entity"),
            pytest.param("new_client", ("clients", "legal_entities", "accounts"), id="client"),
        ],
    ),
)
def test_what_is_new_is_read_from_history_start_m3(synced, kind, tables):
    """M3: the others' marks do not shorten a new account's history; a first load is not in the feed."""
    made = synced.box.mutate("acme", kind)

    ended = synced.sync()

    [account] = made["accounts"]
    assert synced.differences() == []
    assert min(query["fromDate"] for query in asked(synced, account)) == "1970-01-01"
    assert [ended.counts(table)["added"] for table in tables] == [1] * len(tables)
    assert ended.counts()["added"] == len(made["added"])
    assert feed(synced)["added"] == set()


def test_a_client_that_is_gone_takes_what_is_below_it_along_but_no_row(start):
    """Everything below it gets `removed_at`; its transactions stay."""
    program = start(accounts=24)
    program.sync()
    before = program.box.truth("acme")
    [client] = program.box.mutate("acme", "client_gone", id=min(before.clients))["clients"]
    now = program.box.truth("acme")

    program.sync()

    kept = replace(now, transactions={**before.transactions, **now.transactions})
    assert truth.differences(program.warehouse(), kept) == []
    assert set(program.column("SELECT id FROM aleta.accounts WHERE removed_at IS NOT NULL")) == (
        before.accounts.keys() - now.accounts.keys()
    )
    assert client in program.column("SELECT id FROM aleta.clients WHERE removed_at IS NOT NULL")


def test_l2_what_hung_below_a_client_that_is_gone_stays_where_it_answers_by_its_id(synced):
    """The client's own path and its lists are 404; its legal entity and account answer, and nothing names them."""
    [gone] = synced.box.mutate("acme", "new_client")["clients"]
    synced.sync()
    synced.box.set(list_caps={"clients": 1}, keep="first")
    synced.box.faults.script("404", path_contains=f"/clients/{gone}", times=10**6)

    ended = synced.sync()

    assert [ended.counts(table)["removed"] for table in ("clients", "legal_entities", "accounts")] == [1, 0, 0]
    assert synced.run("verify", "--all", "--json").exit == 0


def test_an_object_that_was_renamed_is_loaded_again_alone(synced):
    """Of all the objects of a table, one is modified; it keeps the instant it was first seen."""
    tables = ("clients", "legal_entities", "accounts", "depositories", "reporting_entities", "portfolios", "users")
    seen = {table: synced.rows(f"SELECT id, first_seen_at FROM aleta.{table} ORDER BY id") for table in tables}
    for table in tables:
        synced.box.mutate("acme", "rename", collection=table)

    ended = synced.sync()

    assert synced.differences() == []
    assert [counted(ended, table) for table in tables] == [{"added": 0, "modified": 1, "removed": 0}] * len(tables)
    assert {table: synced.rows(f"SELECT id, first_seen_at FROM aleta.{table} ORDER BY id") for table in tables} == seen


@pytest.mark.long
def test_night_after_night_stays_exact(synced):
    """Nights of changes, one after the other, one with a new account: exact after each. (`test_nights` plays more.)"""
    for night in range(2):
        synced.box.mutate_night("acme", night, late=0.02, edited=0.02, deleted=0.01, within_days=25)
        if night % 2:
            synced.box.mutate("acme", "new_account")

        synced.sync()

        assert synced.differences() == []
    assert synced.column("SELECT count(*) FROM aleta.sync_runs") == [3]
    assert date.fromisoformat("1970-01-01") in synced.column("SELECT from_date FROM aleta.sync_marks")
