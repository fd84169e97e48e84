"""What became of every row is on disk, private, and right after any end; and what is sent follows from it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.uploads.journal import Journal, JournalError, Span, State, glance
from pipelines.uploads.kinds import KINDS, Row, row
from pipelines.uploads.selection import select

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
API = "https://platform.aleta.io"
ACCOUNTS, FEES = KINDS["account-holdings"], KINDS["fee-holdings"]
JANUARY = Span(parent="a1", first=date(2026, 1, 1), last=date(2026, 1, 31))
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from pipelines.uploads.journal import Journal
from pipelines.uploads.kinds import KINDS, row
fees = KINDS["fee-holdings"]
sent = row(fees, {"account_id": "a1", "date": "2026-01-31", "market_value": "1.5"}, line=2)
Journal(Path(sys.argv[1]), api=sys.argv[2]).sending(fees, sent, at=datetime.now(UTC))
os.kill(os.getpid(), signal.SIGKILL)
"""


def holding(value: str = "1.5", *, day: str = "2026-01-31", account: str = "a1", kind=FEES) -> Row:
    return row(kind, {"account_id": account, "date": day, "market_value": value}, line=2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "uploads.sqlite"


@pytest.fixture
def journal(file):
    with Journal(file, api=API) as opened:
        yield opened


def states(journal: Journal, kind=FEES) -> list[State]:
    return [state for of_key in journal.known(kind).values() for state in of_key.values()]


def places(rows, kind, known, *, again: bool = False) -> tuple[int, int, int, int]:
    """How many rows are sent, skipped, unresolved, in conflict."""
    chosen = select(rows, kind, known, again=again)
    return len(chosen.send), len(chosen.skipped), len(chosen.unresolved), len(chosen.conflicts)


# -- the file


def test_what_was_put_is_there_when_it_is_opened_again(file):
    """Each row with its last state, of its kind only."""
    with Journal(file, api=API) as journal:
        journal.sending(FEES, holding(), at=AT)
        journal.put(FEES, holding(), State.CONFIRMED, at=AT)
        journal.sending(FEES, holding(account="a2"), at=AT)

    with Journal(file, api=API) as journal:
        assert states(journal) == [State.CONFIRMED, State.SENDING]
        assert states(journal, ACCOUNTS) == []
    assert list(glance(file, FEES, api=API)) == ['["a1", "2026-01-31"]', '["a2", "2026-01-31"]']


def test_a_kill_loses_nothing_that_was_put(file):
    """What a method returned from is on disk; a glance sees it, with nobody to clean up before."""
    ended = subprocess.run([sys.executable, "-c", KILLED, f"{file}", API], cwd=Path(__file__).parents[4], check=False)

    assert ended.returncode == -signal.SIGKILL
    assert [*glance(file, FEES, api=API).values()] == [{holding().fingerprint: State.SENDING}]
    with Journal(file, api=API) as journal:
        assert states(journal) == [State.SENDING]


def test_every_file_of_the_journal_is_the_owners_only(file):
    """0600, whatever the mask says, also those that SQLite puts beside it."""
    before = os.umask(0)
    try:
        with Journal(file, api=API) as journal:
            journal.sending(FEES, holding(), at=AT)
            modes = {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
            names = {path.name for path in file.parent.iterdir()}
    finally:
        os.umask(before)

    assert {f"{file.name}-wal", file.name} <= names
    assert modes == {0o600}


def test_every_commit_is_flushed_to_the_disk(journal):
    """SQLite's word for it: FULL syncs the log after each transaction."""
    assert journal._sql.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._sql.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_glance_makes_nothing(file):
    """No journal, nothing known, and still no journal."""
    assert glance(file, FEES, api=API) == {}
    assert not file.exists()


def test_a_damaged_journal_is_no_empty_one(file):
    """Nothing is sent on the strength of a file that cannot be read."""
    file.write_bytes(b"no database" * 1000)

    with pytest.raises(JournalError, match="it is damaged"):
        Journal(file, api=API)
    with pytest.raises(JournalError, match="it is damaged"):
        glance(file, FEES, api=API)


def test_what_could_not_be_put_takes_nothing_along_that_comes_after(file):
    """C1: of another thread's row the journal says on disk what the report says."""
    refused = (
        "CREATE TRIGGER full BEFORE INSERT ON outcomes WHEN NEW.parent = 'a2' BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with Journal(file, api=API) as journal:
        journal.sending(FEES, holding(), at=AT)
        journal._sql.execute(refused)
        with pytest.raises(JournalError, match="no"):
            journal.sending(FEES, holding(account="a2"), at=AT)
        journal.put(FEES, holding(), State.CONFIRMED, at=AT)

    with Journal(file, api=API) as journal:
        assert states(journal) == [State.CONFIRMED]


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    """The path, the reason, what to do."""
    with pytest.raises(JournalError, match=r"uploads\.sqlite cannot be used"):
        Journal(tmp_path / "none" / "uploads.sqlite", api=API)


# -- what follows from it


@pytest.mark.parametrize("kind", [ACCOUNTS, FEES])
def test_what_is_confirmed_is_skipped_and_sent_again_only_when_asked(journal, kind):
    """However its numbers are spelt."""
    journal.put(kind, holding("1.5", kind=kind), State.CONFIRMED, at=AT)
    known = journal.known(kind)

    assert places([holding("1.50", kind=kind)], kind, known) == (0, 1, 0, 0)
    assert places([holding("1.50", kind=kind)], kind, known, again=True) == (1, 0, 0, 0)


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_what_has_no_outcome_is_sent_again_only_where_it_overwrites(journal, state):
    """A fee holding is held, also when its sender died; --again sends it."""
    for kind in (ACCOUNTS, FEES):
        journal.put(kind, holding(kind=kind), state, at=AT)

    assert places([holding(kind=ACCOUNTS)], ACCOUNTS, journal.known(ACCOUNTS)) == (1, 0, 0, 0)
    assert places([holding()], FEES, journal.known(FEES)) == (0, 0, 1, 0)
    assert places([holding()], FEES, journal.known(FEES), again=True) == (1, 0, 0, 0)


@pytest.mark.parametrize("kind", [ACCOUNTS, FEES])
def test_what_was_rejected_is_sent_again(journal, kind):
    """It was not written."""
    journal.put(kind, holding(kind=kind), State.REJECTED, at=AT)

    assert places([holding(kind=kind)], kind, journal.known(kind)) == (1, 0, 0, 0)


def test_a_correction_is_sent_and_so_is_what_it_replaced(journal):
    """Where the key overwrites: 1.5, then 2.5, then 1.5 again are three uploads."""
    first, second = holding("1.5", kind=ACCOUNTS), holding("2.5", kind=ACCOUNTS)
    journal.put(ACCOUNTS, first, State.CONFIRMED, at=AT)
    assert places([second], ACCOUNTS, journal.known(ACCOUNTS)) == (1, 0, 0, 0)

    journal.sending(ACCOUNTS, second, at=AT)
    journal.put(ACCOUNTS, second, State.CONFIRMED, at=AT)

    assert places([first], ACCOUNTS, journal.known(ACCOUNTS)) == (1, 0, 0, 0)
    assert places([second], ACCOUNTS, journal.known(ACCOUNTS)) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(State.CONFIRMED, (0, 0, 0, 1), id="confirmed"),
        pytest.param(State.UNKNOWN, (0, 0, 0, 1), id="unknown"),
        pytest.param(State.REJECTED, (1, 0, 0, 0), id="rejected"),
    ],
)
def test_another_value_for_a_fee_that_may_be_there_is_a_conflict(journal, state, expected):
    """Nobody documents that it overwrites; --again sends it."""
    journal.put(FEES, holding("1.5"), state, at=AT)

    assert places([holding("2.5")], FEES, journal.known(FEES)) == expected
    assert places([holding("2.5")], FEES, journal.known(FEES), again=True) == (1, 0, 0, 0)


def test_what_was_deleted_may_be_sent_anew(journal):
    """Of the parent and the days that were named, both ends included, and of nothing else."""
    inside = [holding(day="2026-01-01"), holding(day="2026-01-31")]
    outside = [holding(day="2025-12-31"), holding(day="2026-02-01"), holding(account="a2")]
    for sent in (*inside, *outside):
        journal.put(FEES, sent, State.CONFIRMED, at=AT)
    journal.delete_begun(FEES, JANUARY)
    journal.deleted(FEES, JANUARY)

    assert places(inside, FEES, journal.known(FEES)) == (2, 0, 0, 0)
    assert places(outside, FEES, journal.known(FEES)) == (0, 3, 0, 0)


def test_while_a_delete_may_be_on_its_way_nothing_within_is_known(journal):
    """Killed there, what overwrites is sent again, and a fee is held; refused, all is as before."""
    for kind in (ACCOUNTS, FEES):
        journal.put(kind, holding(kind=kind), State.CONFIRMED, at=AT)
        journal.delete_begun(kind, JANUARY)
    assert places([holding(kind=ACCOUNTS)], ACCOUNTS, journal.known(ACCOUNTS)) == (1, 0, 0, 0)
    assert places([holding()], FEES, journal.known(FEES)) == (0, 0, 1, 0)

    journal.delete_refused(FEES, JANUARY)

    assert places([holding()], FEES, journal.known(FEES)) == (0, 1, 0, 0)


def test_a_refused_delete_does_not_mend_one_that_nobody_knows_of(journal):
    """Two deletes, the first without an answer: what is there is still not known."""
    journal.put(FEES, holding(), State.CONFIRMED, at=AT)
    journal.delete_begun(FEES, JANUARY)
    journal.delete_begun(FEES, JANUARY)

    journal.delete_refused(FEES, JANUARY)

    assert places([holding()], FEES, journal.known(FEES)) == (0, 0, 1, 0)
