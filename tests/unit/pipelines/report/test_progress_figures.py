"""The figures that an operator watches, and their words."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.report.figures import Facts, Recent, Stage, Wait, described, described_stage, left_s
from pipelines.report.progress import Progress
from sources.aleta.errors import UnavailableError, UnreachableError
from tests.fakes import NOON, FakeClock


@pytest.mark.parametrize(
    ("done", "elapsed_s", "expected"),
    [
        pytest.param(0, 60.0, None, id="no-speed-yet"),
        pytest.param(50, 60.0, 180.0, id="three-quarters-to-go"),
        pytest.param(200, 60.0, None, id="nothing-left"),
        pytest.param(201, 60.0, None, id="more-than-planned"),
    ],
)
def test_time_left_follows_from_the_speed_so_far(done: int, elapsed_s: float, expected: float | None) -> None:
    """What is left takes as long, parent for parent, as what is done."""
    assert left_s(done=done, parents=200, elapsed_s=elapsed_s) == expected


def test_the_last_minute_forgets_what_is_older() -> None:
    """The speed is the number of requests of the last 60 seconds, not an average of the run."""
    recent = Recent()
    for second in range(100):
        recent.add(second)
        recent.add(second + 0.5)
    assert recent.count(99.9) == 120
    assert recent.count(129.0) == 60
    assert recent.count(1000.0) == 0


def test_words_name_all_that_an_operator_asks_for() -> None:
    """Stage, parents, rows, requests against the budget, retries, waits and the time left, in this order."""
    facts = Facts(
        now=NOON,
        stage="reading transactions",
        noun="accounts",
        done=123,
        parents=1200,
        rows=45120,
        committed=40000,
        requests=1203,
        last_minute=987,
        per_minute=1000,
        retries=1,
        waits=(Wait(reason="budget", until=NOON + timedelta(seconds=5)),),
        left_s=191.2,
    )
    assert described(facts) == [
        "reading transactions",
        "123 of 1,200 accounts",
        "45,120 rows, 40,000 committed",
        "1,203 requests (987/min of 1,000/min)",
        "1 retry",
        "budget: until 12:00:05 UTC",
        "about 0:03:12 left",
    ]


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        pytest.param(
            Wait(reason="rate_limited", until=NOON + timedelta(seconds=65)),
            "the API asked for a pause: until 12:01:05 UTC",
            id="rate_limited",
        ),
        pytest.param(
            Wait(reason="retry", until=NOON + timedelta(seconds=2.2), cause="unreachable"),
            "retrying in 3 s (unreachable)",
            id="retry",
        ),
        pytest.param(Wait(reason="retry", until=NOON + timedelta(seconds=1)), "retrying in 1 s", id="no-cause"),
    ],
)
def test_a_wait_says_why_and_until_when(wait: Wait, expected: str) -> None:
    """R3: while waiting, progress says so, and until when."""
    assert described(Facts(now=NOON, waits=(wait,))) == [expected]


def test_nothing_that_is_nought_is_said() -> None:
    """A run that has just begun has a stage and nothing else."""
    assert described(Facts(now=NOON, stage="reading clients", per_minute=1000)) == ["reading clients"]


def test_without_a_budget_the_speed_stands_alone() -> None:
    """requests_per_minute = 0 is no limit."""
    assert described(Facts(now=NOON, requests=2, last_minute=2)) == ["2 requests (2/min)"]


def test_an_ended_run_has_no_speed_no_wait_and_no_time_left(clock: FakeClock, progress: Progress) -> None:
    """What a tenant shows after its end are results, though others go on; nothing waits to be committed."""
    progress.stage("reading transactions")
    progress.planned("transactions", 4)
    progress.rows(5)
    progress.committed(3)
    clock.sleep(10)
    progress.parent_done("transactions", "a")
    progress.attempt("transactions")
    progress.waiting(60, "budget")
    progress.stage("failed")
    assert described(progress.facts()) == ["failed", "1 of 4 accounts", "5 rows", "1 request"]


def test_a_run_that_read_all_does_not_end_with_the_count_of_its_last_table(progress: Progress) -> None:
    """What its last table had is no result of a run that read others, too; one that broke off says where."""
    progress.stage("reading transactions")
    progress.planned("transactions", 2)
    for account in ("a", "b"):
        progress.parent_done("transactions", account)
    progress.stage("reading prices")
    progress.planned("prices", 1, noun="instruments")
    progress.rows(5)
    assert described(replace(progress.facts(), ended=True))[1:] == ["0 of 1 instrument", "5 rows"]
    progress.parent_done("prices", "i")
    assert described(progress.facts())[1:] == ["1 of 1 instrument", "5 rows"]
    assert described(replace(progress.facts(), ended=True))[1:] == ["5 rows"]


@pytest.mark.parametrize(
    ("parents", "noun", "expected"),
    [
        pytest.param(1, "reporting entities", "1 reporting entity", id="entity"),
        pytest.param(1, "deletes", "1 delete", id="delete"),
        pytest.param(2, "legal entities", "2 legal entities", id="two"),
    ],
)
def test_one_is_not_many(parents: int, noun: str, expected: str) -> None:
    """A stage that ended says what it read in words that fit the number."""
    assert described_stage(Stage(name="reading holdings", parents=parents, noun=noun))[1:] == [expected]


def test_the_time_left_is_for_the_stage_that_reads(clock: FakeClock, progress: Progress) -> None:
    """Once loading began, the speed of reading foretells nothing; what was read stays shown."""
    progress.stage("reading transactions")
    progress.planned("transactions", 4)
    clock.sleep(10)
    progress.parent_done("transactions", "a")
    assert progress.facts().left_s == 30
    progress.stage("loading")
    assert progress.facts().left_s is None
    assert progress.facts().done == 1


def test_the_time_left_is_for_all_tables(clock: FakeClock, progress: Progress) -> None:
    """What was expected counts until it is known; the bar goes over all of it."""
    progress.expected({"transactions": 4, "prices": 10})
    progress.stage("reading transactions")
    progress.planned("transactions", 4)
    clock.sleep(10)
    for parent in ("a", "b"):
        progress.parent_done("transactions", parent)
    assert (progress.facts().total_done, progress.facts().total, progress.facts().left_s) == (2, 14, 60)
    progress.stage("reading prices")
    progress.planned("prices", 2, noun="instruments")
    assert (progress.facts().total_done, progress.facts().total, progress.facts().left_s) == (2, 6, 20)
    assert (progress.facts().done, progress.facts().parents) == (0, 2)


def test_a_parent_counts_once_and_for_its_resource_only(progress: Progress) -> None:
    """A parent reported twice, or for a resource that is not being read, does not move the bar."""
    progress.planned("prices", 7, noun="instruments")
    for resource, parent in [("prices", "a"), ("prices", "a"), ("transactions", "b")]:
        progress.parent_done(resource, parent)
    facts = progress.facts()
    assert (facts.done, facts.parents, facts.noun) == (1, 7, "instruments")


def test_requests_and_retries_are_counted_by_resource(progress: Progress) -> None:
    """The report reads its figures here; a copy, so that reading it never meets a change."""
    progress.attempt("clients")
    progress.attempt("transactions")
    progress.attempt("transactions")
    progress.retry("transactions", UnavailableError("503"), 1.0)
    before = progress.requests
    progress.attempt("accounts")
    assert before == {"clients": 1, "transactions": 2}
    assert progress.retries == {"transactions": 1}
    assert (progress.requests_total, progress.retries_total) == (4, 1)


def test_no_count_is_lost_between_threads(progress: Progress) -> None:
    """Every worker tells the same observer."""

    def work() -> None:
        for _ in range(500):
            progress.attempt("transactions")
            progress.rows(2)
            progress.crawled(1)
            progress.committed(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    facts = progress.facts()
    assert (progress.requests_total, facts.rows, facts.objects, facts.committed) == (4000, 8000, 4000, 4000)


def test_of_several_threads_waiting_the_longest_counts(clock: FakeClock, progress: Progress) -> None:
    """R3: a pause is over when its last worker goes on; a wait that is over is not shown."""
    progress.retry("transactions", UnreachableError("no route"), 9.0)
    progress.waiting(9.0, "retry")
    progress.waiting(60.0, "rate_limited")
    progress.waiting(20.0, "rate_limited")
    said = described(progress.facts())
    assert "retrying in 9 s (unreachable)" in said
    assert "the API asked for a pause: until 12:01:00 UTC" in said
    clock.sleep(60)
    assert progress.facts().waits == ()
