"""What a reading finds out against what had counted as proven is told at once (W6, W8): a kill must not forget it."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from pipelines.compare.rows.findings import Missed
from pipelines.ledger.ledger import Learned, Ledger
from pipelines.ledger.marks import Mark
from pipelines.report.report import TrialRecord
from pipelines.run.events import Doubted, Event, Following, Rereading, Settle, Taught, Unsettled
from pipelines.run.tenant_run import TenantRun
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt
from tests.apis import FakeApi, booked
from tests.fakes import NOON
from tests.stores import on
from tests.unit.pipelines.run.reading.runs import DAY, NAMES, Run, Uneven, api, settings

ROWS = [booked(f"t{number}", DAY - timedelta(days=number)) for number in range(400)]
READ = Mark(covered=Window(on(-400), on(0)), verified_at=NOON)
VERIFIED = Mark(covered=Window(settings().history_start, DAY - timedelta(days=1)), verified_at=NOON)
BROKEN_OFF = Mark(covered=Window(settings().history_start, DAY - timedelta(days=200)), reading_since=NOON)
EARLIER = Mark(covered=Window(on(-400), on(0)), verified_at=NOON - timedelta(days=9))


class Stopped(Run):
    """A run that ends as soon as it is in doubt."""

    def __post_init__(self) -> None:
        with pytest.raises(KeyboardInterrupt):
            super().__post_init__()

    def told(self, event: Event) -> None:
        super().told(event)
        if isinstance(event, Doubted):
            raise KeyboardInterrupt


def uneven() -> FakeApi:
    return Uneven(says=api().says, rows={"a": ROWS, "b": ROWS[:19]})


def test_c1_a_cap_that_is_no_number_is_told_while_the_rest_is_still_to_be_read():
    """W6: whose windows are read again, what the next run begins with, and that all that was read before is due."""
    again, taught, doubted = Stopped(uneven(), names=NAMES[:4]).events[-3:]
    assert isinstance(again, Rereading)
    assert again.parents
    assert isinstance(taught, Taught)
    assert (taught.ended, taught.learned.strict_runs) == (False, 30)
    assert min(taught.learned.cut_sizes) >= 20
    assert taught.trials.noticed
    assert doubted == Doubted("transactions")


def test_c1_who_is_only_read_on_is_to_be_read_again_before_anything_else_comes():
    """W6: what an earlier run read of it is in doubt too; its end, which may come meanwhile, must not verify it."""
    ledger = Ledger(marks={"transactions": {"b": BROKEN_OFF}})
    few = Uneven(says=api().says, rows={"a": ROWS})
    assert Stopped(few, names=NAMES[:4], ledger=ledger).of(Rereading)[-1].parents == {"b"}


class Misses(Run):
    """A run of whose look-backs a row of the account `a` is missed."""

    def told(self, event: Event) -> None:
        super().told(event)
        if isinstance(event, Settle):
            row = Missed(id="gone", parent_id="a", window=Window(on(0), on(0)))
            event.answer = Unsettled(missed={"a": [row]}, late={})


def test_w6_what_a_later_reading_disproves_is_read_again_of_all_that_an_earlier_one_read():
    """The look-backs of a night believed it, and saw nothing against it; what they cleared of `a` is in doubt, too."""
    ledger = Ledger(marks={"transactions": {"a": VERIFIED, "b": VERIFIED}})
    run = Misses(uneven(), names=NAMES[:4], ledger=ledger)
    look_backs, whole, again = (told.readings for told in run.of(Following))
    assert (look_backs.keys(), whole.keys(), again.keys()) == ({"a", "b"}, {"a"}, {"b"})
    assert again["b"].span == whole["a"].span
    assert {"a", "b"} == {parent for told in run.of(Rereading) for parent in told.parents}


def test_c1_nothing_is_in_doubt_any_more_once_all_is_read_again():
    """The marks say what is due from then on."""
    events = [event for event in Run(uneven(), names=NAMES[:4]).events if isinstance(event, Rereading | Receipt)]
    told = [event for event in events if isinstance(event, Rereading)]
    assert told[0].parents
    assert told[-1] is events[-1]
    assert not told[-1].parents


def test_c1_where_all_is_well_nothing_is_told_before_the_end():
    """No package is committed for it."""
    run = Run(api(a=ROWS, b=ROWS), names=NAMES[:4])
    assert run.of(Rereading) == run.of(Doubted) == []
    assert [told.ended for told in run.of(Taught)] == [True]


def test_c1_marks_of_what_is_read_again_are_stored_as_due_until_it_is():
    """A later window may have ended the reading meanwhile."""
    ledger = Ledger(marks={"transactions": {"a": READ, "b": READ}}, rereading={"transactions": {"a", "new"}})
    stored = Ledger.from_state(ledger.to_state())
    assert {parent: mark.due for parent, mark in stored.marks["transactions"].items()} == {"a": True, "b": False}
    ledger.rereading["transactions"] = frozenset()
    assert Ledger.from_state(ledger.to_state()).marks == ledger.marks == {"transactions": {"a": READ, "b": READ}}


def test_c1_what_is_found_out_is_committed_before_anything_else_is_read():
    """What was read before grows its marks first, so that it does not count as read since."""
    ledger = Ledger(marks={"transactions": {"a": READ, "b": EARLIER}})
    committed: list[dict[str, object]] = []
    warnings: list[str] = []
    run = SimpleNamespace(
        _ledger=ledger,
        _loader=SimpleNamespace(flush=lambda: committed.append(ledger.to_state())),
        _horizon=SimpleNamespace(now=NOON),
        _job=SimpleNamespace(narrow=False),
        _tenant=SimpleNamespace(row_cap=0),
        _report=SimpleNamespace(row_cap=0, warnings=warnings, note_trials=lambda *_: None),
    )
    run._learn, run._doubt = (lambda taught: TenantRun._learn(run, taught)), lambda event: TenantRun._doubt(run, event)
    learned, why = Learned(cut_sizes=(20,), strict_runs=30), TrialRecord(strict=True, noticed="size")

    TenantRun._note(run, Rereading("transactions", {"a"}))
    TenantRun._note(run, Taught("transactions", learned, why, "transactions", ended=False))
    TenantRun._note(run, Doubted("transactions"))
    TenantRun._note(run, Rereading("transactions", frozenset()))
    TenantRun._note(run, Taught("transactions", learned, why, "transactions"))

    stored = [Ledger.from_state(state) for state in committed]
    due = [{parent: mark.due for parent, mark in each.marks["transactions"].items()} for each in stored]
    assert due == [{"a": True, "b": False}, {"a": True, "b": False}, {"a": True, "b": True}]
    assert stored[0].learned == {"transactions": learned}
    assert len(warnings) == 1
