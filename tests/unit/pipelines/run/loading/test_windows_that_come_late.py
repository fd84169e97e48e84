"""Readings whose windows do not come oldest first, or do not all come: what is removed, and what stays due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType

import pytest

from pipelines.compare.rows.findings import Run
from pipelines.ledger.ledger import Ledger
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Reading, odd_days, tonight, whole_reading
from pipelines.report.report import TenantReport
from pipelines.run.loading.packages import Loader
from pipelines.warehouse.package import Rows
from schemas.table import name_of
from schemas.transactions import TRANSACTIONS
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status
from tests.stores import Store, at, memory_store, on
from tests.unit.pipelines.compare.stored import batch, fill, row
from tests.unit.pipelines.run.loading.followed import ENDPOINT, HORIZON, NOW, receipt

OLD = Mark(covered=Window(on(0), on(98)), verified_at=at(60))


class Warehouse:
    """A store in memory, and the rows that packages merge into it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @contextmanager
    def open(self) -> Iterator[Store]:
        yield self.store

    def write(self, package: Sequence[Rows], _: object) -> None:
        for rows in package:
            if name_of(rows.schema) == ENDPOINT.name:
                self.store.merge(rows)


class Account:
    """The account `a`, as one run reads it.

    Args:
        mark: as the run begins.
        reading: what the run reads of it; all of its history, unless it is given.
    """

    def __init__(self, store: Store, *, mark: Mark = OLD, reading: Reading | None = None) -> None:
        self._store, self._ledger = store, Ledger(marks={ENDPOINT.name: {"a": mark}})
        self._loader = Loader(
            Warehouse(store),
            self._ledger,
            run=Run(run_id="run", now=NOW, max_removed_share=1.0),
            horizon=HORIZON,
            report=TenantReport(tenant="acme"),
            tables=(ENDPOINT.name,),
            committed=lambda _: None,
        )
        self._loader.follow(ENDPOINT, {"a": reading or whole_reading(mark, HORIZON)})

    def commit(self, *receipts: Receipt) -> None:
        for each in receipts:
            self._loader.take(each, 0.0)
        self._loader.flush()

    def follow_days(self, first: int, last: int) -> None:
        """Days are read beyond its history."""
        self._loader.follow(ENDPOINT, {"a": odd_days(self.mark, Window(on(first), on(last)))})

    def owe(self) -> None:
        """Somebody else finds that its whole history is due."""
        self._ledger.set(ENDPOINT.name, "a", replace(self.mark, due=True))

    @property
    def ids(self) -> set[str]:
        return {*self._store.read(TRANSACTIONS)}

    @property
    def mark(self) -> Mark:
        return self._ledger.mark(ENDPOINT.name, "a")


def shown(first: int, last: int, *days: int, moved: Mapping[str, int] = MappingProxyType({})) -> Receipt:
    """A window that shows a row for each of *days*, named after it; and others that have *moved* to a day."""
    named = {f"{day}": day for day in days} | dict(moved)
    rows = batch(*(row(own_id, "a", day=day) for own_id, day in named.items()))
    complete = receipt(first, last)
    return replace(complete, rows=len(named), answer=replace(complete.answer, batch=rows, drift=Counter()))


def failed(first: int, last: int) -> Receipt:
    return receipt(first, last, Status.FAILED)


def quarantined(first: int, last: int) -> Receipt:
    return receipt(first, last, Status.QUARANTINED)


@pytest.fixture
def store() -> Iterator[Store]:
    """Of the account `a`, with a row each of the days 5, 50 and 80."""
    with memory_store() as filled:
        fill(filled, *(row(f"{day}", "a", day=day) for day in (5, 50, 80)))
        yield filled


@pytest.mark.parametrize("packages", [1, 2, 3])
def test_d3_an_account_of_which_days_failed_removes_nothing(store, packages):
    """Its last window was answered before an older one failed, where row 5 may be by now."""
    account, receipts = Account(store), [shown(0, 39), shown(71, 105, 80), failed(40, 70)]
    for number in range(packages):
        account.commit(*receipts[number : None if number == packages - 1 else number + 1])
    assert account.ids == {"5", "50", "80"}
    assert account.mark.due is True


@pytest.mark.parametrize("packages", [1, 2, 3])
def test_d3_days_that_are_left_out_last_keep_nothing_from_being_gone(store, packages):
    """They were in doubt, and cannot be read: what the others do not show is gone, but for the rows of those days."""
    account, receipts = Account(store), [shown(0, 39), shown(71, 105, 80), quarantined(40, 70)]
    for number in range(packages):
        account.commit(*receipts[number : None if number == packages - 1 else number + 1])
    assert account.ids == {"50", "80"}


BROKEN_OFF = Mark(covered=Window(on(0), on(60)), reading_since=at(99))


def test_d6_a_row_that_an_earlier_package_missed_keeps_its_account_due(store):
    """A first load is read on from where it broke off: its end does not say where the row is, nor may the run go on."""
    going_on = tonight({"a": BROKEN_OFF}, ["a"], HORIZON)["a"]
    account = Account(store, mark=BROKEN_OFF, reading=going_on)
    assert going_on.span == Window(on(51), on(105))
    fill(store, row("55", "a", day=55))

    account.commit(shown(51, 70))
    account.commit(shown(71, 105, 80))

    assert account.ids == {"5", "50", "55", "80"}
    assert (account.mark.verified_at, account.mark.due) == (at(99), True)


def test_d6_a_row_that_a_later_package_shows_leaves_its_account_as_it_is(store):
    """It had moved within the days that were read on."""
    account = Account(store, mark=BROKEN_OFF, reading=tonight({"a": BROKEN_OFF}, ["a"], HORIZON)["a"])
    fill(store, row("55", "a", day=55))

    account.commit(shown(51, 70))
    account.commit(shown(71, 105, 80, moved={"55": 75}))

    assert (account.mark.verified_at, account.mark.due) == (at(99), False)


@pytest.mark.parametrize("last", [shown(40, 70, 50), quarantined(40, 70)], ids=["read", "left-out"])
@pytest.mark.parametrize("due", [False, True])
def test_d1_a_history_is_read_once_its_oldest_windows_have_come_too(store, last, due):
    """The newest may be there for hours before what is on trial (W6); a kill between the two leaves it due."""
    account = Account(store, mark=replace(OLD, due=due))

    account.commit(shown(0, 39, 5), shown(71, 105, 80))
    assert (account.mark.verified_at, account.mark.due, account.mark.loaded) == (OLD.verified_at, due, False)

    account.commit(last)
    verified_at = NOW if last.answer else OLD.verified_at
    assert (account.mark.verified_at, account.mark.due, account.mark.loaded) == (verified_at, False, True)


def test_d1_a_history_that_is_verified_stays_so_when_a_part_of_it_is_read_again(store):
    """What became due meanwhile does, too: only a reading from the beginning clears it."""
    account = Account(store)
    account.commit(shown(0, 105, 5, 50, 80))
    account.owe()
    account.commit(shown(40, 105, 50, 80))
    assert (account.mark.verified_at, account.mark.due) == (NOW, True)


@pytest.mark.parametrize("packages", [1, 2])
def test_d6_a_last_day_that_is_left_out_leaves_what_is_missed_due(store, packages):
    """Row 50 may have moved there: it stays, and the next run looks for it in the whole history."""
    account = Account(store, mark=replace(OLD, due=True))
    receipts = [shown(0, 104, 5, 80), quarantined(105, 105)]
    for number in range(packages):
        account.commit(*receipts[number : None if number == packages - 1 else number + 1])
    assert account.ids == {"5", "50", "80"}
    assert (account.mark.verified_at, account.mark.due) == (OLD.verified_at, True)


FAR = on(3000)


@pytest.mark.parametrize(
    ("dates", "ids", "due"),
    [
        ((FAR, FAR), {"50"}, False),
        ((FAR, on(40)), {"50", "far"}, True),
        ((on(40), FAR), {"50", "far"}, True),
        ((FAR, None), {"50", "far"}, True),
    ],
    ids=["both far", "one in the history", "the other", "one missing"],
)
def test_d7_days_beyond_a_history_but_for_a_day_settle_what_names_no_other(dates, ids, due):
    """What names another day, or none, may be on the day that was left out: its account is due."""
    with memory_store() as store:
        fill(
            store, row("50", "a", day=50), row("far", "a") | dict(zip(("trade_date", "value_date"), dates, strict=True))
        )
        account = Account(store, mark=replace(OLD, verified_at=at(99)))
        account.commit(shown(0, 70, 50), quarantined(71, 71), shown(72, 105))
        account.follow_days(3000, 3000)
        account.commit(shown(3000, 3000))
        assert (account.ids, account.mark.due) == (ids, due)
