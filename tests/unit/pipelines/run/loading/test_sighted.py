"""What answers showed that are not loaded, as the loading thread holds it against the warehouse (rule W7)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipelines.compare.rows.sighted import Sighting
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Reading, tonight
from pipelines.run.events import Doubts, Remaining, Sighted
from pipelines.run.loading import sightings
from sources.aleta.planning.windows import Window
from tests.stores import Store, memory_store, on
from tests.unit.pipelines.compare.stored import batch, fill, fx, row
from tests.unit.pipelines.run.loading.followed import ENDPOINT, HORIZON
from tests.unit.pipelines.run.loading.test_where_packages_commit import MARK, Night, shown

OLD = Window(on(0), on(20))
NEWS = {ENDPOINT.name: {"b": [OLD]}}


def sighted(*rows: Mapping[str, object], of: str = "b") -> Sighted:
    return Sighted(ENDPOINT, Sighting(parent_id=of, window=OLD, rows=batch(*rows)))


def night_of(store: Store, **reads: Reading) -> Night:
    """Both accounts are read from the look-back on, but for *reads*."""
    night = Night(store, commits=False)
    night.loader.follow(ENDPOINT, {name: tonight({name: MARK}, [name], HORIZON)[name] for name in "ab"} | reads)
    return night


def remaining(night: Night) -> Doubts:
    question = Remaining()
    night.loader.answer(question)
    assert question.answer
    return question.answer


@pytest.mark.parametrize(
    ("rows", "news"),
    [([row("1", "b")], {}), ([row("2", "b")], NEWS), ([row("1", "b", comment="edited")], NEWS), ([], {})],
    ids=["there", "not there", "otherwise", "nothing"],
)
def test_w7_who_showed_what_is_not_there_is_named_once(rows, news):
    """At the end, and not again."""
    with memory_store() as store:
        fill(store, row("1", "b"))
        night = night_of(store)
        night.loader.note_sighted(sighted(*rows))
        assert remaining(night).sighted == news
        assert remaining(night).sighted == {}


def test_w7_what_is_read_and_not_committed_is_there():
    """What was sighted may be read later in the run; it is committed then, so that the two can be compared."""
    with memory_store() as store:
        fill(store, row("1", "b"))
        night = night_of(store)
        night.loader.note_sighted(sighted(row("2", "b")))
        night.loader.follow(ENDPOINT, {"b": night.whole("b")})
        night.loader.take(shown("b", 0, 105, row("1", "b"), row("2", "b")), 0.0)
        assert remaining(night).sighted == {}
        assert {*store.read(ENDPOINT.schema)} == {"1", "2"}


def test_w7_what_is_read_and_not_committed_may_remove_what_was_sighted():
    """The account that had it is read whole, and does not show it; the other one does."""
    with memory_store() as store:
        fill(store, fx("1", "a", "b"))
        night = night_of(store)
        night.loader.note_sighted(sighted(fx("1", "a", "b")))
        night.loader.follow(ENDPOINT, {"a": night.whole("a")})
        night.loader.take(shown("a", 0, 105), 0.0)
        assert remaining(night).sighted == NEWS


def test_d8_what_is_read_and_not_committed_may_be_another_content_of_what_was_sighted():
    """An id that is new tonight in two accounts."""
    with memory_store() as store:
        night = night_of(store)
        night.loader.note_sighted(sighted(row("1", "b")))
        night.loader.follow(ENDPOINT, {"a": night.whole("a")})
        night.loader.take(shown("a", 0, 105, row("1", "a")), 0.0)
        assert remaining(night).sighted == NEWS


def test_w7_of_whom_this_run_reads_nothing_nothing_is_news():
    """A backfill of one account reads no other."""
    with memory_store() as store:
        night = Night(store, commits=False)
        night.loader.follow(ENDPOINT, {"a": night.whole("a")})
        night.loader.note_sighted(sighted(row("1", "b")))
        assert remaining(night).sighted == {}


def test_w7_nothing_is_committed_for_what_is_there():
    """A quiet night is one package."""
    with memory_store() as store:
        fill(store, row("1", "b"))
        night = night_of(store)
        night.loader.note_sighted(sighted(row("1", "b")))
        night.loader.follow(ENDPOINT, {"a": night.whole("a")})
        night.loader.take(shown("a", 0, 105, row("3", "a")), 0.0)
        remaining(night)
        assert {*store.read(ENDPOINT.schema)} == {"1"}


def test_w7_who_was_never_read_whole_is_read_anyway():
    """By this run or the next one: what a backfill of some days leaves."""
    with memory_store() as store:
        night = night_of(store)
        night.ledger.set(ENDPOINT.name, "b", Mark(covered=Window(on(30), on(98))))
        night.loader.note_sighted(sighted(row("1", "b")))
        assert remaining(night).sighted == {}


def test_d8_an_id_that_may_have_two_contents_is_no_news():
    """It is asked for by itself."""
    with memory_store() as store:
        fill(store, row("1", "a"))
        night = night_of(store)
        night.ledger.note_conflict(ENDPOINT.name, "1", {"a": OLD, "b": OLD})
        night.loader.note_sighted(sighted(row("1", "b")))
        assert remaining(night).sighted == {}


def test_c5_what_is_too_much_to_wait_is_judged_at_once(monkeypatch):
    """Rows that are there are not remembered."""
    monkeypatch.setattr(sightings, "MOST_ROWS", 3)
    with memory_store() as store:
        fill(store, *(row(f"{number}", "b") for number in range(9)))
        night, waiting = night_of(store), []
        for number in range(9):
            night.loader.note_sighted(sighted(row(f"{number}", "b")))
            waiting.append(len(night.loader._sightings._waiting))
        assert max(waiting) < 3
        night.loader.note_sighted(sighted(row("new", "b"), row("1", "b"), row("2", "b")))
        assert remaining(night).sighted == NEWS
