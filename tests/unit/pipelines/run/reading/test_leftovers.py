"""Ids that may have two contents, asked for once more (D8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from pipelines.compare.rows.findings import Missed
from pipelines.ledger.ledger import Doubled, Ledger
from pipelines.run.events import Confronted, Doubts, Noticed, Remaining
from pipelines.run.reading.conflicts import confront, rounds
from pipelines.run.reading.leftovers import Leftovers
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import By
from sources.aleta.errors import UnavailableError
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt, Status
from tests.apis import answered
from tests.fakes import NOON
from tests.stores import on
from tests.unit.pipelines.compare.stored import batch, row

TRANSACTIONS = CATALOGUE["transactions"]
DAY = Window(on(5), on(5))
WHOLE = Window(on(0), on(900))


@dataclass
class FakeAsks:
    """An API that shows *has*: of each parent, rows; of those that *fail*, nothing."""

    has: Mapping[str, list[dict[str, object]]]
    fail: frozenset[str] = frozenset()
    fail_beyond: frozenset[str] = frozenset()  # when days beyond their histories are read
    left: frozenset[str] = frozenset()  # gone for good
    distrusted: dict[str, Window] = field(default_factory=dict)
    looked: list[Mapping[str, Window]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    days: list[Mapping[str, Window]] = field(default_factory=list)

    def listed(self, _):
        return self.has.keys()

    def is_gone(self, _, parent):
        return parent in self.left

    def whole(self, *_):
        return WHOLE

    def look(self, _, spans):
        self.looked.append(spans)
        return iter([self._receipt(parent, window) for parent, window in spans.items()])

    def read_whole(self, _, parents, watch=lambda _: None):
        self.read += parents
        for parent in parents:
            watch(self._receipt(parent, WHOLE))

    def read_days(self, _, spans, watch=lambda _: None):
        self.days.append(spans)
        self.fail |= self.fail_beyond
        for parent, window in spans.items():
            watch(self._receipt(parent, window))

    def distrust(self, _, parents):
        self.distrusted |= parents

    def _receipt(self, parent: str, window: Window) -> Receipt:
        rows = [each for each in self.has[parent] if each["trade_date"] in window]
        failed = parent in self.fail
        return Receipt(
            endpoint=TRANSACTIONS,
            parent_id=parent,
            window=window,
            status=Status.FAILED if failed else Status.COMPLETE,
            rows=len(rows),
            fetched_at=NOON,
            answer=None if failed else answered(batch(*rows), NOON),
            error=UnavailableError("down") if failed else None,
        )


def asked(api: FakeAsks, parents: Doubled, *, new: bool = False, narrowed: bool = False) -> Confronted:
    return confront(api, TRANSACTIONS, {"1": parents}, new={"1"} if new else (), narrowed=narrowed)


BOTH: Doubled = {"A": DAY, "B": DAY}


def test_d8_a_conflict_that_stands_costs_a_request_of_each():
    """D8: both show the id on the days where they had it, with two contents; nothing more is read."""
    api = FakeAsks({"A": [row("1", "A")], "B": [row("1", "B")]})
    found = asked(api, BOTH)
    assert (found.standing, set(found.over), api.looked, api.read) == ({"1"}, set(), [BOTH], [])


def test_d8_one_content_in_both_is_no_conflict():
    """D8: it was edited between two readings of this run; one that is remembered must still be loaded."""
    same = FakeAsks({"A": [row("1", "A")], "B": [row("1", "A")]})
    assert (asked(same, BOTH, new=True).over, same.read) == ({"1"}, [])
    assert (asked(same, BOTH).over, same.read) == ({"1"}, ["A", "B"])


def test_d8_who_does_not_show_it_there_is_read_whole():
    """D8: it may have moved to other days: then it stands; or it is nowhere else."""
    moved = FakeAsks({"A": [row("1", "A", day=70)], "B": [row("1", "B")]})
    assert (asked(moved, BOTH).standing, moved.read) == ({"1"}, ["A", "B"])
    gone = FakeAsks({"A": [], "B": [row("1", "B")]})
    assert (asked(gone, BOTH, new=True).over, gone.read) == ({"1"}, ["A", "B"])


def test_d8_of_what_is_asked_day_by_day_only_the_days_are_read_again():
    """D8: the day is part of the key, and the history would be a request for each of its days: 20,000 since 1970."""
    by_day = replace(TRANSACTIONS, dates=replace(TRANSACTIONS.dates, by=By.DAY))
    api = FakeAsks({"A": [row("1", "A")]})
    found = confront(api, by_day, {"1": {"A": DAY}}, new=(), narrowed=False)
    assert (found.standing, set(found.over), api.read, api.days) == (set(), {"1"}, [], [{"A": DAY}])


def test_d8_who_cannot_be_asked_leaves_it_open():
    """D8: neither sure nor over, whether the read failed or the account is not listed and not known to be gone."""
    failing = FakeAsks({"A": [row("1", "A")], "B": [row("1", "B")]}, fail=frozenset("A"))
    unlisted = FakeAsks({"B": [row("1", "B")]})
    for api in (failing, unlisted):
        found = asked(api, BOTH)
        assert (set(found.standing), set(found.over)) == (set(), set())
    left = FakeAsks({"B": [row("1", "B")]}, left=frozenset("A"))
    assert (asked(left, BOTH).over, left.read) == ({"1"}, ["B"])


def test_d8_a_row_beyond_the_history_that_cannot_be_loaded_leaves_it_open():
    """D8: the other has it no more, but the run ends without the one that is left."""
    far = Window(on(3000), on(3000))
    for down, over in ((frozenset(), {"1"}), (frozenset("A"), set())):
        api = FakeAsks({"A": [row("1", "A", day=3000)], "B": []}, fail_beyond=down)
        found = asked(api, {"A": far, "B": DAY})
        assert (found.standing, set(found.over), api.days) == (set(), over, [{"A": far}])


def test_d8_what_hangs_below_other_clients_is_not_asked():
    """`--client`: only what neither of its accounts can be asked for in is somebody else's matter."""
    api = FakeAsks({"A": [row("1", "A")]})
    assert asked(api, {"X": DAY, "Y": DAY}, narrowed=True).elsewhere == {"1"}
    assert asked(api, {"A": DAY, "Y": DAY}, narrowed=True).elsewhere == set()
    assert api.looked == []


@pytest.mark.parametrize(
    ("days", "beyond"),
    [(None, []), (Window(on(0), on(3000)), [{"A": Window(on(3000), on(3000))}])],
    ids=["none", "far"],
)
def test_d8_where_no_narrow_window_is_known_the_whole_history_is_asked(days, beyond):
    """D8: a row that names no day, or days that are years apart: these by themselves, which may lie beyond it."""
    api = FakeAsks({"A": [row("1", "A")], "B": [row("1", "B")]})
    assert asked(api, {"A": days, "B": DAY}).standing == {"1"}
    assert api.looked == [{"A": WHOLE, "B": DAY}, *beyond]


def test_d8_a_row_that_names_no_day_is_asked_for_where_the_other_has_it_beyond_all_histories():
    """D8: a backfill of a day ahead showed both, in two runs."""
    far = Window(on(2000), on(2000))
    api = FakeAsks({"A": [row("1", "A", day=2000)], "B": [row("1", "B", day=2000)]})
    assert asked(api, {"A": None, "B": far}).standing == {"1"}
    assert api.looked == [{"A": WHOLE, "B": far}, {"A": far}]


def test_d8_what_a_day_beyond_the_history_showed_stands_beside_what_the_history_shows():
    """D8: the one is looked at by itself; the other has moved within its history, which is read."""
    far = Window(on(2000), on(2000))
    api = FakeAsks({"A": [row("1", "A", day=2000)], "B": [row("1", "B", day=1)]})
    assert asked(api, {"A": far, "B": far}).standing == {"1"}
    assert api.read == ["A", "B"]


def test_days_of_one_parent_are_asked_in_few_windows():
    """What lies within a year is one window; what lies further apart is asked in another round."""
    near, far = Window(on(30), on(31)), Window(on(4000), on(4001))
    assert [*rounds({"A": [near, far, DAY], "B": [DAY]})] == [{"A": Window(on(5), on(31)), "B": DAY}, {"A": far}]


def test_d8_conflicts_are_remembered_with_their_days():
    """M4: they travel with dlt's state."""
    ledger = Ledger()
    ledger.note_conflict("transactions", "1", {"A": DAY, "B": None})
    ledger.note_conflict("transactions", "1", {"A": Window(on(9), on(9)), "C": DAY})
    ledger.note_conflict("transactions", "2", BOTH)
    ledger.forget_conflicts("transactions", ["2", "3"])

    known = {"A": Window(on(5), on(9)), "B": None, "C": DAY}
    assert Ledger.from_state(ledger.to_state()).conflicts == {"transactions": {"1": known}}


def last_questions(asks: FakeAsks, *doubts: Doubts) -> list[object]:
    """What a run tells at its end, where this is left open, one time after the other."""
    told, left = [], list(doubts)

    def put(event):
        if isinstance(event, Remaining):
            event.answer = left.pop(0) if left else Doubts()
        else:
            told.append(event)

    Leftovers(asks=asks, endpoints=[TRANSACTIONS], put=put, wait=lambda _: None, narrowed=False).run()
    return told


def removed(*rows: tuple[str, str, int]) -> Doubts:
    found: dict[str, list[Missed]] = {}
    for parent, own_id, day in rows:
        found.setdefault(parent, []).append(Missed(id=own_id, parent_id=parent, window=Window(on(day), on(day))))
    return Doubts(removed={"transactions": found})


def test_d6_what_was_removed_is_asked_for_once_more_and_is_gone():
    """A request for each day; nothing else is asked."""
    asks = FakeAsks(has={"a": [row("other", day=5)], "b": []})

    assert last_questions(asks, removed(("a", "t", 5), ("a", "u", 90), ("b", "v", 5))) == []
    assert asks.looked == [
        {"a": Window(on(5), on(5)), "b": Window(on(5), on(5))},
        {"a": Window(on(90), on(90))},
    ]
    assert (asks.distrusted, asks.read) == ({}, [])


def test_d6_a_row_that_another_account_has_now_is_gone_from_the_one_that_had_it():
    """`t` moved from a to b, and `u` from b to c, on one day."""
    asks = FakeAsks(has={"a": [], "b": [row("t", day=5)], "c": [row("u", day=5)]})

    assert last_questions(asks, removed(("a", "t", 5), ("b", "u", 5))) == []
    assert asks.distrusted == {}


def test_d6_w6_a_row_that_was_removed_and_is_there_has_its_parent_read_again_and_strictly():
    """A whole history left it out, and its day shows it: the run says so, and is not complete."""
    asks = FakeAsks(has={"a": [row("t", day=5)], "b": [row("v", day=9)]})

    [told] = last_questions(asks, removed(("a", "t", 5), ("b", "u", 9)))

    assert isinstance(told, Noticed)
    assert (told.problem.code, told.problem.parent_id, told.problem.from_date) == ("cap", "a", f"{on(5)}")
    assert asks.distrusted == {"a": Window(on(5), on(5))}


def test_w7_who_showed_what_the_warehouse_has_not_is_read_whole_once():
    """However often it is said: the reading is the answer."""
    asks = FakeAsks(has={"a": [row("t", day=5)], "b": [], "c": []})
    news = [Doubts(sighted={"transactions": {parent: [DAY] for parent in parents}}) for parents in ("ab", "ac", "c")]

    assert last_questions(asks, *news) == []
    assert (sorted(asks.read), asks.days, asks.looked) == (["a", "b", "c"], [], [])


def test_w7_days_that_no_whole_history_reaches_are_read_besides():
    """A backfill read them, and its answer was the largest."""
    asks, beyond = FakeAsks(has={"a": []}), Window(on(2000), on(2009))
    news = Doubts(sighted={"transactions": {"a": [DAY, Window(on(890), on(910)), beyond]}})

    assert last_questions(asks, news) == []
    assert (asks.read, asks.days) == (["a"], [{"a": Window(on(901), on(910))}, {"a": beyond}])


def test_w7_what_is_shown_where_a_removed_row_is_asked_for_is_looked_at_too():
    """D6: whatever was asked for leads to one more question."""
    asks = FakeAsks(has={"a": [row("other", day=5)]})

    news = Doubts(sighted={"transactions": {"a": [DAY]}})

    assert last_questions(asks, removed(("a", "t", 5)), news) == []
    assert asks.read == ["a"]


@pytest.mark.parametrize(("day", "read"), [(2000, [{"B": Window(on(2000), on(2000))}]), (5, [])], ids=["far", "near"])
def test_d8_what_is_left_of_a_conflict_is_loaded_from_days_beyond_all_histories_too(day, read):
    """The account that the warehouse has it from has deleted it; the other's history does not reach its day."""
    api = FakeAsks({"A": [], "B": [row("1", "B", day=day)]})
    far = Window(on(day), on(day))
    assert asked(api, {"A": far, "B": far}).over == {"1"}
    assert (api.read, api.days) == (["A", "B"], read)


def test_d8_who_has_it_on_no_known_day_and_shows_it_where_the_other_had_it_is_loaded_from_there():
    """The other has deleted it, and no whole history reaches that day."""
    api, far = FakeAsks({"A": [], "B": [row("1", "B", day=2000)]}), Window(on(2000), on(2000))
    assert asked(api, {"A": far, "B": None}).over == {"1"}
    assert api.days == [{"B": far}]


def test_d8_a_row_without_days_is_asked_for_in_all_of_the_days_that_were_asked_for_at_once():
    """A backfill of more than a year showed it: it is listed on no end of that window."""
    wide = Window(on(1000), on(1400))
    api = FakeAsks({"A": [row("1", "A", day=1200)], "B": [row("1", "B", day=1200)]})
    assert asked(api, {"A": wide, "B": wide}).standing == {"1"}
