"""What a run makes of 404s, and of objects that rows name and no list shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.ledger.ledger import Ledger
from pipelines.ledger.marks import Mark
from pipelines.run.events import Away, Noticed, NotOffered, Refused, Visited
from pipelines.run.reading.known import Known
from sources.aleta.errors import ForbiddenError, UnavailableError
from sources.aleta.planning.windows import Window
from sources.aleta.reading.objects.walk import Listed
from sources.aleta.reading.rows.fetch import Receipt, Status
from tests.apis import booked, thing
from tests.fakes import NOON
from tests.stores import on
from tests.unit.pipelines.run.reading.runs import DAY, GONE, NAMES, Run, api, named

ONE_R = {"data": {"type": "reporting-entity", "id": "r"}}
BEFORE = Mark(covered=Window(on(0), on(1)), verified_at=NOON.replace(year=2025))


def test_an_endpoint_that_answers_404_to_everybody_is_told_as_not_offered():
    """Once, after the attempts; an endpoint that nobody was to be asked for is not."""
    rows = api(a=[named("t", "i1")])
    for path in ("/v3/instruments/i1", "/v3/instruments/i2"):
        del rows.says[path]
    assert [event.endpoint.name for event in Run(rows).of(NotOffered)] == ["instruments"]


def test_f2_one_of_many_that_is_shown_is_found_however_many_are_404():
    """Those of which rows name a hundred more come first, and none is there."""
    rows = api(a=[named("t", "i1"), *(named(f"t{number}", f"a{number:03}") for number in range(100))])
    run = Run(rows, row_cap=1000)
    assert [own_id for visited in run.of(Visited) for own_id in visited.listed.ids] == ["i1"]
    assert (run.rows("prices"), run.of(NotOffered)) == ({"i1": 1}, [])


def test_a_turn_of_objects_that_were_never_there_is_told_by_one_that_is():
    """A hundred come a night, those that were asked for longest ago: here none of them was ever there."""
    unknown = [f"a{number:03}" for number in range(100)]
    rows = api(a=[named("t", "i1"), *(named(f"t-{own_id}", own_id) for own_id in unknown)])
    read_at = {
        own_id: Mark(verified_at=NOON - timedelta(days=2), covered=Window(on(0), on(1))) for own_id in [*unknown, "i1"]
    }
    ledger = Ledger(marks={"instruments": read_at})
    run = Run(rows, row_cap=1000, known=Known(shown={"instruments": {"i1"}}), ledger=ledger)
    visits = [visited.listed for visited in run.of(Visited) if visited.listed.endpoint.name == "instruments"]
    assert sorted(own_id for listed in visits for own_id in listed.gone) == unknown
    assert [error for listed in visits for error in listed.problems] == []


def test_l2_an_instrument_that_was_404_in_its_turn_is_asked_for_every_night_and_its_prices_are_read_when_it_is_back():
    """Of more than a hundred the turn of a week would come first; the mark is that of the night of the 404."""
    others = [f"j{number:03}" for number in range(150)]
    rows = api(a=[named("t", "i1"), *(named(f"t-{own_id}", own_id) for own_id in others)])
    rows.says |= {f"/v3/instruments/{own_id}": thing(own_id) for own_id in others}
    read_at = {own_id: Mark(verified_at=NOON - timedelta(days=2)) for own_id in others}
    marks = {"instruments": read_at | {"i1": Mark(verified_at=NOON - timedelta(days=1))}, "prices": {"i1": BEFORE}}
    known = Known(shown={"instruments": set(others)}, removed={"instruments": {"i1": ""}})
    run = Run(rows, row_cap=1000, known=known, ledger=Ledger(marks=marks))
    assert run.rows("prices")["i1"] == 1


@pytest.mark.parametrize(("instruments", "asked"), [(100, True), (101, False)])
def test_what_was_not_offered_lately_is_asked_for_every_morning_where_that_is_few_requests(instruments, asked):
    """It may have its first rows now; of many it is told that nobody asked."""
    rows = api(a=[named(f"t{number}", f"i{number}") for number in range(instruments)])
    for path in ("/v3/instruments/i1", "/v3/instruments/i2"):
        del rows.says[path]
    run = Run(rows, row_cap=1000, ledger=Ledger(unoffered={"instruments": NOON - timedelta(days=1)}))
    assert [(event.endpoint.name, event.asked) for event in run.of(NotOffered)] == [("instruments", asked)]
    assert any("/instruments/" in path for path in run.api.asked) is asked


def test_what_a_sync_rests_on_is_never_told_as_not_offered():
    """A 404 to all transactions is everybody's failure."""
    broken = api()
    broken.says |= {"a": GONE, "b": GONE}
    run = Run(broken)
    assert run.of(NotOffered) == []
    assert {receipt.parent_id for receipt in run.of(Receipt) if receipt.status is Status.FAILED} == {"a", "b"}


@pytest.mark.parametrize("before", [Mark(), Mark(covered=Window(on(-9), on(-2)))], ids=["never", "by a killed run"])
@pytest.mark.parametrize("lately", [{}, {"prices": NOON - timedelta(days=1)}], ids=["", "told so"])
def test_f2_what_a_run_has_read_is_never_told_as_not_offered(before, lately):
    """It was killed, and has not kept under which name it was answered; tonight that part of the API is down."""
    down = api(a=[named("t", "i1")])
    del down.says["/v3/instruments/i1/prices"]
    ledger = Ledger(marks={"prices": {"i1": before, "i7": Mark(due=True)}}, unoffered=lately)
    run = Run(down, ledger=ledger)
    failed = {receipt.parent_id for receipt in run.of(Receipt) if receipt.status is Status.FAILED}
    assert ([event.endpoint.name for event in run.of(NotOffered)], failed) == (
        ["prices"] if before.blank else [],
        {"i1"},
    )


def prices_gone(mark: Mark) -> list[tuple[str, Status, int]]:
    """What becomes of i2, whose prices answer 404 while those of i1 are there, by what is known of it before."""
    half = api()
    half.says["/v3/instruments/i2/prices"] = GONE
    known = Known(shown={"instruments": {"i1", "i2"}})
    run = Run(half, known=known, ledger=Ledger(marks={"prices": {"i2": mark}}))
    return [
        (receipt.parent_id, receipt.status, receipt.rows) for receipt in run.of(Receipt) if receipt.parent_id == "i2"
    ]


def test_a_404_says_none_of_an_instrument_that_never_had_any():
    """At its first reading, and when it had none before."""
    assert prices_gone(Mark()) == [("i2", Status.COMPLETE, 0)]
    bare = Mark(covered=Window(on(0), on(1)), verified_at=NOON.replace(year=2025), bare=True)
    assert prices_gone(bare) == [("i2", Status.COMPLETE, 0)]


@pytest.mark.parametrize(
    ("marks", "failed"),
    [
        pytest.param({"i2": replace(BEFORE, bare=True)}, set(), id="had none"),
        pytest.param({"i2": replace(BEFORE, bare=True, due=True)}, {"i2"}, id="was away"),
        pytest.param({"i2": replace(BEFORE, bare=True), "i1": BEFORE}, {"i1", "i2"}, id="the other had some"),
        pytest.param({"i2": replace(BEFORE, bare=True), "i1": Mark()}, {"i1"}, id="the other is new"),
    ],
)
def test_f2_a_404_to_an_instrument_that_had_no_prices_says_so_again_though_nobody_is_answered(marks, failed):
    """The last one with prices is gone. Where another had some, and is 404 tonight, it may be the route."""
    nobody = api()
    nobody.says |= {f"/v3/instruments/{own_id}/prices": GONE for own_id in ("i1", "i2")}
    run = Run(nobody, known=Known(shown={"instruments": set(marks)}), ledger=Ledger(marks={"prices": marks}))
    receipts = [receipt for receipt in run.of(Receipt) if receipt.endpoint.name == "prices"]
    assert {receipt.parent_id for receipt in receipts} == set(marks)
    assert {receipt.parent_id for receipt in receipts if receipt.status is Status.FAILED} == failed


def test_d3_a_404_removes_nothing_of_an_instrument_that_had_prices():
    """D3: its object was not read tonight, so it may be gone itself."""
    priced = Mark(covered=Window(on(0), on(1)), verified_at=NOON.replace(year=2025))
    assert prices_gone(priced) == [("i2", Status.FAILED, 0)]


@pytest.mark.parametrize(("row_cap", "suspects"), [(0, []), (2, [("accounts", "l")]), (3, [])])
def test_l3_a_list_as_long_as_the_cap_that_the_operator_set_may_be_truncated(row_cap, suspects):
    """L3: the legal entity has two accounts, and no list is longer."""
    told = [notice.problem for notice in Run(api(), row_cap=row_cap).of(Noticed)]
    assert [(problem.resource, problem.parent_id) for problem in told] == suspects


def between(own_id: str, inflow: str, outflow: str) -> dict[str, object]:
    """A transfer that names both of its accounts."""
    ends = {"inflowAccount": {"data": {"id": inflow}}, "outflowAccount": {"data": {"id": outflow}}}
    return booked(own_id, DAY) | {"relationships": ends}


def transferred(**by_id: object) -> Run:
    """A night in which a row of account a names z, which is in no list; *by_id*: what accounts answer by their ids."""
    answers = api(a=[between("t", "a", "z")], z=[booked("u", DAY)])
    answers.says |= {f"/v2/accounts/{account}": said for account, said in by_id.items()}
    return Run(answers)


def account_problems(run: Run) -> list[str]:
    return [f"{error}" for listed in run.of(Listed) for error in listed.problems if listed.endpoint.name == "accounts"]


def test_l1_an_account_that_only_a_row_names_is_read_by_its_id_and_so_are_its_rows():
    """L1: its list left it out."""
    run = transferred(a=thing("a"), z=thing("z", legalEntity="l"))
    assert run.rows("transactions")["z"] == 1
    assert [notice.problem.code for notice in run.of(Noticed)] == ["truncated"]


def test_l1_a_reporting_entity_that_only_a_row_names_is_read_by_its_id_and_so_are_its_rows():
    """L1: whatever has lists, not the accounts alone; here the status of a limit names r, and its client does not."""
    status = {"type": "limit-status", "attributes": {"date": f"{DAY}"}, "relationships": {"reportingEntity": ONE_R}}
    answers = api()
    answers.says |= {
        "/v2/clients/c/limits": [thing("m")],
        "/v2/limits/m/status": [status],
        "/v2/clients/c/reporting-entities": [thing("q")],
        "/v2/reporting-entities/q": thing("q", client="c"),
        "/v2/reporting-entities/r": thing("r", client="c"),
        "/v2/performance/reporting-entities/q": [],
        "/v2/performance/reporting-entities/r": [{"type": "performance", "attributes": {"date": f"{DAY}"}}],
    }
    run = Run(answers, names=("clients", "limits", "reporting_entities", "limit_status", "performance"))
    assert {own_id for listed in run.of(Listed) for own_id in listed.ids if listed.by_id} == {"r"}
    assert run.rows("performance") == {"q": 0, "r": 1}


@pytest.mark.parametrize("refusal", [GONE, ForbiddenError("403")])
def test_l2_an_account_that_only_a_row_names_is_gone_where_a_listed_sibling_answers_by_its_id(refusal):
    """L2: it is not asked for again for some days."""
    run = transferred(a=thing("a"), z=refusal)
    assert account_problems(run) == []
    assert [(refused.resource, list(refused.ids)) for refused in run.of(Refused)] == [("accounts", ["z"])]


@pytest.mark.parametrize("refusal", [GONE, ForbiddenError("403")])
def test_l2_a_refusal_says_nothing_of_an_account_that_only_a_row_names_where_no_listed_one_answers_by_its_id(refusal):
    """L2: no account answers by its id, so this one may be there: it is a failed read, and is asked for every night."""
    run = transferred(a=refusal, z=refusal)
    assert account_problems(run) == [f"{refusal}"]
    assert run.of(Refused) == []
    assert run.api.asked["/v2/accounts/z"] == 1


def test_l2_an_account_that_was_removed_lately_is_asked_for_by_every_run():
    """L2: of what was never shown, a refusal is remembered."""
    answers = api(a=[booked("t", DAY)])
    answers.says |= {"/v2/accounts/a": thing("a")}
    run = Run(answers, known=Known(removed={"accounts": {"z": "l"}}))
    assert run.api.asked["/v2/accounts/z"] == 1
    assert (account_problems(run), run.of(Refused)) == ([], [])


def test_f3_a_client_that_no_list_shows_and_that_fails_by_its_id_stops_no_other():
    """Only where no list of clients was read, nothing can be read."""
    left_out = api(a=[booked("t", DAY)])
    left_out.says["/v2/clients/d"] = UnavailableError("500")
    run = Run(left_out, known=Known(members={"clients": {"c": "", "d": ""}}))
    assert [type(error) for event in run.of(Listed) for error in event.problems] == [UnavailableError]
    assert run.rows("transactions") == {"a": 1, "b": 0}


def test_l2_what_was_there_and_is_gone_with_its_parent_is_not_called_not_offered():
    """Its client is gone, and every request for its kind is 404; a killed run had not kept where that was found."""
    answers = api()
    answers.says |= {"/v2/clients/d": GONE, "/v2/clients/c/reporting-entities": GONE, "/v2/reporting-entities/q": GONE}
    members = {"clients": {"c": "", "d": ""}, "reporting_entities": {"q": "d"}}
    run = Run(answers, names=("clients", "reporting_entities"), known=Known(members=members))
    assert [own_id for listed in run.of(Listed) for own_id in listed.gone] == ["d", "q"]
    assert run.of(NotOffered) == []


@pytest.mark.parametrize("read", [True, False], ids=["in-this-run", "left-out"])
def test_l4_what_hangs_below_an_object_that_is_gone_is_told_whoever_reads_it(read):
    """A night without prices may be the one in which their instrument is gone: they are due when it is back."""
    rows = api(a=[named("t", "i1"), named("t2", "i2")])
    del rows.says["/v3/instruments/i2"]
    before = Mark(verified_at=NOON - timedelta(days=2), covered=Window(on(0), on(1)))
    ledger = Ledger(marks={name: {"i1": before, "i2": before} for name in ("instruments", "prices")})
    names = NAMES if read else tuple(name for name in NAMES if name != "prices")

    run = Run(rows, names=names, row_cap=1000, known=Known(shown={"instruments": {"i1", "i2"}}), ledger=ledger)

    assert [(event.resource, list(event.ids)) for event in run.of(Away)] == [("prices", ["i2"])]
