"""What a run asks, in which order, and what it tells whoever loads it; with an Aleta in memory."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from pipelines.ledger.ledger import Learned, Ledger
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Horizon
from pipelines.report.progress import Screen
from pipelines.run.events import Crawled, Event, Following, Noticed, NotOffered, Refused, Taught, Visited
from pipelines.run.job import SYNC, Job, nightly
from pipelines.run.reading.fetching import Fetching
from pipelines.run.reading.known import Known, references
from pipelines.run.reading.planners import planner_of
from pipelines.run.unoffered import Unoffered
from pipelines.settings import TenantSettings
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import ForbiddenError, ParentGoneError
from sources.aleta.planning.questions import Proof
from sources.aleta.planning.windows import Window
from sources.aleta.reading.objects.walk import Listed
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Receipt, Status
from tests.apis import FakeApi, booked, thing
from tests.fakes import NOON, FakeClock
from tests.stores import on

NAMES = ("clients", "legal_entities", "accounts", "transactions", "instruments", "prices", "instrument_classes")
DAY = NOON.date()
GONE = ParentGoneError("404")


class Says(dict):
    """What is not said is a 404."""

    def get(self, path, _=None):
        return super().get(path, GONE)


def named(own_id: str, instrument: str) -> dict[str, object]:
    """A transaction that names an instrument."""
    return booked(own_id, DAY) | {"relationships": {"instrument": {"data": {"type": "bond", "id": instrument}}}}


def api(**rows: list[dict[str, object]]) -> FakeApi:
    """A client with two accounts that hold *rows*, and two instruments, of which one has a price."""
    price = {"type": "price", "id": "p1", "attributes": {"date": f"{DAY}", "value": 1}}
    says = {
        "/v2/clients": [thing("c")],
        "/v2/clients/c/legal-entities": [thing("l")],
        "/v2/legal-entities/l/accounts": [thing("a"), thing("b")],
        "/v3/instruments/i1": thing("i1"),
        "/v3/instruments/i2": thing("i2"),
        "/v3/instruments/i1/prices": [price],
        "/v3/instruments/i2/prices": [],
    }
    return FakeApi(says=Says(says), rows=rows)


def settings(**more) -> TenantSettings:
    return TenantSettings(name="acme", kid="k", iss="i", sub="s", key=None, data_dir=Path("nowhere"), **more)


@dataclass
class Run:
    """A run over some endpoints, and the events it told."""

    api: FakeApi
    names: tuple[str, ...] = NAMES
    known: Known = field(default_factory=Known)
    ledger: Ledger = field(default_factory=Ledger)
    job: Job = SYNC
    row_cap: int = 0
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        tenant, clock = settings(workers=2, row_cap=self.row_cap), FakeClock()
        Fetching(
            tenant=tenant,
            endpoints=[CATALOGUE[name] for name in self.names],
            reader=Reader(self.api, clock),
            ledger=self.ledger,
            unoffered=Unoffered.lately(self.ledger, now=NOON, named=()),
            horizon=Horizon.of(tenant, now=NOON),
            job=self.job,
            known=self.known,
            progress=Screen(io.StringIO(), clock).tenant("acme", requests_per_minute=0),
            clock=clock,
            stop=threading.Event(),
            rng=Random(1),
            put=lambda event, rows=0: self.events.append(event),
        ).run()

    def of(self, kind) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    def rows(self, resource: str) -> dict[str, int]:
        """Rows kept of each parent."""
        kept = [receipt for receipt in self.of(Receipt) if receipt.endpoint.name == resource and receipt.answer]
        return {
            parent: sum(receipt.rows for receipt in kept if receipt.parent_id == parent)
            for parent in {receipt.parent_id for receipt in kept}
        }


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


def test_what_is_learned_is_told_of_what_can_be_asked_in_parts():
    """There is nothing to learn of what is asked for day by day, or whole."""
    names = (*NAMES[:3], "transactions", "custodian_holdings", "instruments", "interest_rates")
    run = Run(api(a=[named("t", "i1")]), names=names)
    assert [event.resource for event in run.of(Taught)] == ["transactions"]


# -- a parent's 404


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


def test_d3_a_404_removes_nothing_of_an_instrument_that_had_prices():
    """D3: its object was not read tonight, so it may be gone itself."""
    priced = Mark(covered=Window(on(0), on(1)), verified_at=NOON.replace(year=2025))
    assert prices_gone(priced) == [("i2", Status.FAILED, 0)]


@pytest.mark.parametrize(("row_cap", "suspects"), [(0, []), (2, [("accounts", "l")]), (3, [])])
def test_l3_a_list_as_long_as_the_cap_that_the_operator_set_may_be_truncated(row_cap, suspects):
    """L3: the legal entity has two accounts, and no list is longer."""
    told = [notice.problem for notice in Run(api(), row_cap=row_cap).of(Noticed)]
    assert [(problem.resource, problem.parent_id) for problem in told] == suspects


# -- objects that only rows name

ONE_R = {"data": {"type": "reporting-entity", "id": "r"}}


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


# -- planners


def test_a_planner_begins_with_what_was_learned():
    """W3 and W5: the cap, its proof, the widest window."""
    learned = Learned(known_cap=250, proof=Proof("a", Window(on(0), on(9)), 240), max_days=90)
    found = planner_of(CATALOGUE["prices"], Ledger(learned={"prices": learned}), settings())
    assert (found.cap.known, found.cap.divisible, found.proof, found.max_days) == (250, True, learned.proof, 90)


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


def test_w4_where_the_proof_is_of_another_client_a_day_in_doubt_is_cleared_by_its_own_history():
    """No other client is asked; a window around the day may reach back to the first day of all."""
    learned = Learned(proof=Proof("other", Window(on(0), on(9)), 240))
    ledger, tenant = Ledger(learned={"prices": learned}), settings(history_start=on(-500))
    found = planner_of(CATALOGUE["prices"], ledger, tenant, only={"a"})
    assert (found.proof, found.proofs.reach.first) == (None, on(-500))
    assert planner_of(CATALOGUE["prices"], ledger, tenant).proofs.reach is None


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
