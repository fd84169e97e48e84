"""The oracle: random worlds, played through random histories; after each run, all that is left is looked at.

`make oracle` plays many more of them. A history that ever failed is kept (`test_kept_*.py`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.histories.doubles import doubles
from tests.histories.drawn import KEEP, ages, cuts, kills, meanwhile
from tests.histories.happenings import Happenings
from tests.histories.runner import Runner
from tests.histories.scene import TODAY, Scene

HISTORIES = int(os.environ.get("HISTORIES", "0"))
SEED = int(os.environ.get("HISTORY_SEED", "1"))
STEPS = 8 if HISTORIES else 5
BATCH = 10 if HISTORIES else 1
BATCHES = max(2, HISTORIES // BATCH)
CAP_MODELS = ("alternating", "two_nodes", "per_parent", "bytes", "falling", "rising", "wavering")


class Histories(RuleBasedStateMachine):
    """One example is one history."""

    runner: Runner
    played: Counter[str]

    @initialize(
        world=st.integers(0, 10**6),
        tenants=st.sampled_from([("acme",), ("acme",), ("acme", "bolt")]),
        accounts=st.integers(1, 5),
        rows=st.sampled_from([0, 30, 60, 100]),
        cap=st.integers(20, 40),
        keep=st.sampled_from(KEEP),
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
            self.played.update(self.scene.ends)
            self.played["histories"] += 1
            self.scene.box.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _meanwhile(self, happened):
        for name, args in happened:
            getattr(Happenings(self.scene), name)(**args)

    @rule(happened=meanwhile)
    def sync(self, happened):
        self._meanwhile(happened)
        self.scene.sync()

    @rule(happened=meanwhile, days=st.sampled_from([1, 3, 45, 400]))
    def sync_with_the_clock_ahead(self, happened, days):
        self._meanwhile(happened)
        self.scene.sync_with_the_clock_ahead(days)

    @rule(happened=meanwhile)
    def sync_twice(self, happened):
        self._meanwhile(happened)
        self.scene.sync()
        self.scene.sync()

    @rule(happened=meanwhile, cut=kills)
    def sync_killed(self, happened, cut):
        self._meanwhile(happened)
        self.scene.sync(cut=cut)

    @rule(happened=meanwhile, cut=cuts)
    def sync_cut_short(self, happened, cut):
        self._meanwhile(happened)
        self.scene.sync(cut=cut)

    @rule(
        happened=meanwhile,
        first=st.integers(-30, 700),
        days=st.integers(1, 400),
        one_account=st.booleans(),
        cut=st.none() | cuts,
    )
    def backfill(self, happened, first, days, one_account, cut):
        self._meanwhile(happened)
        begin = TODAY - timedelta(days=first)
        accounts = self.scene.accounts()[:1] if one_account else ()
        self.scene.backfill(begin, begin + timedelta(days=days), "acme", accounts=accounts, cut=cut)

    @rule(happened=meanwhile, ahead=st.sampled_from([40, 400, 3000]), gone=st.booleans())
    def backfill_far_ahead(self, happened, ahead, gone):
        """A backfill brings rows from beyond the reach of any night (D7)."""
        day = TODAY + timedelta(days=ahead)
        for account in self.scene.accounts()[:1]:
            self.scene.change("late", account=account, date=f"{day}", count=2)
        self.scene.backfill(day - timedelta(days=3), day + timedelta(days=3), "acme")
        if gone:
            for account in self.scene.accounts()[:1]:
                self.scene.clear_day(account, day, keep=1)
        self._meanwhile(happened)
        self.scene.sync()

    @rule(happened=meanwhile, within_days=ages, which=st.integers(0, 9))
    def backfill_of_one_who_has_it_too(self, happened, within_days, which):
        """Two accounts list one id with two contents: a backfill reads one of them, on that day alone (D8)."""
        self.scene.change("double", within_days=within_days)
        self._meanwhile(happened)
        if found := doubles(self.scene):
            account, day = found[which % len(found)]
            self.scene.backfill(day, day, "acme", accounts=[account])

    @rule(happened=meanwhile)
    def verify(self, happened):
        self._meanwhile(happened)
        self.scene.verify()

    @precondition(lambda self: len(self.scene.names) > 1)
    @rule()
    def one_tenant_alone(self):
        self.scene.sync("bolt")


def play(runner: Runner, number: int, *, histories: int) -> Counter[str]:
    """Play so many histories, drawn from *number*; how many runs came to which end."""
    played: Counter[str] = Counter()
    machine = seed(number)(type("Histories", (Histories,), {"runner": runner, "played": played}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            print_blob=True,
        ),
    )
    return played


@pytest.mark.timeout(0 if HISTORIES else 600)
@pytest.mark.parametrize("batch", [pytest.param(batch, id=f"batch-{batch}") for batch in range(BATCHES)])
def test_every_run_of_every_history_ends_exact(runner: Runner, batch: int, tell: Callable[[str], None]):
    """Whatever happened upstream or here, the warehouse is what its receipts claim, and they claim what was due.

    A test a batch: they spread over the workers, and one that fails does not end the others.
    """
    played = play(runner, SEED * 10_000 + batch, histories=BATCH)
    if HISTORIES:
        tell(f"HISTORY_SEED={SEED} batch {batch}: exact, {dict(played)}")


@pytest.mark.timeout(0 if HISTORIES else 600)
def test_a_cap_that_is_no_constant_number_ends_exact_or_partial(runner: Runner, tmp_path: Path):
    """W6: a first load, and a night in which all is read again under another model; the oracle looks at both.

    Each world is large enough for its model to touch many answers: of one answer nobody can tell.
    """
    rng, ends = Random(SEED), Counter[str]()
    for number in range(max(1, HISTORIES // 20)):
        models = rng.sample(CAP_MODELS, 2)
        world = {"seed": rng.randrange(10**6), "accounts": 16, "rows": 900, "row_cap": 30, "keep": rng.choice(KEEP)}
        folder = tmp_path / f"{number}"
        with Scene(runner, folder, cap_model=models[0], aleta={"reverify_days": 0}, **world) as scene:
            scene.sync()
            scene.pass_time(days=1)
            scene.night("acme", number)
            scene.box.set(cap_model=models[1])
            scene.sync()
            ends += scene.ends
        shutil.rmtree(folder)

    assert ends["complete"] + ends["partial"] == ends.total()
