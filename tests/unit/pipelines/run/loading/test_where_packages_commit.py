"""One run, one outcome: it does not matter behind which of its windows a package is committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from pipelines.compare.rows.findings import Run
from pipelines.ledger.ledger import Ledger
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Reading, whole_reading
from pipelines.report.report import TenantReport
from pipelines.run.events import Remaining, Settle
from pipelines.run.loading.packages import Loader
from pipelines.warehouse.package import Rows
from schemas.table import name_of
from schemas.transactions import TRANSACTION_CHANGES
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt
from tests.stores import Store, at, memory_store, on
from tests.unit.pipelines.compare.stored import batch, fill, fx, row
from tests.unit.pipelines.run.loading import test_windows_that_come_late as late
from tests.unit.pipelines.run.loading.followed import ENDPOINT, HORIZON, NOW, receipt

MARK = Mark(covered=Window(on(0), on(98)), verified_at=at(99))
TABLES = (ENDPOINT.name, name_of(TRANSACTION_CHANGES))


class Warehouse(late.Warehouse):
    """With the feed."""

    remote, place, misfits = False, "memory", Counter[str]()

    def write(self, package: Sequence[Rows], _: object) -> None:
        for rows in package:
            if name_of(rows.schema) in TABLES:
                self.store.merge(rows)


@dataclass
class Night:
    """One run over a few accounts; *commits*: whether each window is a package of its own."""

    store: Store
    commits: bool
    share: float = 1.0
    ledger: Ledger = field(init=False)
    report: TenantReport = field(default_factory=lambda: TenantReport(tenant="acme"))
    loader: Loader = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(marks={ENDPOINT.name: dict.fromkeys("ab", MARK)})
        run = Run(run_id="run", now=NOW, max_removed_share=self.share)
        self.loader = Loader(
            Warehouse(self.store),  # type: ignore[arg-type]
            self.ledger,
            run=run,
            horizon=HORIZON,
            report=self.report,
            tables=(ENDPOINT.name,),
            committed=lambda _: None,
        )

    def read(self, readings: Mapping[str, Reading], *receipts: Receipt) -> None:
        self.loader.follow(ENDPOINT, readings)
        for each in receipts:
            self.loader.take(each, 0.0)
            if self.commits:
                self.loader.flush()
        self.loader.flush()

    def whole(self, account: str) -> Reading:
        return whole_reading(self.ledger.mark(ENDPOINT.name, account), HORIZON)


def shown(account: str, first: int, last: int, *rows: Mapping[str, object]) -> Receipt:
    """What *account* shows of these days."""
    came = receipt(first, last)
    assert came.answer
    answer = replace(came.answer, batch=batch(*rows), drift=Counter())
    return replace(came, parent_id=account, rows=len(rows), answer=answer)


@pytest.fixture(params=[False, True], ids=["one package", "a package a window"])
def commits(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_d3_the_share_is_of_the_rows_that_were_there_as_the_run_began(commits):
    """Ten new rows do not make it half of twenty that are gone."""
    with memory_store() as store:
        fill(store, *(row(f"old{day}", "a", day=day) for day in range(10)))
        night = Night(store, commits, share=0.5)
        new = [row(f"new{day}", "a", day=day) for day in range(10)]
        night.read({"a": night.whole("a")}, shown("a", 0, 50, *new), shown("a", 51, 105))
        assert len(store.read(ENDPOINT.schema)) == 20
        assert [error.code for error in night.report.errors] == ["removals"]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_d6_an_exchange_that_both_accounts_miss_is_looked_for_in_both_histories(commits, order):
    """Tonight it is a fee of one of them, on another day."""
    with memory_store() as store:
        fill(store, fx("r", "a", "b", day=97), row("x", "a", day=96), row("y", "b", day=96))
        night = Night(store, commits)
        look_backs = {name: replace(night.whole(name), span=Window(on(90), on(105)), whole=False) for name in order}
        there = {"a": row("x", "a", day=96), "b": row("y", "b", day=96)}
        night.read(look_backs, *(shown(name, 90, 105, there[name]) for name in order))
        question = Settle(ENDPOINT)
        night.loader.answer(question)
        assert sorted(question.answer.missed) == ["a", "b"]

        moved = {"a": [row("r", "a", day=5)], "b": []}
        whole = {name: night.whole(name) for name in order}
        night.read(whole, *(shown(name, 0, 105, there[name], *moved[name]) for name in order))
        assert {*store.read(ENDPOINT.schema)} == {"r", "x", "y"}


def test_a_row_that_moves_to_another_account_was_first_seen_when_it_was(commits):
    """Though a package that is committed before has removed it."""
    with memory_store() as store:
        fill(store, row("r", "a", day=5), row("x", "b", day=6))
        before = store.read(ENDPOINT.schema)["r"]["first_seen_at"]
        night = Night(store, commits)
        here = shown("b", 0, 105, row("r", "b", day=5), row("x", "b", day=6))
        night.read({name: night.whole(name) for name in "ab"}, shown("a", 0, 105), here)
        moved = store.read(ENDPOINT.schema)["r"]
        assert (moved["first_seen_at"], moved["changed_at"]) == (before, NOW)
        assert [change["op"] for change in store.read(TRANSACTION_CHANGES).values()] == ["modified"]


def test_a_row_that_is_found_again_in_the_same_run_did_not_change(commits):
    """An answer had left it out; the feed says nothing of it, and nor do its stamps."""
    with memory_store() as store:
        rows = row("r", "a", day=5), row("x", "a", day=6)
        fill(store, *rows)
        before = store.read(ENDPOINT.schema)["r"]
        night = Night(store, commits)
        night.read({"a": night.whole("a")}, shown("a", 0, 105, rows[1]))
        night.read({"a": night.whole("a")}, shown("a", 0, 105, *rows))
        assert store.read(ENDPOINT.schema)["r"] == before
        assert store.read(TRANSACTION_CHANGES) == {}


ORDERS = [
    pytest.param([(0, 49), (50, 50), (51, 105)], id="oldest first"),
    pytest.param([(0, 49), (51, 105), (50, 50)], id="one in doubt comes last"),
    pytest.param([(51, 105), (50, 50), (0, 49)], id="newest first"),
    pytest.param([(50, 50), (51, 105), (0, 49)], id="the oldest last"),
]


@pytest.mark.parametrize("order", ORDERS)
def test_d3_a_row_whose_days_are_in_several_windows_is_gone_in_whatever_order_they_come(commits, order):
    """None of them shows it; those that one of them does show stay."""
    dates = {"gone": (49, 51), "first": (49, 51), "last": (49, 51), "between": (50, 51), "before": (20, 21)}
    with memory_store() as store:
        rows = {name: row(name, "a", trade_date=on(one), value_date=on(two)) for name, (one, two) in dates.items()}
        fill(store, *rows.values())
        night = Night(store, commits)
        shows = {(0, 49): ["first", "before"], (50, 50): ["between"], (51, 105): ["last"]}
        windows = [shown("a", *window, *(rows[name] for name in shows[window])) for window in order]
        night.read({"a": night.whole("a")}, *windows)
        assert {*store.read(ENDPOINT.schema)} == {"first", "last", "between", "before"}


@pytest.mark.parametrize("order", ORDERS)
def test_d7_a_row_without_a_day_is_gone_in_whatever_order_the_windows_come(commits, order):
    """And one that names a day that nobody asked for is asked for."""
    with memory_store() as store:
        fill(
            store,
            row("none", "a", trade_date=None, value_date=None),
            row("half", "a", day=30, value_date=None),
            row("far", "a", day=3000),
            row("there", "a", trade_date=None, value_date=on(50)),
        )
        night = Night(store, commits)
        there = row("there", "a", trade_date=None, value_date=on(50))
        windows = [shown("a", *window, *([there] if window == (50, 50) else [])) for window in order]
        night.read({"a": night.whole("a")}, *windows)
        question = Remaining()
        night.loader.answer(question)
        assert {*store.read(ENDPOINT.schema)} == {"far", "there"}
        assert question.answer.far == {ENDPOINT.name: {"a": {on(3000)}}}
