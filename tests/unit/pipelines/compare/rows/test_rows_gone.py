"""When a row counts as gone (D3, D4)."""

from dataclasses import replace

import pytest

from pipelines.compare.rows.differences import differences
from pipelines.compare.rows.findings import Conflict, Loss
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from tests.stores import on
from tests.unit.pipelines.compare.stored import RUN, batch, compare, fill, fx, proof, removed, row


@pytest.mark.parametrize(
    ("trade", "value", "gone"),
    [
        pytest.param(2, 8, True, id="both-inside"),
        pytest.param(2, 9, False, id="value-date-behind-the-span"),
        pytest.param(1, 8, False, id="trade-date-before-the-span"),
        pytest.param(9, 1, False, id="both-outside"),
        pytest.param(5, None, False, id="only-one-date-and-that-inside"),
        pytest.param(None, None, False, id="no-date"),
    ],
)
def test_d3_a_row_is_gone_only_if_both_its_dates_are_proven(store, trade, value, gone):
    """Which date filters is unknown, so a row may be missed only where all its dates were asked for."""
    fill(store, row("1", trade_date=trade and on(trade), value_date=value and on(value)))
    found = compare(store, [], [proof(first=2, last=8)])
    assert removed(found) == ({"1"} if gone else set())


def test_d3_what_an_earlier_package_compared_is_not_compared_again(store):
    """Rows that lie wholly before the days this package adds are settled: its answers do not hold them."""
    fill(store, row("old", day=3), row("reaches", trade_date=on(3), value_date=on(6)))
    found = compare(store, [], [proof(first=0, last=10, new=Window(on(6), on(10)))])
    assert removed(found) == {"reaches"}


def test_d3_a_row_that_an_earlier_package_brought_is_not_gone(store):
    """A row listed in one package by its trade date is not missed in the next, where its value date lies."""
    fill(store, row("1", trade_date=on(3), value_date=on(6)))
    assert removed(compare(store, [], [proof(new=Window(on(6), on(10)))], seen_before=["1"])) == set()


def test_d3_an_account_that_was_not_read_removes_nothing(store):
    """Gone, forbidden or failing: nothing is proven of it, so its rows stay."""
    fill(store, row("1", "A"), row("2", "B"))
    assert removed(compare(store, [], [proof("A")])) == {"1"}


def test_d3_a_row_that_moved_to_another_account_is_modified_not_removed(store):
    """An id in any answer of the package is there, whoever's answer it is."""
    fill(store, row("1", "A"))
    found = compare(store, [batch(row("1", "B"))], [proof("A"), proof("B")])
    assert found.counts == {"added": 0, "modified": 1, "unchanged": 0, "removed": 0}


@pytest.mark.parametrize("account", ["A", "B"])
def test_d3_an_fx_spot_is_gone_when_either_account_misses_it(store, account):
    """It is listed under both its accounts, so either one's answer tells."""
    fill(store, fx("x", "A", "B"))
    found = compare(store, [], [proof(account)])
    assert removed(found) == {"x"}
    assert found.counts["removed"] == 1


def test_d3_an_fx_spot_that_both_accounts_miss_is_removed_once(store):
    """Two parents that miss one row make one removal and one line in the feed."""
    fill(store, fx("x", "A", "B"))
    found = compare(store, [], [proof("A"), proof("B")])
    assert (found.rows.data.num_rows, found.changes.data.num_rows, found.counts["removed"]) == (1, 1, 1)


def test_d3_an_fx_spot_listed_under_one_account_is_not_gone_from_the_other(store):
    """The two accounts' answers are one package: what one lists is there."""
    fill(store, fx("x", "A", "B"))
    assert removed(compare(store, [batch(fx("x", "A", "B"))], [proof("A"), proof("B")])) == set()


@pytest.mark.parametrize(("share", "gone"), [(0.5, 2), (0.49, 0), (1.0, 2), (0.0, 0)])
def test_d3_more_than_the_share_of_an_account_gone_at_once_is_not_believed(store, share, gone):
    """Two of four rows gone: just the share is removed, more than it is doubted, and the doubt names the account."""
    fill(store, row("1"), row("2"), row("3"), row("4", day=30), row("5", "B"))
    found = compare(store, [batch(row("3"))], [proof()], run=replace(RUN, max_removed_share=share))
    assert found.counts["removed"] == len(removed(found)) == gone
    assert list(found.suspicions) == ([] if gone else [Loss(parent_id="A", gone=2, rows=4)])


@pytest.mark.parametrize(("lost", "gone"), [(1, 1), (2, 0)])
def test_d3_what_earlier_packages_of_the_run_removed_counts_too(store, lost, gone):
    """Rows that go one by one, each with the day that is read by itself, are as many as if they went at once."""
    fill(store, row("1"), row("2"))
    found = compare(store, [batch(row("2"))], [proof(lost=lost, had=4)], run=replace(RUN, max_removed_share=0.5))
    assert found.counts["removed"] == gone
    assert [(loss.gone, loss.rows) for loss in (*found.losses, *found.suspicions)] == [(lost + 1, 4)]
    assert bool(found.suspicions) is not bool(gone)


def test_d3_an_account_in_doubt_does_not_hold_back_the_others(store):
    """The rows of one account are doubted; the other's single row of three goes."""
    fill(store, row("1", "A"), *(row(f"b{number}", "B") for number in range(3)))
    found = compare(
        store,
        [batch(row("b0", "B"), row("b1", "B"))],
        [proof("A"), proof("B")],
        run=replace(RUN, max_removed_share=0.5),
    )
    assert removed(found) == {"b2"}
    assert [suspicion.parent_id for suspicion in found.suspicions] == ["A"]


def test_d3_an_fx_spot_counts_as_missed_by_each_of_its_accounts(store):
    """All of a small account's rows gone is doubted, even where they are few of the large account's."""
    fill(store, fx("x", "A", "Z"), *(row(f"a{number}", "A") for number in range(9)))
    kept = batch(*(row(f"a{number}", "A") for number in range(9)))
    found = compare(store, [kept], [proof("A"), proof("Z")], run=replace(RUN, max_removed_share=0.5))
    assert removed(found) == set()
    assert list(found.suspicions) == [Loss(parent_id="Z", gone=1, rows=1)]


def test_d4_a_window_that_became_empty_removes_its_rows(store):
    """An answer without rows is an answer."""
    fill(store, row("1"), row("2"), row("3", day=20))
    found = compare(store, [batch()], [proof()])
    assert removed(found) == {"1", "2"}


def dated(trade: int | None, value: int | None) -> dict[str, object]:
    days = {"trade_date": trade, "value_date": value}
    return row("1", **{name: on(day) if day is not None else None for name, day in days.items()})


@pytest.mark.parametrize(("trade", "value"), [pytest.param(None, None, id="no-date"), pytest.param(5, None, id="one")])
def test_d7_a_row_that_names_no_further_day_is_gone_when_the_whole_history_does_not_list_it(store, trade, value):
    """D7: no window is left to ask for; listed in none, it is gone, and not before the last is read."""
    fill(store, dated(trade, value))
    whole = proof(first=0, last=100)

    assert removed(compare(store, [], [whole])) == set()
    assert removed(compare(store, [], [replace(whole, ended=True)], seen_before=["1"])) == set()
    assert removed(compare(store, [batch(dated(trade, value))], [replace(whole, ended=True)])) == set()
    found = compare(store, [], [replace(whole, ended=True)])
    assert (removed(found), found.unasked) == ({"1"}, [])


@pytest.mark.parametrize(
    ("trade", "value", "days"),
    [
        pytest.param(5, 3000, {3000}, id="value-date-years-ahead"),
        pytest.param(-3000, 5, {-3000}, id="trade-date-years-ago"),
        pytest.param(3000, 3001, {3000, 3001}, id="both-years-ahead"),
        pytest.param(None, 120, {120}, id="the-only-date-ahead"),
    ],
)
def test_d7_a_row_is_not_gone_while_a_day_that_it_names_was_not_asked_for(store, trade, value, days):
    """D7: a backfill may have brought it from there, and the API may list it there still."""
    fill(store, dated(trade, value))
    whole = replace(proof(first=0, last=100), ended=True)
    found = compare(store, [], [whole])

    assert removed(found) == set()
    assert [(left.id, left.parent_id, left.days) for left in found.unasked] == [("1", "A", {on(day) for day in days})]
    assert compare(store, [batch(dated(trade, value))], [whole]).unasked == []
    assert compare(store, [], [whole], seen_before=["1"]).unasked == []
    assert compare(store, [], [replace(whole, ended=False)]).unasked == []


def test_d6_what_a_partial_reading_misses_is_looked_for_and_not_removed(store):
    """D6: an edit may have moved it out of what was read."""
    fill(store, row("moved", day=5), row("dateless", trade_date=on(5), value_date=None), row("elsewhere", day=50))
    part = replace(proof(first=2, last=8), settles=False, reach=Window(on(0), on(100)))
    found = compare(store, [], [part])

    assert removed(found) == set()
    assert [(missed.id, missed.parent_id, missed.window) for missed in found.missed] == [
        ("dateless", "A", Window(on(5), on(5))),
        ("moved", "A", Window(on(5), on(5))),
    ]


def test_d8_one_id_with_two_contents_in_two_accounts_is_a_conflict(store):
    """D8: the newer reading is kept, and somebody is told; the same content twice is an fx-spot, and fine."""
    mine, other = row("1", day=5, account_id="A"), row("1", day=5, account_id="B")

    assert [conflict.id for conflict in compare(store, [batch(mine), batch(other)], []).conflicts] == ["1"]
    assert compare(store, [batch(mine), batch(mine)], []).conflicts == []


def test_d8_both_accounts_of_an_fx_spot_may_tell_different_things(store):
    """D8: the row names the same two accounts in both answers; two answers of one account are an edit."""
    mine, other = fx("1", "A", "B"), fx("1", "A", "B") | {"comment": "another"}

    assert [conflict.id for conflict in compare(store, [batch(mine), batch(other)], [], asked="AB").conflicts] == ["1"]
    assert compare(store, [batch(mine), batch(other)], [], asked="AA").conflicts == []


def test_d8_what_a_row_without_its_days_stands_for_is_asked_where_it_was_shown(store):
    """D8: which may be beyond the whole history, that a row of no day is asked for in otherwise."""
    fill(store, row("1", "A", day=5))
    answer, shown = batch(row("1", "B") | {"trade_date": None}), Window(on(3000), on(3002))
    [conflict] = differences(
        store, CATALOGUE["transactions"], [answer], [], asked=[("B", shown)], seen_before=(), run=RUN
    ).conflicts

    assert conflict.parents == {"A": Window(on(5), on(5)), "B": shown}


def test_d8_a_row_that_another_account_had_may_be_there_still(store):
    """D8: the other account was not asked for its days, be it that an earlier run brought the row or this one."""
    fill(store, row("1", "A", day=5))
    [conflict] = compare(store, [batch(row("1", "B", day=7))], [proof("B")]).conflicts

    assert conflict == Conflict(
        id="1", parents={"A": Window(on(5), on(5)), "B": Window(on(7), on(7))}, unasked=frozenset("A")
    )
    assert compare(store, [batch(row("1", "A", day=6))], []).conflicts == []


@pytest.mark.parametrize(
    ("reading", "may_be_there"),
    [
        pytest.param(proof("A"), False, id="asked-in-the-same-package"),
        pytest.param(proof("A", last=4), True, id="asked-for-other-days"),
        pytest.param(proof("A", new=Window(on(6), on(10))), True, id="asked-for-them-in-an-earlier-package"),
    ],
)
def test_d8_a_row_moved_if_the_account_that_had_it_was_asked(store, reading, may_be_there):
    """D8: it does not show the row on the days where it had it, in an answer that is compared here."""
    fill(store, row("1", "A", day=5))
    found = compare(store, [batch(row("1", "B", day=5))], [reading, proof("B")])
    assert bool(found.conflicts) is may_be_there
    assert found.counts["modified"] == 1


def test_d8_what_an_fx_spot_says_in_one_account_is_asked_in_the_other(store):
    """D8: one of its accounts shows it changed; the other was not asked."""
    fill(store, fx("1", "A", "B"))
    [conflict] = compare(store, [batch(fx("1", "A", "B") | {"comment": "another"})], [proof("A")]).conflicts
    assert (conflict.id, conflict.unasked) == ("1", {"B"})
    assert compare(store, [batch(fx("1", "A", "B"))], [proof("A")]).conflicts == []


@pytest.mark.parametrize(("other", "doubted"), [("B", False), ("C", True)], ids=["an-edit", "another-account"])
def test_d8_of_some_clients_alone_an_exchange_that_names_the_other_account_still_was_edited(store, other, doubted):
    """Nobody of the other client is asked; a run that reads both tells of two contents."""
    fill(store, fx("1", "A", "B"))
    run = replace(RUN, clients=("c",))
    found = compare(store, [batch(fx("1", "A", other) | {"comment": "edited"})], [proof("A")], run=run)
    assert bool(found.conflicts) is doubted
    assert found.counts["modified"] == 1


def test_an_fx_spot_with_an_account_that_is_not_read_is_not_gone(store):
    """`--client`: the other account may still list it, and nobody asked there."""
    fill(store, fx("x", "A", "B"), fx("y", "A", "C"), row("z", "A"))
    found = differences(
        store, CATALOGUE["transactions"], [], [proof("A")], asked=[], seen_before=(), run=RUN, readable=["A", "C"]
    )
    assert removed(found) == {"y", "z"}


def test_d6_of_what_is_removed_the_quietest_rows_are_told_a_few_of_each_parent(store):
    """Those that name the fewest days; whoever has days a month apart cannot be asked for by itself."""
    far = row("far", day=1) | {"value_date": on(60)}
    wide = row("wide", day=2) | {"value_date": on(9)}
    fill(store, far, wide, *(row(own_id, day=3) for own_id in "abcd"), row("z", "B"), row("kept", "B"))
    found = compare(
        store, [batch(row("kept", "B"))], [proof(last=70, settles=True), proof("B", settles=True)], asked=["B"]
    )

    assert removed(found) == {"far", "wide", "a", "b", "c", "d", "z"}
    assert [(each.parent_id, each.id, each.window) for each in found.removed] == [
        ("A", own_id, Window(on(3), on(3))) for own_id in "abc"
    ] + [("B", "z", Window(on(5), on(5)))]
