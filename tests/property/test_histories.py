"""The oracle: random worlds, played through random histories; after each run, all that is left is looked at.

`make oracle` plays many more of them. A history that ever failed is kept in `tests/property/test_kept_histories.py`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.histories.cuts import Cut
from tests.histories.runner import Runner
from tests.histories.scene import TODAY, Scene

HISTORIES = int(os.environ.get("HISTORIES", "0"))
SEED = int(os.environ.get("HISTORY_SEED", "1"))
STEPS = 14
TRANSIENT = ("500", "502_html", "503_now", "429", "reset", "cut_length", "cut_body", "200_html", "200_errors")
LASTING = ("403", "404", "500", "cut_body", "200_no_data", "no_id", "reset")
ROW_CHANGES = ("late", "edit", "delete", "unlink_transfer", "move", "replace")
ACCOUNT_CHANGES = ("new_account", "account_gone", "account_forbidden", "account_back", "empty_account")
OBJECT_CHANGES = ("new_legal_entity", "new_client", "client_gone", "rename")

cuts = st.one_of(
    st.builds(Cut, how=st.just("kill"), at=st.just("http"), nth=st.integers(0, 30)),
    st.builds(
        Cut,
        how=st.just("kill"),
        at=st.sampled_from(["file", "sql"]),
        nth=st.integers(0, 400),
        after_us=st.sampled_from([0, 0, 300, 3000, 30_000]),
    ),
    st.builds(Cut, how=st.just("stop"), at=st.sampled_from(["http", "sql"]), nth=st.integers(0, 40)),
    st.builds(Cut, how=st.just("full"), at=st.sampled_from(["file", "sql"]), nth=st.integers(0, 300)),
)
ages = st.sampled_from([0, 3, 20])


class Histories(RuleBasedStateMachine):
    """One example is one history."""

    runner: Runner

    @initialize(
        world=st.integers(0, 10**6),
        tenants=st.sampled_from([("acme",), ("acme",), ("acme", "bolt")]),
        accounts=st.integers(1, 5),
        rows=st.sampled_from([0, 30, 60, 100]),
        cap=st.integers(20, 40),
        keep=st.sampled_from(["first", "last", "random"]),
        date_filter=st.sampled_from(["trade", "value"]),
        dialect=st.sampled_from(["kinds", "single"]),
        start=st.sampled_from([500, 366, 200]),
        look_back=st.sampled_from([1, 10, 30]),
        look_ahead=st.sampled_from([0, 2, 31]),
        reverify=st.sampled_from([0, 1, 3, 30]),
        share=st.sampled_from([0.5, 1.0]),
        workers=st.sampled_from([1, 3]),
        package=st.sampled_from([10, 30, 100_000]),
        busy=st.booleans(),
    )
    def begin(
        self, world, tenants, accounts, rows, cap, keep, date_filter, dialect, start, look_back, look_ahead, reverify,
        share, workers, package, busy,
    ):  # fmt: skip
        self.folder = Path(tempfile.mkdtemp(dir=os.environ.get("HISTORY_FOLDER")))
        self.scene = Scene(
            self.runner,
            self.folder,
            tenants=tenants,
            seed=world,
            accounts=accounts,
            rows=rows,
            row_cap=cap,
            keep=keep,
            date_filter=date_filter,
            dialect=dialect,
            busy_day=busy and accounts > 3,
            aleta={
                "history_start": TODAY - timedelta(days=start),
                "look_back_days": look_back,
                "look_ahead_days": look_ahead,
                "reverify_days": reverify,
                "max_removed_share": share,
                "workers": workers,
            },
        )
        self.scene.package_rows = package

    def teardown(self):
        if hasattr(self, "scene"):
            self.scene.box.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- runs

    @rule()
    def sync(self):
        self.scene.sync()

    @rule()
    def sync_again(self):
        self.scene.sync()

    @rule()
    def verify(self):
        self.scene.verify()

    @rule(cut=cuts)
    def sync_cut_short(self, cut):
        self.scene.sync(cut=cut)

    @rule(first=st.integers(-30, 700), days=st.integers(1, 400), some=st.booleans(), cut=st.none() | cuts)
    def backfill(self, first, days, some, cut):
        begin = TODAY - timedelta(days=first)
        accounts = self.scene.accounts()[:1] if some else ()
        self.scene.backfill(begin, begin + timedelta(days=days), "acme", accounts=accounts, cut=cut)

    @precondition(lambda self: len(self.scene.names) > 1)
    @rule()
    def one_tenant_alone(self):
        self.scene.sync("bolt")

    # -- the world

    @rule(seed=st.integers(0, 10**6), age=ages)
    def a_night_of_changes(self, seed, age):
        for tenant in self.scene.names:
            self.scene.night(tenant, seed, age)

    @rule(kind=st.sampled_from(ROW_CHANGES), count=st.integers(1, 5), age=ages)
    def rows_change(self, kind, count, age):
        self.scene.change(kind, count=count, within_days=age)

    @rule(kind=st.sampled_from(ACCOUNT_CHANGES))
    def an_account_changes(self, kind):
        self.scene.change(kind)

    @rule(kind=st.sampled_from(OBJECT_CHANGES), collection=st.sampled_from(["accounts", "clients", "users"]))
    def an_object_changes(self, kind, collection):
        self.scene.change(kind, **{"collection": collection} if kind == "rename" else {})

    @rule(ago=st.sampled_from([-20, -1, 0, 1, 2, 9, 60, 300]), count=st.sampled_from([1, 2, 30, 45]))
    def a_busy_day(self, ago, count):
        for account in self.scene.accounts()[:1]:
            on = self.scene.now.date() - timedelta(days=ago)
            self.scene.change("late", account=account, date=f"{on}", count=count)

    @rule(ago=st.sampled_from([1, 2, 9, 60, 300]), keep=st.integers(0, 12))
    def a_day_is_cleared(self, ago, keep):
        for account in self.scene.accounts()[:1]:
            self.scene.clear_day(account, self.scene.now.date() - timedelta(days=ago), keep)

    # -- the server and the clock

    @rule(cap=st.integers(20, 60))
    def the_cap_changes(self, cap):
        self.scene.box.set(row_cap=cap)

    @rule(days=st.sampled_from([0, 400, 200, 60]))
    def the_widest_window_changes(self, days):
        self.scene.box.set(max_window_days=days)

    @rule(share=st.sampled_from([0.0, 0.1, 0.3]))
    def the_weather_changes(self, share):
        self.scene.box.set(fault_share=share, fault_kinds=TRANSIENT)

    @rule(kind=st.sampled_from(TRANSIENT), times=st.integers(1, 2))
    def something_fails_once(self, kind, times):
        self.scene.box.faults.script(kind, times=times)

    @rule(
        kind=st.sampled_from(LASTING), place=st.sampled_from(["account", "account", "/users", "/accounts", "/clients"])
    )
    def something_stays_broken(self, kind, place):
        chosen = next(iter(self.scene.accounts()), "nobody") if place == "account" else place
        self.scene.break_down(kind, chosen)

    @rule()
    def all_is_well_again(self):
        self.scene.mend()

    @rule()
    def tokens_are_revoked(self):
        self.scene.box.revoke_tokens()

    @rule(hours=st.sampled_from([0, 1, 5, 13, 24, 24, 48, 24 * 7, 24 * 33]))
    def time_passes(self, hours):
        self.scene.pass_time(hours=hours)

    @rule(rows=st.sampled_from([10, 30, 100_000]))
    def packages_are(self, rows):
        self.scene.package_rows = rows


@pytest.fixture(scope="session")
def runner():
    with Runner() as started:
        yield started


def play(runner: Runner, number: int, *, histories: int, verbosity: Verbosity = Verbosity.normal) -> None:
    machine = seed(number)(type("Histories", (Histories,), {"runner": runner}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            print_blob=True,
            verbosity=verbosity,
        ),
    )


@pytest.mark.timeout(0)
@pytest.mark.parametrize("shard", [pytest.param(one, id=f"shard-{one}") for one in range(2)])
def test_every_run_of_every_history_ends_exact(runner, shard):
    """Whatever happened upstream or here, the warehouse is what its receipts claim, and they claim what was due."""
    play(runner, SEED * 1000 + shard, histories=HISTORIES or 3)
