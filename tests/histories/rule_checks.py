"""Checks of rules that no history shows. Each is quick, and yields sentences that say what is wrong.

They run in a process of their own, which a planted bug may have broken (`runner.Order.check`).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.apis import FakeApi, booked, thing
from tests.fakes import NOON, FakeClock
from tests.stores import on

Check = Callable[[Path], Iterator[str]]

RATE, BURST = 1000 / 60, 300
HOLDERS = 4
SLICE = 10  # tokens that a process may have taken and not used
SIDE_BY_SIDE = 2
PATIENCE_S = 0.2  # that a tenant waits for others that should not run
ROWS_OF_AN_ANSWER = 20
EVIL = "a\x1b]8;;http://x\x07\nb\u202ec"


def every_part_is_read(_: Path) -> Iterator[str]:
    """F7: an answer that is too large is asked for in parts, and all of them are read."""
    from sources.aleta.catalogue.catalogue import CATALOGUE
    from sources.aleta.errors import TooLargeError
    from sources.aleta.planning.cap import RowCap
    from sources.aleta.planning.planner import Planner
    from sources.aleta.planning.windows import Window
    from sources.aleta.reading.reader import Reader
    from sources.aleta.reading.rows.fetch import fetch

    def too_large(_: str, first: date, last: date) -> None:
        if sum(f"{first}" <= row["attributes"]["tradeDate"] <= f"{last}" for row in rows) > ROWS_OF_AN_ANSWER:
            raise TooLargeError("the answer has more than 1 MB")

    rows = [booked(f"t{number}", on(number)) for number in range(200)]
    receipts = fetch(
        CATALOGUE["transactions"],
        {"a": Window(on(0), on(199))},
        Reader(FakeApi(rows={"a": rows}, trouble=too_large), FakeClock()),
        planner=Planner(cap=RowCap()),
        clock=FakeClock(),
        workers=1,
        stop=threading.Event(),
    )
    kept = sum(receipt.rows for receipt in receipts if receipt.answer)
    if kept != len(rows):
        yield f"{len(rows) - kept} of {len(rows)} rows are in a part that was not read"


def one_budget_for_all(folder: Path) -> Iterator[str]:
    """R4: what processes of one `sub` send together is what one may."""
    from pipelines.run.machine.budget import SharedBucket

    buckets = [SharedBucket(folder / "s.budget", RATE, BURST, boot="b") for _ in range(HOLDERS)]
    sent, free = 0, [0.0] * HOLDERS
    while (now := min(free)) < 60.0:
        place = free.index(now)
        free[place] = now + buckets[place].reserve(now)
        sent += free[place] < 60.0
    if sent > BURST + RATE * 60:
        yield f"{HOLDERS} processes sent {sent} requests in a minute; {BURST + RATE * 60:.0f} may be sent"


def the_dead_take_little(folder: Path) -> Iterator[str]:
    """R4: a process that is killed costs the others a slice at most."""
    from pipelines.run.machine.budget import SharedBucket

    killed, other, alone = (
        SharedBucket(folder / f"{name}.budget", RATE, BURST, boot="b") for name in ("s", "s", "alone")
    )
    killed.reserve(0.0)
    left, all_tokens = (_free_at_once(bucket) for bucket in (other, alone))
    if (lost := all_tokens - 1 - left) > SLICE:
        yield f"{lost} tokens were lost with a process that had used one"


def _free_at_once(bucket: object) -> int:
    """How many tokens can be had without waiting."""
    free = 0
    while bucket.reserve(0.0) == 0.0:
        free += 1
    return free


@dataclass
class _Crowd:
    """Stands where the screen does: of all that begin, how many have not ended."""

    running: int = 0
    most: int = 0
    crowded: threading.Condition = field(default_factory=threading.Condition)

    def expect(self, tenants: int) -> None:
        """So many will run in all; nobody needs to know."""

    def tenant(self, _: str, **__: object) -> _Crowd:
        """One begins, and stays until there is one too many or its patience is at an end."""
        with self.crowded:
            self.running += 1
            self.most = max(self.most, self.running)
            self.crowded.notify_all()
            self.crowded.wait_for(lambda: self.most > SIDE_BY_SIDE, timeout=PATIENCE_S)
        return self

    def stage(self, _: str) -> None:
        """It ends."""
        with self.crowded:
            self.running -= 1


def tenants_take_turns(folder: Path) -> Iterator[str]:
    """C6: no more than `tenants_at_once` run side by side; that none has work to do makes no difference."""
    from pipelines.run import sync
    from pipelines.run.tools import Tools

    stop, crowd = threading.Event(), _Crowd()
    stop.set()
    tenants = [_tenant(f"t{number}", folder, tenants_at_once=SIDE_BY_SIDE) for number in range(3 * SIDE_BY_SIDE)]
    sync.run(tenants, Tools(connect=lambda *_, **__: None, screen=crowd, clock=FakeClock(), stop=stop))
    if crowd.most != SIDE_BY_SIDE:
        yield f"{crowd.most} tenants ran side by side, not {SIDE_BY_SIDE}"


def _tenant(name: str, folder: Path, **more: object) -> object:
    from pipelines.settings import KeySource, TenantSettings

    return TenantSettings(name=name, data_dir=folder, kid="k", iss="i", sub="s", key=KeySource(), **more)


def words_are_safe(_: Path) -> Iterator[str]:
    """S2: neither an identifier nor a warning can do anything to the terminal that the report is shown on."""
    from pipelines.report.report import Problem, RunReport, TenantReport
    from pipelines.report.text import show

    problem = Problem(code="gone", message=f"no {EVIL}", resource="transactions", parent_id=EVIL)
    shown = io.StringIO()
    show(RunReport(tenants=[TenantReport(tenant="acme", errors=[problem], warnings=[EVIL])]), shown)
    if raw := [letter for letter in "\x1b\x07\u202e" if letter in shown.getvalue()]:
        yield f"the report shows {raw} as they came"


def late_rows_are_looked_into(_: Path) -> Iterator[str]:
    """W6, rule 10 of the trials: who has three late rows or more in days that were covered is put to the test."""
    from pipelines.run.events import Settle, Unsettled

    last = NOON.date() - timedelta(days=2)
    rows = [booked(f"t{number}", last - timedelta(days=number)) for number in range(9)]
    says = {
        "/v2/clients": [thing("c")],
        "/v2/clients/c/legal-entities": [thing("l")],
        "/v2/legal-entities/l/accounts": [thing("a"), thing("b")],
    }
    api, asked_before = FakeApi(says=says, rows={"a": rows, "b": rows[:4]}), list[int]()

    def put(event: object, **_: object) -> None:
        if isinstance(event, Settle):
            asked_before.append(len(api.seen))
            event.answer = Unsettled(missed={}, late={"a": 3})

    _read_a_night(api, put, covered_through=last)
    again = [asked["accountId"] for path, asked in api.seen[asked_before[0] :] if path.endswith("/transactions")]
    if "a" not in again:
        yield f"three rows of a came late, and only {again} was asked again"


def _read_a_night(api: FakeApi, put: Callable[..., None], *, covered_through: date) -> None:
    """What a run asks of accounts whose history was read yesterday."""
    from pipelines.ledger.ledger import Ledger
    from pipelines.ledger.marks import Mark
    from pipelines.ledger.readings import Horizon
    from pipelines.report.progress import Screen
    from pipelines.run.job import SYNC
    from pipelines.run.reading.fetching import Fetching
    from pipelines.run.reading.known import Known
    from sources.aleta.catalogue.catalogue import CATALOGUE
    from sources.aleta.planning.windows import Window
    from sources.aleta.reading.reader import Reader

    tenant, clock = _tenant("acme", Path("nowhere"), reverify_days=365), FakeClock()
    mark = Mark(covered=Window(tenant.history_start, covered_through), verified_at=NOON - timedelta(days=1))
    Fetching(
        tenant=tenant,
        endpoints=[CATALOGUE[name] for name in ("clients", "legal_entities", "accounts", "transactions")],
        reader=Reader(api, clock),
        ledger=Ledger(marks={"transactions": dict.fromkeys(api.rows, mark)}),
        horizon=Horizon.of(tenant, now=NOON),
        job=SYNC,
        known=Known(),
        progress=Screen(io.StringIO(), clock).tenant("acme", requests_per_minute=0),
        clock=clock,
        stop=threading.Event(),
        rng=Random(1),
        put=put,
    ).run()


def doubted_days_are_unmarked(_: Path) -> Iterator[str]:
    """W6: days that counted as complete, and then could not be read whole, are in no mark."""
    from pipelines.ledger.ledger import Ledger
    from pipelines.ledger.readings import Horizon, whole_reading
    from pipelines.run.loading.followed import FollowedParents
    from sources.aleta.catalogue.catalogue import CATALOGUE
    from sources.aleta.planning.windows import Window
    from sources.aleta.reading.rows.fetch import Receipt, Status

    transactions, ledger, tenant = CATALOGUE["transactions"], Ledger(), _tenant("acme", Path("nowhere"))
    horizon, day = Horizon.of(tenant, now=NOON), NOON.date() - timedelta(days=50)
    followed = FollowedParents(ledger, horizon, now=NOON)
    reading = whole_reading(ledger.mark("transactions", "a"), horizon)
    followed.follow(transactions, {"a": reading})
    for window, status in ((reading.span, Status.COMPLETE), (Window(day, day), Status.QUARANTINED)):
        receipt = Receipt(endpoint=transactions, parent_id="a", window=window, status=status, rows=9, fetched_at=NOON)
        followed.mark(transactions, [receipt], set())
    if (held := ledger.mark("transactions", "a").holding(day)) is not None:
        yield f"{day} could not be read whole, and is in the mark: {held.first}..{held.last}"


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """A check that gives a planted bug away, and what it says then."""

    check: Check
    objection: str


SABOTAGE: Mapping[str, Sabotage] = {
    "half_of_a_large_answer_forgotten": Sabotage(check=every_part_is_read, objection="in a part that was not read"),
    "budget_of_each_process": Sabotage(check=one_budget_for_all, objection="requests in a minute; 1300 may be sent"),
    "tokens_hoarded": Sabotage(check=the_dead_take_little, objection="tokens were lost with a process"),
    "all_tenants_at_once": Sabotage(check=tenants_take_turns, objection="tenants ran side by side, not 2"),
    "words_shown_as_they_came": Sabotage(check=words_are_safe, objection="as they came"),
    "late_rows_passed_over": Sabotage(check=late_rows_are_looked_into, objection="came late, and only"),
    "doubted_days_stay_marked": Sabotage(check=doubted_days_are_unmarked, objection="and is in the mark"),
}


def faults(name: str, folder: Path) -> list[str]:
    """What the check that gives the bug *name* away says here."""
    return [*SABOTAGE[name].check(folder)]
