"""Every night after the first: only what may have changed is asked for."""

from __future__ import annotations

from datetime import timedelta

from tests.e2e.nights.second import asked, content, counted


def test_a_second_sync_reads_from_look_back_to_look_ahead_only(synced):
    """D1: 30 days before the mark to 31 days after today, one request an account."""
    [(through,)] = synced.rows("SELECT DISTINCT through_date FROM aleta.sync_marks")

    synced.sync()

    accounts = synced.box.truth("acme").accounts
    first = through - timedelta(days=29)
    last = synced.column("SELECT max(started_at)::DATE + 31 FROM aleta.sync_runs")[0]
    nightly = [query for query in asked(synced) if (query["fromDate"], query["toDate"]) == (f"{first}", f"{last}")]
    assert sorted(query["accountId"] for query in nightly) == sorted(accounts)
    assert len(asked(synced)) - len(nightly) <= 1  # the largest answer of all, to prove that the cap still stands


def test_a_night_without_changes_costs_the_crawl_and_one_request_an_account(synced):
    """The nightly budget: accounts + crawl, and at most one request more to prove the cap."""
    crawl = 1 + sum(
        weight * len(getattr(synced.box.truth("acme"), name))
        for name, weight in {"clients": 3, "legal_entities": 2, "reporting_entities": 1, "portfolios": 1}.items()
    )

    ended = synced.sync()

    lowest = crawl + len(synced.box.truth("acme").accounts)
    assert lowest <= ended.tenant()["requests"] <= lowest + 1
    assert ended.tenant()["requests"] == len(
        [request for request in synced.box.requests if request.path.startswith("/api/")]
    )


def test_a_night_without_changes_loads_no_row_d2(synced):
    """D2: nothing is written but receipts and the run itself."""
    synced.sync()  # of now: half a day may have gone by since the first one
    before = content(synced)

    ended = synced.sync()

    assert [name for name, rows in content(synced).items() if rows != before[name]] == []
    assert {name: sum(counted(ended, name).values()) for name in ended.tenant()["resources"]} == dict.fromkeys(
        ended.tenant()["resources"], 0
    )
    assert synced.column("SELECT status FROM aleta.sync_runs") == ["complete"] * 3


def test_each_account_s_whole_history_is_read_again_in_time_d1(start_synced):
    """D1: with `reverify_days` 0 all of it every night, and so changes of any age come in."""
    program = start_synced(reverify_days=0)
    program.box.mutate_night("acme", 3, late=0.05, edited=0.05, deleted=0.02)

    program.sync()

    assert {query["fromDate"] for query in asked(program)} >= {"1970-01-01"}
    assert program.differences() == []
