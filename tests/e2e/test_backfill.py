"""`backfill`: a span is read again, of all accounts or of those named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.e2e.conftest import SMALL


def test_a_backfill_reads_its_span_again_both_ends_included(synced):
    """What changed in the span comes in, what changed outside of it does not; marks stay."""
    marks = synced.rows("SELECT * FROM aleta.sync_marks ORDER BY ALL")
    first, last = (SMALL["today"] - timedelta(days=ago) for ago in (300, 200))
    accounts = sorted(synced.box.truth("acme").accounts)
    inside = [
        synced.box.mutate("acme", "late", account=accounts[0], date=f"{day}")["added"][0] for day in (first, last)
    ]
    outside = [
        synced.box.mutate("acme", "late", account=accounts[0], date=f"{day}")["added"][0]
        for day in (first - timedelta(days=1), last + timedelta(days=1))
    ]

    ended = synced.run("backfill", "--from", f"{first}", "--to", f"{last}", "--json")

    stored = set(synced.column("SELECT id FROM aleta.transactions"))
    assert ended.exit == 0
    assert ended.report["status"] == "complete"
    assert set(inside) <= stored
    assert not set(outside) & stored
    assert synced.rows("SELECT * FROM aleta.sync_marks ORDER BY ALL") == marks
    assert synced.column("SELECT kind FROM aleta.sync_runs ORDER BY started_at") == ["sync", "backfill"]


def test_a_backfill_of_one_account_asks_for_no_other(synced):
    """`--account` narrows it."""
    account = min(synced.box.truth("acme").accounts)

    ended = synced.run("backfill", "--from", "2025-01-01", "--to", "2025-01-31", "--account", account, "--json")

    asked = [request.query for request in synced.box.requests if request.path.endswith("/transactions")]
    assert ended.exit == 0
    assert [query["accountId"] for query in asked if query["toDate"] == "2025-01-31"] == [account]
    assert len(asked) <= 2  # the other one proves the cap


def test_a_backfill_of_an_account_that_is_not_listed_stops_after_the_lists(start_synced):
    """Exit 4 and the code `unknown`; nothing is asked of any other account, instrument or day."""
    synced = start_synced(resources=["*"])

    ended = synced.run("backfill", "--from", "2025-01-01", "--to", "2025-01-31", "--account", "nobody", "--json")

    assert ended.exit == 4
    assert [(error["code"], error["parent_id"]) for error in ended.errors()] == [("unknown", "nobody")]
    assert "nobody" in ended.err
    asked = {request.path for request in synced.box.requests}
    assert any(path.endswith("/accounts") for path in asked)
    assert not any(
        word in path for path in asked for word in ("transactions", "instruments", "holdings", "performance")
    )


def test_a_backfill_of_an_account_that_is_there_beside_one_that_is_not_reads_the_one(synced):
    """Exit 4: the other is named."""
    account = min(synced.box.truth("acme").accounts)
    span = ("--from", "2025-01-01", "--to", "2025-01-31")

    ended = synced.run("backfill", *span, "--account", account, "--account", "nobody", "--json")

    assert ended.exit == 4
    assert [error["parent_id"] for error in ended.errors()] == ["nobody"]
    asked = [request.query for request in synced.box.requests if request.path.endswith("/transactions")]
    # another proves the cap
    assert [query["accountId"] for query in asked if query["toDate"] == "2025-01-31"] == [account]


@pytest.mark.parametrize(
    ("resources", "accounts"),
    [
        pytest.param(["custodian_holdings"], [], id="day-by-day"),
        pytest.param(["accounts"], [], id="lists"),
        pytest.param(["holdings", "accounts"], ["--account", "a1"], id="nothing-below-accounts"),
    ],
)
def test_a_backfill_of_a_tenant_without_a_table_of_spans_is_a_mistake(start, resources, accounts):
    """F3: exit 2, before any request: without `--resource` no table of it would be read, and the run be complete."""
    program = start(aleta={"resources": resources})
    program.box.requests.clear()

    ended = program.run("backfill", "--from", "2026-01-01", "--to", "2026-01-31", *accounts)

    assert (ended.exit, program.box.requests) == (2, [])
    assert "asked for by spans" in " ".join(ended.err.split())


def test_a_span_the_wrong_way_round_is_exit_2(synced):
    """What to do is said; nothing is asked."""
    ended = synced.run("backfill", "--from", "2025-02-01", "--to", "2025-01-01")

    assert (ended.exit, ended.out) == (2, "")
    assert "swap them" in ended.err
    assert synced.box.requests == []


@pytest.mark.parametrize(
    ("named", "message"),
    [
        pytest.param(["interest_rates"], "has no days to read again", id="whole"),
        pytest.param(["holdings", "--account", "a1"], "does not hang below accounts", id="account"),
        pytest.param(["holdings"], "is not among the resources of tenant acme", id="not-asked-for"),
    ],
)
def test_a_backfill_that_would_read_nothing_is_a_mistake(start, named, message):
    """Exit 2, before any request: it would be complete, and nothing read again."""
    program = start(aleta={"resources": ["transactions"]})
    program.box.requests.clear()

    ended = program.run("backfill", "--from", "2026-01-01", "--to", "2026-01-31", "--resource", *named)

    assert (ended.exit, program.box.requests) == (2, [])
    assert message in " ".join(ended.err.split())
