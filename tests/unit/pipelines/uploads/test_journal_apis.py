"""An outcome belongs to the API that the row was sent to, however its address is spelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.uploads.journal import Journal, State, glance
from pipelines.uploads.kinds import Row
from tests.unit.pipelines.uploads.test_journal import ACCOUNTS, API, AT, FEES, JANUARY, holding, places, states

OTHER = "https://test.aleta.io"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "uploads.sqlite"


def older(file: Path, sent: Row) -> None:
    """A journal as it was before outcomes belonged to an API, with a confirmed *sent*."""
    with Journal(file, api=API) as journal:
        journal.put(FEES, sent, State.CONFIRMED, at=AT)
        journal._sql.executescript(
            "CREATE TABLE before (kind TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,"
            " parent TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL, deletes INTEGER NOT NULL DEFAULT 0,"
            " said TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, PRIMARY KEY (kind, key, fingerprint)) WITHOUT ROWID;"
            "INSERT INTO before SELECT kind, key, fingerprint, parent, day, state, deletes, said, at FROM outcomes;"
            "DROP TABLE outcomes; ALTER TABLE before RENAME TO outcomes"
        )


@pytest.mark.parametrize("spelt", ["https://Platform.Aleta.io", "HTTPS://platform.aleta.io:443"])
def test_another_spelling_of_the_address_is_the_same_api(file, spelt):
    """No fee is sent twice since a letter of `api_url` changed; another port is another API."""
    with Journal(file, api=spelt) as journal:
        journal.sending(FEES, holding(), at=AT)
        journal.put(FEES, holding(), State.CONFIRMED, at=AT)

    assert places([holding()], FEES, glance(file, FEES, api=API)) == (0, 1, 0, 0)
    with Journal(file, api=API) as journal:
        assert places([holding()], FEES, journal.known(FEES)) == (0, 1, 0, 0)
        journal.deleted(FEES, JANUARY)
    assert glance(file, FEES, api=spelt) == {}
    assert glance(file, FEES, api=f"{API}:8443") == {}


def test_what_an_older_version_kept_under_several_spellings_is_one(file):
    """A row that stands under two of them has an unknown end, for nobody knows which was sent last; the rest stands."""
    sent = [("a1", API, State.CONFIRMED), ("a1", f"{API}:443", State.REJECTED), ("a2", f"{API}:443", State.CONFIRMED)]
    for account, spelt, state in sent:
        with Journal(file, api=OTHER) as journal:
            journal.put(FEES, holding(account=account), state, at=AT)
            journal._sql.execute("UPDATE outcomes SET api = ? WHERE api = ?", (spelt, OTHER))

    before = glance(file, FEES, api=API)
    with Journal(file, api=API) as journal:
        assert journal.known(FEES) == before == glance(file, FEES, api=API)
        assert states(journal) == [State.UNKNOWN, State.CONFIRMED]
        rows = [holding(), holding(account="a2"), holding(account="a3")]
        assert places(rows, FEES, journal.known(FEES)) == (1, 1, 1, 0)


def test_a_journal_of_an_older_version_counts_for_the_api_that_it_is_first_opened_for(file):
    """No fee is sent twice after an update; what that API confirmed is then nothing to another one."""
    older(file, holding())
    assert places([holding()], FEES, glance(file, FEES, api=API)) == (0, 1, 0, 0)

    with Journal(file, api=API) as journal:
        assert places([holding()], FEES, journal.known(FEES)) == (0, 1, 0, 0)
    with Journal(file, api=OTHER) as journal:
        assert places([holding()], FEES, journal.known(FEES)) == (1, 0, 0, 0)


def test_an_outcome_belongs_to_the_api_that_the_row_was_sent_to(file):
    """At another one it was never sent, and what is sent or deleted there changes nothing here."""
    with Journal(file, api=API) as journal:
        for kind in (ACCOUNTS, FEES):
            journal.put(kind, holding(kind=kind), State.CONFIRMED, at=AT)
    with Journal(file, api=OTHER) as journal:
        assert places([holding("2.5")], FEES, journal.known(FEES)) == (1, 0, 0, 0)  # and no conflict
        journal.sending(ACCOUNTS, holding("2.5", kind=ACCOUNTS), at=AT)
        journal.sending(FEES, holding(), at=AT)
        journal.put(FEES, holding(), None, at=AT)
        journal.delete_begun(FEES, JANUARY)
        journal.deleted(FEES, JANUARY)

    with Journal(file, api=API) as journal:
        for kind in (ACCOUNTS, FEES):
            assert places([holding(kind=kind)], kind, journal.known(kind)) == (0, 1, 0, 0)
