"""Readings that take several packages: what is missed may show itself in a later one (D3, D6)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.compare.proven_days import ProvenDays, ProvenWindow, Scope
from pipelines.compare.rows.findings import Differences, Run
from pipelines.ledger.marks import Mark
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import Answer
from sources.aleta.planning.windows import Window
from tests.stores import at, on
from tests.unit.pipelines.compare.stored import RUN, batch, fill, fx, removed, row

WHOLE = Window(on(0), on(10))
READ = Scope(mark=Mark(covered=Window(on(0), on(5)), verified_at=at(300)), reach=WHOLE, ends=WHOLE)

PART = replace(READ, settles=False, ends=None)


def window(first: int, last: int, *rows, account: str = "A", second: int = 0) -> ProvenWindow:
    came = RUN.now + timedelta(seconds=second)
    answer = Answer(batch=batch(*rows), links={}, related={}, drift=Counter(), fetched_at=came)
    return ProvenWindow(parent_id=account, window=Window(on(first), on(last)), answer=answer)


class Reading:
    """Readings of whole histories, in packages that are committed one after the other."""

    def __init__(self, store, run: Run = RUN) -> None:
        self.store = store
        self.run = run
        self.days = ProvenDays(CATALOGUE["transactions"], lambda _: READ)

    @contextmanager
    def open(self) -> Iterator[object]:
        yield self.store

    def follow(self, scope: Scope) -> None:
        self.days.scope = lambda _: scope
        self.days.follow(())

    def commit(self, first: int, last: int, *rows, account: str = "A") -> Differences:
        return self.commit_together(window(first, last, *rows, account=account))

    def commit_together(self, *package: ProvenWindow) -> Differences:
        ends = self.days.scope("").ends
        ended = {part.parent_id for part in package if ends and part.window.last == ends.last}
        found = self.days.compare(self, package, self.run, ended=ended)
        self.store.merge(found.rows)
        return found


def test_d6_a_row_that_moved_to_days_read_later_is_modified_not_removed_and_added(store):
    """Its old days are read in one package and its new ones in another."""
    fill(store, row("1", day=2), row("2", day=3))
    reading = Reading(store)
    first = reading.commit(0, 5, row("2", day=3))
    assert (removed(first), first.missed[0].id) == (set(), "1")
    second = reading.commit(6, 10, row("1", day=8))
    assert (second.counts["modified"], second.counts["added"], removed(second)) == (1, 0, set())
    assert reading.days.missed == {}


def test_d7_a_row_is_gone_when_all_days_that_it_names_were_asked_for(store):
    """D7: the whole history does not show it, nor do its other days, asked one after the other; or one of them does."""
    fill(store, row("1", trade_date=on(-900), value_date=on(900)), row("2", trade_date=on(2), value_date=on(900)))
    reading = Reading(store)
    assert removed(reading.commit(0, 10)) == set()
    assert {own_id: left.days for (own_id, _), left in reading.days.unasked.items()} == {
        "1": {on(-900), on(900)},
        "2": {on(900)},
    }
    reading.follow(PART)
    assert removed(reading.commit(-900, -900)) == set()
    later = reading.commit(900, 900, row("2", trade_date=on(2), value_date=on(900)))
    assert (removed(later), reading.days.unasked) == ({"1"}, {})


def test_d7_a_row_that_one_of_its_days_showed_is_not_gone_by_another(store):
    """D7: the server goes by one of its dates; the other day is asked for later."""
    far = row("1", trade_date=on(-900), value_date=on(900))
    fill(store, far)
    reading = Reading(store)
    reading.commit(0, 10)
    reading.follow(PART)
    reading.commit(-900, -900, far)
    assert (removed(reading.commit(900, 900)), reading.days.unasked) == (set(), {})


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        ({"value_date": on(11)}, {on(11)}),
        ({"value_date": on(900)}, {on(900)}),
        ({"trade_date": on(-1), "value_date": on(2)}, {on(-1)}),
        ({"value_date": None}, None),
    ],
    ids=["the-next-day", "far", "the-day-before", "dateless"],
)
def test_d7_a_row_half_out_of_reach_is_not_gone_by_a_whole_history_in_two_packages(store, dates, days):
    """The package that has its other day comes first; only at the end it is known what nobody asked for."""
    fill(store, row("1", **{"trade_date": on(2)} | dates))
    reading = Reading(store)
    assert removed(reading.commit(0, 5)) == set()
    assert removed(reading.commit(6, 10)) == ({"1"} if days is None else set())
    assert [left.days for left in reading.days.unasked.values()] == ([] if days is None else [days])


@pytest.mark.parametrize("last", [11, 900], ids=["the-next-day", "far"])
def test_d3_what_an_account_in_doubt_lacks_is_not_gone_row_by_row(store, last):
    """More is gone than is believed: a day beyond the history, asked for the row that names it, proves nothing (D7)."""
    fill(store, *(row(f"{number}", day=2) for number in range(9)), row("x", trade_date=on(2), value_date=on(last)))
    reading = Reading(store, run=replace(RUN, max_removed_share=0.5))
    whole = reading.commit(0, 10)
    assert ([suspicion.gone for suspicion in whole.suspicions], reading.days.unasked) == ([9], {})

    reading.days.scope = lambda _: PART
    assert removed(reading.commit(last, last)) == set()


@pytest.mark.parametrize("gap", [False, True])
@pytest.mark.parametrize("shown", [False, True])
def test_d6_what_a_part_beyond_the_history_missed_is_gone_at_its_end(store, gap, shown):
    """D6: though no day of the row is within the history, and a day of that cannot be read; unless it is shown."""
    fill(store, row("1", day=900))
    reading = Reading(store)
    reading.days.scope = lambda _: PART
    reading.commit(890, 910)
    assert [row.id for row in reading.days.take_missed()] == ["1"]

    reading.follow(READ)
    assert removed(reading.commit(0, 3, *([row("1", day=2)] if shown else []))) == set()
    assert removed(reading.commit(5 if gap else 4, 10)) == (set() if shown else {"1"})
    assert (reading.days.absent, reading.days.unasked) == ({}, {})


@pytest.mark.parametrize("dates", [{"value_date": on(900)}, {"value_date": None}], ids=["far", "dateless"])
def test_d6_a_row_of_which_a_part_asked_for_one_day_only_is_judged_by_the_whole(store, dates):
    """D7: the server may go by the other day, which nobody asked for yet; and the whole has a gap."""
    fill(store, row("1", trade_date=on(9), **dates))
    reading = Reading(store)
    reading.days.scope = lambda _: PART
    reading.commit(8, 10)
    assert [(row.id, row.inside) for row in reading.days.take_missed()] == [("1", False)]

    reading.follow(READ)
    assert removed(reading.commit(0, 3)) == set()
    assert removed(reading.commit(5, 10)) == set()


def test_d8_a_row_moved_that_an_earlier_package_missed_where_it_was(store):
    """Its old account's days are read first, and do not show it; only then the new account does."""
    fill(store, row("1", day=2), row("2", day=2))
    reading = Reading(store)
    reading.commit(0, 5, row("2", day=2))
    moved = reading.commit(0, 5, row("1", "B", day=2), row("2", "B", day=2), account="B")
    assert [conflict.id for conflict in moved.conflicts] == ["2"]


def test_d8_of_a_row_that_moved_while_it_was_read_the_newer_reading_is_kept(store):
    """Its new days lie before its old ones, and were asked for later: windows come oldest first."""
    reading = Reading(store)
    found = reading.commit_together(window(0, 5, row("1", day=2), second=2), window(6, 10, row("1", day=8), second=1))
    [kept] = found.rows.data.select(["id", "trade_date"]).to_pylist()
    assert kept == {"id": "1", "trade_date": on(2)}


def test_d3_what_no_later_package_shows_is_gone_at_the_end(store):
    """Whatever the reading missed, in one feed: late as the package that missed it saw it."""
    fill(store, row("1", day=2), row("2", day=3), row("3", day=9))
    reading = Reading(store)
    assert removed(reading.commit(0, 5, row("2", day=3))) == set()
    last = reading.commit(6, 10)
    assert removed(last) == {"1", "3"}
    assert {line["id"]: line["late"] for line in last.changes.data.to_pylist()} == {"1": True, "3": False}
    assert last.counts["removed"] == 2


def test_d3_a_reading_that_does_not_reach_its_end_removes_nothing(store):
    """It failed on the way: the account removes nothing."""
    fill(store, row("1", day=2))
    assert removed(Reading(store).commit(0, 5)) == set()


def test_d3_days_that_were_left_out_keep_nothing_from_being_gone(store):
    """One day is quarantined; what was proven before and after it is settled at the end."""
    fill(store, row("1", day=2), row("2", day=9), row("3", day=5))
    reading = Reading(store)
    reading.commit(0, 4)
    assert removed(reading.commit(6, 10)) == {"1", "2"}


def test_d3_more_than_the_share_is_counted_over_all_packages(store):
    """Two packages that miss a quarter each miss a half."""
    fill(store, *(row(f"{day}", day=day) for day in range(1, 9)))
    reading = Reading(store, run=replace(RUN, max_removed_share=0.4))
    reading.commit(0, 5, *(row(f"{day}", day=day) for day in range(3, 6)))
    last = reading.commit(6, 10, row("6", day=6))
    assert ([suspicion.gone for suspicion in last.suspicions], removed(last)) == ([4], set())


def test_d3_what_was_seen_is_not_gone_where_older_days_come_last(store):
    """A window was held back for a trial: it comes with the newest, in which a row of the package before has a date."""
    fill(store, row("2", day=1))
    reading = Reading(store)
    reading.commit(4, 6, row("1", trade_date=on(5), value_date=on(8)))
    assert removed(reading.commit_together(window(7, 10), window(0, 3, row("2", day=1)))) == set()


def test_d3_rows_that_go_with_one_day_after_the_other_are_counted_together(store):
    """Three of five days out of reach are asked for by themselves: the third row would be more than half."""
    fill(store, *(row(f"{number}", day=900 + number) for number in range(5)))
    reading = Reading(store, replace(RUN, max_removed_share=0.5))
    assert removed(reading.commit(0, 10)) == set()
    gone = []
    for day in (900, 901, 902):
        reading.follow(PART)
        gone.append((removed(found := reading.commit(day, day)), [loss.gone for loss in found.suspicions]))
    assert gone == [({"0"}, []), ({"1"}, []), (set(), [3])]


def test_d3_an_fx_spot_that_two_readings_missed_is_removed_once(store):
    """The one that ends first removes it."""
    fill(store, fx("1", "A", "B", day=2))
    reading = Reading(store)
    for account in ("A", "B"):
        reading.commit(0, 5, account=account)
    assert removed(reading.commit(6, 10, account="A")) == {"1"}
    assert reading.commit(6, 10, account="B").counts["removed"] == 0


def test_d3_what_was_seen_before_a_day_that_is_left_out_is_not_gone_behind_it(store):
    """A row that a window lists by one of its dates; the other lies in a window of a package that has a gap."""
    straddling = row("1", trade_date=on(2), value_date=on(4))
    fill(store, straddling)
    reading = Reading(store)
    reading.commit(0, 3, straddling)
    assert removed(reading.commit_together(window(4, 5), window(7, 10))) == set()


@pytest.mark.parametrize("dates", [{"value_date": None}, {"value_date": on(900)}], ids=["dateless", "far"])
@pytest.mark.parametrize("earlier", [[(900, 900)], [(890, 910), (905, 905)], [(5, 10), (900, 900)]])
def test_d7_what_an_earlier_reading_of_the_run_showed_is_there(store, earlier, dates):
    """D7: on a day beyond the history, which is read next, for another reason, and does not show it."""
    reading, far = Reading(store), row("1", trade_date=None, **dates)
    for first, last in earlier:
        reading.follow(PART)
        reading.commit(first, last, *([far] if Window(on(first), on(last)).covers(Window(on(900), on(900))) else []))

    reading.follow(READ)
    whole = reading.commit(0, 3), reading.commit(4, 10)
    assert [removed(found) for found in whole] == [set(), set()]
    assert reading.days.unasked == {}


@pytest.mark.parametrize("packages", [[(0, 10)], [(0, 4), (5, 10)], [(0, 1), (2, 10)]])
def test_d7_what_an_earlier_reading_showed_is_gone_when_its_days_do_not_show_it_any_more(store, packages):
    """D7: the same days are asked for again, in one window or in two."""
    reading, dateless = Reading(store), row("1", trade_date=None, value_date=None)
    reading.follow(READ)
    reading.commit(0, 10, dateless)

    reading.follow(READ)
    gone = [removed(reading.commit(first, last)) for first, last in packages]
    assert gone == [*[set()] * (len(packages) - 1), {"1"}]


@pytest.mark.parametrize("name", ["holdings", "custodian_holdings"])
def test_what_cannot_move_is_gone_at_once(name):
    """No row of a day is ever looked for on another."""
    assert not CATALOGUE[name].movable
