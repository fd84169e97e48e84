"""What a run asks, in which order, and what it tells whoever loads it; with an Aleta in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.ledger.ledger import Learned, Ledger
from pipelines.ledger.marks import Mark
from pipelines.run.events import Crawled, Following, Noticed, Settle, Taught, Visited
from pipelines.run.job import Job, nightly
from pipelines.run.reading.known import Known, references
from pipelines.run.reading.planners import planner_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import ForbiddenError, OverdueError
from sources.aleta.planning.questions import Proof
from sources.aleta.planning.windows import Window
from sources.aleta.reading.objects.walk import Listed
from tests.apis import booked
from tests.fakes import NOON
from tests.stores import on
from tests.unit.pipelines.run.reading.runs import DAY, NAMES, Run, Uneven, api, named, settings


def test_lists_come_first_then_each_endpoint_in_the_order_of_the_catalogue():
    """Objects that rows name are visited after what names them, and before what hangs below them."""
    events = Run(api(a=[named("t", "i1")])).events
    assert [type(event) for event in events[:4]] == [Listed, Listed, Listed, Crawled]
    told = [
        (type(event), event.endpoint.name) if isinstance(event, Following) else (Visited, event.listed.endpoint.name)
        for event in events
        if isinstance(event, Following | Visited)
    ]
    assert told == [(Following, "transactions"), (Visited, "instruments"), (Following, "prices")]


def test_an_instrument_met_in_this_run_s_rows_is_read_and_so_are_its_prices():
    """The night it is first booked."""
    run = Run(api(a=[named("t", "i1")], b=[booked("u", DAY)]))
    (visited,) = run.of(Visited)
    assert visited.listed.ids == ["i1"]
    assert run.rows("prices") == {"i1": 1}


def test_what_earlier_rows_name_is_known_too():
    """Also when tonight's rows do not name it; what the API showed last stays known when no row names it any more."""
    known = Known(named={"instruments": {"i1"}}, shown={"instruments": {"i2"}})
    run = Run(api(), known=known)
    assert sorted(own_id for visited in run.of(Visited) for own_id in visited.listed.ids) == ["i1", "i2"]
    assert run.rows("prices") == {"i1": 1, "i2": 0}


def test_an_object_is_visited_in_its_turn_and_what_hangs_below_it_is_read_all_the_same():
    """Read again after a week, but its prices every night."""
    names = {f"i{number:03}" for number in range(300)} | {"i1"}
    marks = {name: Mark(verified_at=NOON) for name in names}
    run = Run(api(), known=Known(shown={"instruments": names}), ledger=Ledger(marks={"instruments": marks}))
    assert [own_id for visited in run.of(Visited) for own_id in visited.listed.ids] == []
    assert run.rows("prices")["i1"] == 1


def test_a_gone_object_is_no_parent_any_more():
    """It is told as gone; its prices are not asked for."""
    run = Run(api(), known=Known(named={"instruments": {"i1", "i9"}}, shown={"instruments": {"i9"}}))
    assert [own_id for visited in run.of(Visited) for own_id in visited.listed.gone] == ["i9"]
    assert run.rows("prices").keys() == {"i1"}
    assert not [path for path in run.api.asked if "i9/prices" in path]


def test_without_clients_there_is_nothing_to_read():
    """The root of the tree ends the run with its own error."""
    broken = api()
    broken.says["/v2/clients"] = ForbiddenError("403")
    with pytest.raises(ForbiddenError):
        Run(broken)


def test_a_list_that_fails_elsewhere_does_not_stop_the_others():
    """F3: it is in its event, and what else is known goes on."""
    broken = api(a=[named("t", "i1")])
    broken.says["/v2/clients/c/legal-entities"] = ForbiddenError("403")
    run = Run(broken, known=Known(named={"instruments": {"i2"}}))
    assert [listed.endpoint.name for listed in run.of(Listed) if listed.problems] == ["legal_entities"]
    assert run.rows("prices") == {"i2": 0}


def test_an_account_that_the_operator_named_and_nobody_lists_is_told():
    """Once, and the other account is read."""
    job = Job(kind="backfill", choose=nightly, only=("a", "nobody"))
    run = Run(api(), job=job)
    assert [(notice.problem.resource, notice.problem.parent_id) for notice in run.of(Noticed)] == [
        ("accounts", "nobody")
    ]
    assert run.of(Noticed)[0].problem.code == "unknown"


BROKEN_OFF = Mark(
    covered=Window(settings().history_start, DAY - timedelta(days=200)), reading_since=NOON - timedelta(days=1)
)


@pytest.mark.parametrize(("mark", "asks"), [(Mark(), 0), (BROKEN_OFF, 1)], ids=["from-the-start", "goes-on"])
def test_d6_what_the_rest_of_a_history_missed_is_asked_for(mark, asks):
    """A reading that goes on where a run broke off is a part like any other: a row may have moved to what was read."""
    run = Run(api(), ledger=Ledger(marks={"transactions": {"a": mark}}))
    assert len([question for question in run.of(Settle) if question.endpoint.name == "transactions"]) == asks


def test_w6_where_the_cap_is_no_number_what_a_broken_off_reading_had_read_is_read_again():
    """An earlier run read it in a belief that does not hold."""
    rows = [booked(f"t{number}", DAY - timedelta(days=number)) for number in range(400)]
    marks = {"transactions": {"a": BROKEN_OFF}}
    run = Run(Uneven(says=api().says, rows={"a": rows}), names=NAMES[:4], ledger=Ledger(marks=marks))
    assert [bool(told.trials.noticed) for told in run.of(Taught) if told.ended] == [True]
    first, again = (told.readings["a"].span.first for told in run.of(Following))
    assert first > again == settings().history_start


@pytest.mark.parametrize("fails", [False, True])
def test_w3_where_reads_fail_a_larger_answer_of_an_earlier_run_stays_the_proof(fails):
    """The largest may be among them: small answers would be in doubt for ever after."""
    proof = Proof("a", Window(on(0), on(9)), 240)
    broken = api(a=[booked("t", DAY)], b=[booked("u", DAY)])
    if fails:
        broken.says["b"] = ForbiddenError("403")
    ledger = Ledger(learned={"transactions": Learned(known_cap=250, proof=proof)})
    (told,) = Run(broken, names=NAMES[:4], ledger=ledger).of(Taught)
    assert (told.learned.proof == proof) is fails


@pytest.mark.parametrize(
    ("parent", "fails", "stays"),
    [
        pytest.param("a", OverdueError("too late"), True, id="it cannot be read"),
        pytest.param("a", None, False, id="its rows are gone"),
        pytest.param("z", OverdueError("too late"), False, id="its account is gone"),
    ],
)
def test_w3_a_proof_that_cannot_be_read_is_not_lowered(parent, fails, stays):
    """No account is missing for it, and a small proof would have busy days in doubt for ever after."""
    proof, asked = Proof(parent, Window(on(0), on(9)), 240), []

    def trouble(account, first, last):
        if (account, first, last) == (parent, on(0), on(9)):
            asked.append(account)
            if fails:
                raise fails

    night = api(b=[booked(f"t{number}", DAY - timedelta(days=1)) for number in range(5)])
    night.trouble = trouble
    read = Mark(covered=Window(settings().history_start, DAY - timedelta(days=2)), verified_at=NOON)
    ledger = Ledger(learned={"transactions": Learned(proof=proof)}, marks={"transactions": {"a": read, "b": read}})
    (told,) = Run(night, names=NAMES[:4], ledger=ledger).of(Taught)

    assert asked == [parent]
    assert (told.learned.proof == proof) is stays


def test_what_is_learned_is_told_of_what_can_be_asked_in_parts():
    """There is nothing to learn of what is asked for day by day, or whole."""
    names = (*NAMES[:3], "transactions", "custodian_holdings", "instruments", "interest_rates")
    run = Run(api(a=[named("t", "i1")]), names=names)
    assert [event.resource for event in run.of(Taught)] == ["transactions"]


def test_a_planner_begins_with_what_was_learned():
    """W3 and W5: the cap, its proof, the widest window."""
    learned = Learned(known_cap=250, proof=Proof("a", Window(on(0), on(9)), 240), max_days=90)
    found = planner_of(CATALOGUE["prices"], Ledger(learned={"prices": learned}), settings())
    assert (found.cap.known, found.cap.divisible, found.proof, found.max_days) == (250, True, learned.proof, 90)


@pytest.mark.parametrize(("before", "configured", "after"), [(0, 2000, 0), (5000, 2000, 5000), (90, 0, 90)])
def test_w5_a_width_that_was_configured_is_not_kept_as_one_that_was_refused(before, configured, after):
    """The next run asks for the widest window again once it is configured no more (W1)."""
    ledger = Ledger(learned={"transactions": Learned(max_days=before)})
    run = Run(api(a=[booked("t", DAY)]), ledger=ledger, max_window_days=configured)
    assert [told.learned.max_days for told in run.of(Taught) if told.resource == "transactions"][-1] == after


@pytest.mark.parametrize(
    ("resource", "max_days"), [("custodian_holdings", 1), ("limit_status", 1), ("interest_rates", 0)]
)
def test_what_cannot_be_divided_borrows_the_caps_that_other_endpoints_showed(resource, max_days):
    """Day by day it is asked in days; whole in one piece. What was learned of itself is nothing."""
    ledger = Ledger(
        learned={
            "transactions": Learned(known_cap=250),
            "prices": Learned(known_cap=500),
            "holdings": Learned(),
            resource: Learned(max_days=30),
        }
    )
    found = planner_of(CATALOGUE[resource], ledger, settings(max_window_days=7))
    assert (found.cap.divisible, found.cap.elsewhere, found.max_days) == (False, {250, 500}, max_days)


def test_w4_a_day_in_doubt_may_be_cleared_by_its_own_history():
    """A window around it may reach back to the first day of all; so where the proof is of a client that is not read."""
    learned = Learned(proof=Proof("other", Window(on(0), on(9)), 240))
    ledger, tenant = Ledger(learned={"prices": learned}), settings(history_start=on(-500))
    found = planner_of(CATALOGUE["prices"], ledger, tenant, only={"a"})
    assert (found.proof, found.proofs.reach.first) == (None, on(-500))
    assert planner_of(CATALOGUE["prices"], ledger, tenant).proofs.reach.first == on(-500)


def test_a_cap_that_the_operator_set_holds_everywhere():
    """Also where nothing can be learned."""
    found = planner_of(CATALOGUE["interest_rates"], Ledger(), settings(row_cap=99))
    assert (found.cap.configured, found.cap.elsewhere) == (99, frozenset())


def test_references_are_the_columns_that_name_what_has_no_list():
    """Of the endpoints selected only."""
    selected = [CATALOGUE[name] for name in NAMES]
    assert [(endpoint.name, column) for endpoint, column in references(CATALOGUE["transactions"], selected)] == [
        ("instruments", "instrument_id")
    ]
    classes = references(CATALOGUE["instrument_holdings"], list(CATALOGUE.values()))
    assert [(endpoint.name, column) for endpoint, column in classes] == [
        ("instruments", "instrument_id"),
        ("instrument_classes_detailed", "instrument_class_detailed_id"),
        ("instrument_classes", "instrument_class_id"),
    ]
    assert references(CATALOGUE["clients"], selected) == []
