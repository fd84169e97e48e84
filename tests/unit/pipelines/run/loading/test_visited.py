"""What is remembered of objects that were read one by one, and of those that could not be."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from pipelines.ledger.ledger import Ledger
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import in_turn
from pipelines.run.loading.packages import PACKAGE_S, Loader
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.reading.objects.walk import Listed
from tests.unit.pipelines.ledger.nights import night

INSTRUMENTS = CATALOGUE["instruments"]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def ledger() -> Ledger:
    """Of more than a hundred instruments, some read a day before the others."""
    ledger = Ledger()
    for number in range(400):
        ledger.set("instruments", f"i{number:03}", Mark(verified_at=NOW - timedelta(days=2 + (number > 0))))
    return ledger


@pytest.fixture
def loader(ledger, monkeypatch) -> Loader:
    """Without a warehouse."""
    monkeypatch.setattr(Loader, "_compare_objects", lambda *_: None)
    return Loader(
        SimpleNamespace(open=nullcontext),
        ledger,
        run=SimpleNamespace(now=NOW, clients=()),
        horizon=night(),
        report=SimpleNamespace(),
        tables=(),
        committed=lambda _: None,
    )


def test_f3_who_could_not_be_read_in_its_turn_is_asked_for_by_the_next_run_of_the_night(ledger, loader):
    """However many others were read for the first time, and have used up the night's share."""
    visited = [f"new{number:03}" for number in range(150)]
    listed = Listed(endpoint=INSTRUMENTS, parent_id="", answers=[], gone=visited, failed=["i000", "never read"])

    loader.load_visited(listed, 5.0)

    marks = ledger.marks["instruments"]
    assert "i000" in in_turn(marks, sorted(marks), night(), every_days=7)
    assert marks["i000"].verified_at == NOW - timedelta(days=2)
    assert "never read" not in marks


def test_l2_what_rows_name_for_the_first_time_and_is_404_is_asked_for_again_by_the_next_run(ledger, loader):
    """A row may be there before its instrument is. Twice 404: it comes in its turn."""
    listed = Listed(endpoint=INSTRUMENTS, parent_id="", answers=[], gone=["new"])
    loader.load_visited(listed, 5.0)
    assert ledger.marks["instruments"]["new"].due
    loader.load_visited(listed, 5.0)
    assert ledger.marks["instruments"]["new"] == Mark(verified_at=NOW)


def test_c1_objects_that_are_read_one_by_one_are_committed_on_the_way(loader, monkeypatch):
    """C1: 20,000 instruments are twenty minutes of requests; a kill costs seconds of them."""
    commits = []
    monkeypatch.setattr(Loader, "_commit", lambda own, *_: commits.append(setattr(own, "_visited_since_s", 0.0)))
    monkeypatch.setattr(Loader, "_run_row", lambda *_, **__: None)
    for second in range(100, 200):
        loader.load_visited(Listed(endpoint=INSTRUMENTS, parent_id="", answers=[], gone=[f"i{second}"]), second)
    assert len(commits) == 100 // (PACKAGE_S + 1)
