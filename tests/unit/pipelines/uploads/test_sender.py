"""Row after row: each is in the journal before and after every attempt, and counted once."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest

from pipelines.report.progress import Screen
from pipelines.report.report import Exit
from pipelines.uploads.journal import Journal, JournalError, State
from pipelines.uploads.kinds import KINDS, row
from pipelines.uploads.report import UploadReport
from pipelines.uploads.sender import UNANSWERED_IN_A_ROW, Entry, Sender
from sources.aleta.errors import AuthError, StoppedError
from sources.aleta.transport.fate import Fate, Result
from tests.fakes import FakeClock

FEES, ACCOUNTS = KINDS["fee-holdings"], KINDS["account-holdings"]
CONFIRMED, REJECTED, NOT_TAKEN, UNKNOWN = (Result(fate=fate, message=f"{fate}!", code="unreachable") for fate in Fate)


def holdings(count: int, kind=FEES):
    values = {"date": "2026-01-31", "market_value": "1"}
    return [row(kind, {"account_id": f"a{at}"} | values, line=at + 2) for at in range(count)]


class Bench:
    """A sender over a real journal; *api* says what each attempt ends with."""

    def __init__(self, folder: Path, kind=FEES) -> None:
        self.journal = Journal(folder / "uploads.sqlite", api="http://127.0.0.1:1")
        self.kind = kind
        self.clock = FakeClock()
        self.report = UploadReport(tenant="acme", kind=kind.name)
        self.stop = threading.Event()
        self.at_the_api: list[bytes] = []

    def states(self) -> list[State]:
        return [state for of_key in self.journal.known(self.kind).values() for state in of_key.values()]

    def send(self, rows, api) -> UploadReport:
        def send(write, watcher) -> Result:
            watcher.sending()
            assert self.states().count(State.SENDING) == 1  # the outcomes of all before are on disk
            self.at_the_api.append(write.body)
            answer = api(len(self.at_the_api))
            if isinstance(answer, Exception):
                raise answer
            watcher.came(answer)
            return answer

        progress = Screen(io.StringIO(), self.clock).tenant("acme", requests_per_minute=0)
        self.report.rows = len(rows)
        sender = Sender(
            send,
            journal=self.journal,
            known=self.journal.known(self.kind),
            kind=self.kind,
            clock=self.clock,
            progress=progress,
            report=self.report,
            stop=self.stop,
        )
        sender.run(rows)
        return self.report


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    with made.journal:
        yield made


def test_every_row_is_sent_once_and_its_outcome_kept(bench):
    """One after another: at most one is under way."""
    report = bench.send(holdings(40), lambda _: CONFIRMED)

    assert len(set(bench.at_the_api)) == len(bench.at_the_api) == 40
    assert (report.sent, report.confirmed, report.not_sent, report.exit) == (40, 40, 0, Exit.COMPLETE)
    assert bench.states() == [State.CONFIRMED] * 40


def test_rejected_and_unknown_rows_are_named_with_their_lines(bench):
    """The others go on; exit 4."""
    answers = {2: REJECTED, 3: UNKNOWN}

    report = bench.send(holdings(5), lambda nth: answers.get(nth, CONFIRMED))

    assert (report.confirmed, report.rejected, report.unknown) == (3, 1, 1)
    assert [(error.line, error.code) for error in report.errors] == [(3, "rejected"), (4, "unknown")]
    assert "send it with --again if not" in report.errors[1].message
    assert (report.status, report.exit) == ("partial", Exit.PARTIAL)
    assert sorted(bench.states()) == [State.CONFIRMED] * 3 + [State.REJECTED, State.UNKNOWN]


def test_an_api_that_takes_nothing_ends_the_upload(bench):
    """What was not sent is not in the journal, and is said to be left: exit 1."""
    report = bench.send(holdings(5), lambda nth: CONFIRMED if nth == 1 else NOT_TAKEN)

    assert (report.confirmed, report.sent, report.not_sent) == (1, 1, 4)
    assert [error.code for error in report.errors] == ["unreachable"]
    assert (len(bench.at_the_api), report.exit) == (2, Exit.FAILED)
    assert bench.states() == [State.CONFIRMED]


def test_a_refused_token_ends_the_upload_with_exit_3(bench):
    """No further row is begun."""
    report = bench.send(holdings(5), lambda _: AuthError("no token"))

    assert (len(bench.at_the_api), report.exit) == (1, Exit.AUTH)


def test_an_api_that_answers_nobody_is_asked_no_more(bench):
    """The rest is not sent, so that it is not unknown."""
    report = bench.send(holdings(UNANSWERED_IN_A_ROW + 20), lambda _: UNKNOWN)

    assert (report.unknown, report.not_sent) == (UNANSWERED_IN_A_ROW, 20)
    assert report.exit is Exit.PARTIAL


def test_a_stop_begins_no_further_row_and_keeps_the_outcomes(bench):
    """What is under way is waited for."""

    def api(nth: int) -> Result:
        if nth == 2:
            bench.stop.set()
        return CONFIRMED

    report = bench.send(holdings(5), api)

    assert (report.confirmed, report.not_sent) == (2, 3)
    assert [error.code for error in report.errors] == ["stopped"]


def test_a_stop_after_an_attempt_without_an_answer_is_an_unknown_row(bench):
    """It was sent, and is not counted as left."""

    def api(_: int) -> Exception:
        bench.stop.set()
        return StoppedError("stopped while waiting")

    report = bench.send(holdings(2), api)

    assert (report.unknown, report.not_sent) == (1, 1)
    assert bench.states() == [State.SENDING]


def test_an_outcome_that_cannot_be_written_ends_the_upload(bench):
    """The row stays without an outcome, so that it is not sent blindly; exit 1."""
    report = bench.send(holdings(3), lambda _: JournalError("the disk is full"))

    assert (report.unknown, report.not_sent, report.exit) == (1, 2, Exit.FAILED)
    assert bench.states() == [State.SENDING]


@pytest.mark.parametrize(
    ("kind", "before", "results", "state", "outcome"),
    [
        pytest.param(FEES, None, [NOT_TAKEN], None, None, id="turned away"),
        pytest.param(FEES, State.CONFIRMED, [NOT_TAKEN], State.CONFIRMED, None, id="turned away, there before"),
        pytest.param(FEES, State.SENDING, [NOT_TAKEN], State.UNKNOWN, None, id="turned away, unknown before"),
        pytest.param(FEES, State.CONFIRMED, [REJECTED], State.CONFIRMED, State.REJECTED, id="a second fee rejected"),
        pytest.param(FEES, State.UNKNOWN, [REJECTED], State.UNKNOWN, State.REJECTED, id="rejected, unknown before"),
        pytest.param(FEES, None, [REJECTED], State.REJECTED, State.REJECTED, id="a first fee rejected"),
        pytest.param(ACCOUNTS, None, [UNKNOWN, NOT_TAKEN], State.UNKNOWN, State.UNKNOWN, id="lost, then turned away"),
        pytest.param(ACCOUNTS, None, [UNKNOWN, CONFIRMED], State.CONFIRMED, State.CONFIRMED, id="lost, then confirmed"),
        pytest.param(ACCOUNTS, State.CONFIRMED, [REJECTED], State.REJECTED, State.REJECTED, id="a correction rejected"),
    ],
)
def test_what_was_known_before_is_not_forgotten(bench, kind, before, results, state, outcome):
    """An attempt that wrote nothing leaves the row as it was."""
    [row_sent] = holdings(1, kind)
    if before:
        bench.journal.put(kind, row_sent, before, at=bench.clock.now())
    entry = Entry(journal=bench.journal, clock=bench.clock, kind=kind, row=row_sent, before=before)
    for result in results:
        entry.sending()
        entry.came(result)

    bench.kind = kind
    assert bench.states() == ([state] if state else [])
    assert entry.outcome is outcome


def test_what_fails_beside_the_sending_of_a_row_is_named(bench):
    """F3: rows that nobody sent are no complete upload."""
    rows = [*holdings(1), object()]  # what no row is

    report = bench.send(rows, lambda _: CONFIRMED)

    assert (report.status, report.exit, report.not_sent) == ("failed", Exit.FAILED, 1)
    assert [error.code for error in report.errors] == ["defect"]
