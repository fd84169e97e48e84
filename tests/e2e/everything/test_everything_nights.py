"""The nights after: changes of every kind come in, in every table."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox import Sandbox, SandboxSettings, Truth
from tests import beyond, truth
from tests.e2e.conftest import EVERYTHING
from tests.e2e.everything.world import TODAY, WORLD, Night, changed
from tests.e2e.program import Program

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def second(first, tmp_path_factory) -> Iterator[tuple[Night, Truth, beyond.Before]]:
    """The night after changes of every kind: the run, what the API shows now, and what was there before."""
    folder = tmp_path_factory.mktemp("second")
    shutil.copytree(first.program.folder / "data", folder / "data")
    with Sandbox(SandboxSettings(**WORLD)) as box:
        program = Program(box, folder, resources=["*"], look_back_days=EVERYTHING)
        before = box.truth("acme")
        again = program.column("SELECT max(through_date) FROM aleta.sync_marks WHERE resource = 'limit_status'")[0]
        old = beyond.Before(found=beyond.shown(before), again=again - timedelta(days=2))  # a look-back of three
        change_everything(box)
        now = box.truth("acme")
        kept = replace(now, transactions={**before.transactions, **now.transactions})
        yield Night(program=program, ended=program.sync()), kept, old


def priced(box: Sandbox) -> str:
    """An instrument that rows name and that has prices."""
    return min(price.given["instrument_id"] for price in beyond.shown(box.truth("acme"))["prices"])


def change_everything(box: Sandbox) -> None:
    """Late, edited and deleted rows of any age; figures computed again; prices, limits, instruments, accounts."""
    box.mutate_night("acme", 7, late=0.04, edited=0.04, deleted=0)
    box.mutate("acme", "recompute", date=f"{TODAY - timedelta(days=25)}", count=9)
    box.mutate("acme", "recompute", date=f"{TODAY - timedelta(days=3)}", count=4)
    box.mutate("acme", "edit_price", id=priced(box), count=3)
    box.mutate("acme", "new_instrument", count=2)
    box.mutate("acme", "limit_changed")
    box.mutate("acme", "rename", id=beyond.shown(box.truth("acme"))["instrument_classes"][0].object["id"])
    box.mutate("acme", "new_account")
    box.mutate("acme", "account_gone")


def test_a_night_after_changes_of_every_kind_is_exact(second):
    """D1 to D5 in every table; of a gone account the transactions stay, and days that are not read again."""
    night, now, before = second

    assert truth.differences(night.program.warehouse(), now) == []
    assert beyond.differences(night.program.warehouse(), now, before=before) == []


def test_a_night_loads_what_changed_and_tells_it(second):
    """Each kind of change is in the counts of its tables."""
    found = changed(second[0].ended)

    assert found["limits"] == found["instrument_classes"] == {"modified": 1}
    assert found["prices"]["modified"] == 3
    assert found["instruments"]["added"] >= 1
    assert {"holdings", "performance", "instrument_holdings", "custodian_holdings", *beyond.GRAINS} <= found.keys()
    assert second[0].ended.tenant()["errors"] == []


def test_a_night_without_changes_costs_what_plan_says_and_loads_nothing(second):
    """D2, and `plan` within a tenth of what is asked; the warehouse stays exact."""
    night, now, before = second
    planned = night.program.run("plan", "--json").tenant()["requests"]

    quiet = night.program.sync()

    assert changed(quiet) == {}
    assert abs(planned - quiet.tenant()["requests"]) <= 0.1 * quiet.tenant()["requests"]
    assert beyond.differences(night.program.warehouse(), now, before=before) == []
