"""The oracle: random worlds, played through random histories; after each run, all that is left is looked at.

`make oracle` plays many more of them. A history that ever failed is kept in `tests/property/test_kept_histories.py`.
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

from tests.histories.cuts import Cut
from tests.histories.doubles import doubles
from tests.histories.happenings import Happenings
from tests.histories.runner import Runner
from tests.histories.scene import TODAY, Scene

HISTORIES = int(os.environ.get("HISTORIES", "0"))
SEED = int(os.environ.get("HISTORY_SEED", "1"))
STEPS = 8 if HISTORIES else 5
SHARDS = 2
BATCH = 10
KEEP = ("first", "last", "random")
CAP_MODELS = ("alternating", "two_nodes", "per_parent", "bytes", "falling", "rising", "wavering")
TRANSIENT = ("500", "502_html", "503_now", "429", "reset", "cut_length", "cut_body", "200_html", "200_errors")
LASTING = ("403", "404", "500", "cut_body", "200_no_data", "no_id", "reset")
ODD = (  # of sandbox/http/oddities.py; those that take long, or a gigabyte, have tests of their own
    *("302_latin1", "302_no_host", "error_deep", "retry_after_9999", "length_superscript", "no_http", "203", "204"),
    *("206", "meta_total", "meta_pages", "next_elsewhere", "data_twice", "attribute_twice", "half_ids", "half_pair_id"),
)
ROW_CHANGES = ("late", "edit", "delete", "unlink_transfer", "move", "replace")
ACCOUNT_CHANGES = ("new_account", "account_gone", "account_forbidden", "account_back", "empty_account")
OBJECT_CHANGES = ("new_legal_entity", "new_client", "client_gone", "client_back", "move_account")
LISTS = ("clients", "legal_entities", "accounts", "depositories", "reporting_entities", "users")

LATER_US = st.sampled_from([0, 0, 300, 3000, 30_000])
kills = st.one_of(
    st.builds(Cut, how=st.just("kill"), at=st.just("file"), nth=st.integers(0, 320), after_us=LATER_US),
    st.builds(Cut, how=st.just("kill"), at=st.just("file"), nth=st.integers(0, 150), after_us=LATER_US),
    st.builds(Cut, how=st.just("kill"), at=st.just("sql"), nth=st.integers(0, 50), after_us=LATER_US),
)
cuts = st.one_of(
    st.builds(Cut, how=st.just("kill"), at=st.just("http"), nth=st.integers(0, 30)),
    st.builds(Cut, how=st.just("kill"), at=st.just("step"), nth=st.integers(0, 4)),
    st.builds(Cut, how=st.just("kill"), at=st.just("copy"), nth=st.integers(0, 12), after_us=LATER_US),
    st.builds(Cut, how=st.just("stop"), at=st.sampled_from(["http", "sql"]), nth=st.integers(0, 40)),
    st.builds(Cut, how=st.just("full"), at=st.sampled_from(["file", "sql"]), nth=st.integers(0, 300)),
)
ages = st.sampled_from([0, 3, 20])
numbers = st.integers(0, 10**6)


def happens(name: str, **args: st.SearchStrategy) -> st.SearchStrategy:
    """Something of `happenings.Happenings` that may happen between two runs."""
    return st.tuples(st.just(name), st.fixed_dictionaries(args))


meanwhile = st.lists(
    st.one_of(
        happens("night", number=numbers, within_days=ages),
        happens("rows", kind=st.sampled_from(ROW_CHANGES), count=st.integers(1, 5), within_days=ages),
        happens(
            "odd",
            kind=st.sampled_from(["redate", "redate", "dateless", "double", "retype", "nul"]),
            count=st.integers(1, 3),
            within_days=ages,
            value=st.sampled_from(["null", "absent", "instant"]),
        ),
        happens(
            "odd",
            kind=st.just("far_date"),
            count=st.integers(1, 2),
            within_days=ages,
            value=st.sampled_from(["9999-12-31", "0001-01-01", "2036-03-02"]),
        ),
        happens("account", kind=st.sampled_from(ACCOUNT_CHANGES)),
        happens("object", kind=st.sampled_from(OBJECT_CHANGES)),
        happens("renamed", collection=st.sampled_from(["accounts", "clients", "users", "portfolios"])),
        happens("busy_day", ago=st.sampled_from([-20, -1, 0, 1, 2, 9, 60, 300]), count=st.sampled_from([1, 2, 30, 45])),
        happens("cleared_day", ago=st.sampled_from([1, 2, 9, 60, 300]), keep=st.integers(0, 12)),
        happens("cap", rows=st.integers(20, 60)),
        happens(
            "lists",
            caps=st.dictionaries(st.sampled_from(LISTS), st.integers(1, 3), max_size=2),
            keep=st.sampled_from(KEEP),
        ),
        happens("parents", say=st.sampled_from(["full", "full", "cut", "empty", "links"]), cut=st.integers(1, 2)),
        happens("account_moves", skip=st.integers(0, 3)),
        happens(
            "row_meanwhile",
            kind=st.sampled_from(["late", "edit", "delete", "redate", "move", "replace"]),
            skip=st.integers(0, 12),
            days=st.sampled_from([0, 1, 5, 20, 60, 150]),
        ),
        happens("widest", days=st.sampled_from([0, 400, 200, 60])),
        happens("weather", share=st.sampled_from([0.0, 0.1, 0.3]), kinds=st.just(TRANSIENT)),
        happens("mishap", kind=st.sampled_from(TRANSIENT), times=st.integers(1, 2)),
        happens(
            "breakdown",
            kind=st.sampled_from(LASTING + ODD),
            place=st.sampled_from(["", "/users", "/accounts", "/clients"]),
        ),
        happens("repair"),
        happens("revoked"),
        happens("time", hours=st.sampled_from([0, 1, 5, 13, 24, 24, 48, 24 * 7, 24 * 33])),
        happens("packages", rows=st.sampled_from([10, 30, 100_000])),
        happens("settings", look_back=st.sampled_from([1, 10, 30]), reverify=st.sampled_from([0, 1, 3, 30])),
    ),
    max_size=4,
)


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
@pytest.mark.parametrize("shard", [pytest.param(shard, id=f"shard-{shard}") for shard in range(SHARDS)])
def test_every_run_of_every_history_ends_exact(runner: Runner, shard: int, tell: Callable[[str], None]):
    """Whatever happened upstream or here, the warehouse is what its receipts claim, and they claim what was due."""
    played: Counter[str] = Counter()
    for batch in range(max(1, HISTORIES // SHARDS // BATCH)):
        number = (SEED * SHARDS + shard) * 10_000 + batch
        played += play(runner, number, histories=BATCH if HISTORIES else 1)
        if HISTORIES:
            tell(f"HISTORY_SEED={SEED} shard {shard}: all exact, {dict(played)}")


@pytest.mark.timeout(0 if HISTORIES else 600)
def test_a_cap_that_is_no_constant_number_ends_exact_or_partial(runner: Runner, tmp_path: Path):
    """W6: a first load, and a night in which all is read again under another model; the oracle looks at both.

    Each world is large enough for its model to touch many answers: of one answer nobody can tell.
    """
    rng, ends = Random(SEED), Counter[str]()
    for number in range(max(1, HISTORIES // 20)):
        models = rng.sample(CAP_MODELS, 2)
        world = {"seed": rng.randrange(10**6), "accounts": 5, "rows": 300, "row_cap": 30, "keep": rng.choice(KEEP)}
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
