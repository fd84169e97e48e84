"""Which tenants need attention, and why; how it is said in text and to Prometheus."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from pipelines.run.aftermath.journal import Entry
from pipelines.status.attention import attention, overdue
from pipelines.status.prometheus import metrics
from pipelines.status.runs import fresh_at, nightly, runs_of, streak
from pipelines.status.standing import Standing, Standings
from pipelines.status.text import text
from tests.fakes import NOON

NASTY = "acc\x1b[31m-1\nforged"
FIRST = "aleta-sync sync acme"


def night(ago: int, status: str = "complete", **values: object) -> Entry:
    began = NOON - timedelta(days=ago)
    ended = None if status == "running" else began + timedelta(minutes=3)
    known = {"run_id": f"r{ago}", "kind": "sync", "started_at": began, "ended_at": ended, "status": status}
    return Entry(**known | values)


def facts(*entries: Entry, running: str = "", **more: object) -> dict[str, object]:
    runs = runs_of([], entries, running=running, now=NOON)
    return {
        "running": running or None,
        "warehouse": "data/acme/warehouse.duckdb",
        "synced": bool(entries),
        "fresh_at": fresh_at(runs, []),
        "runs": runs[:5],
        "last_run": runs[0] if runs else None,
        "failures": [run for run in runs if run["status"] != "complete"],
        "streak": streak(nightly(runs)),
        "quarantined": [],
        "coverage": [],
        **more,
    }


def why(*entries: Entry, hours: int | None = None, **more: object) -> str:
    allowed = None if hours is None else timedelta(hours=hours)
    return attention(facts(*entries, **more), now=NOON, max_age=allowed, first=FIRST)


def test_a_tenant_that_never_ran_is_told_from_one_that_fails() -> None:
    """Never synced, and what to run unless it runs now; or never complete, since when, how often, and why."""
    failing = why(*(night(ago, "failed", code="auth", reason="[auth] kid is unknown") for ago in (0, 1, 2)))
    assert why() == "never synced: run `aleta-sync sync acme`"
    assert why(running="sync") == "never synced"
    since = f"{NOON - timedelta(days=2):%Y-%m-%d %H:%M}"
    assert failing == f"never complete: failed (3 runs since {since} UTC): [auth] kid is unknown"


def test_a_run_that_somebody_stopped_wakes_nobody_while_what_there_is_is_fresh() -> None:
    """It is named as stopped; a failure under it, one more error, or an age beyond what is allowed is what wakes."""
    halted = night(0, "stopped", code="stopped", errors=1)
    known = facts(halted, night(1))
    standings = Standings(tenants=[Standing(tenant="acme", facts=known)], now=NOON)

    assert attention(known, now=NOON, first=FIRST) == ""
    assert text(standings).splitlines()[:2] == [
        f"acme is complete, as of {NOON - timedelta(days=1) + timedelta(minutes=3):%Y-%m-%d %H:%M} UTC.",
        f"  acme: stopped (the last run, {NOON:%Y-%m-%d %H:%M} UTC)",
    ]
    assert 'aleta_sync_needs_attention{tenant="acme"} 0' in metrics(standings)
    assert why(halted, night(1), hours=12).endswith(f": stopped (the last run, {NOON:%Y-%m-%d %H:%M} UTC)")
    assert why(halted, night(1, "failed", reason="x"), night(2)).startswith("failed (the last run, ")
    assert why(night(0, "stopped", code="forbidden", errors=2, reason="x"), night(1)).startswith("stopped (the last")
    assert why(halted).startswith("never complete: stopped (the last run, ")


def test_a_streak_ends_with_a_complete_night() -> None:
    """Only what came since the last complete night counts."""
    assert why(night(0), night(1, "failed", reason="x")) == ""
    assert why(night(0, "failed", reason="x"), night(1)).startswith("failed (the last run")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"kind": "backfill"}, id="backfill"),
        pytest.param({"narrowed": True}, id="of one client"),
    ],
)
def test_a_run_of_a_part_says_nothing_of_the_whole(other: dict[str, object]) -> None:
    """A complete backfill, or a sync of one client, ends no streak and makes nothing fresh."""
    part = night(0, run_id="part", **other)
    assert why(part, night(1, "failed", reason="x")).startswith("never complete: failed")
    assert facts(part, night(3))["fresh_at"] == facts(night(3))["fresh_at"]


def test_a_run_that_another_kept_out_is_not_a_failed_night() -> None:
    """The night that held the lock says how it was."""
    assert why(night(0, "failed", code="locked", run_id="second"), night(0)) == ""


def test_a_failure_by_a_clock_that_was_ahead_is_over_with_the_next_complete_night() -> None:
    """M6: the order of the journal counts, not the times in it; so for one that was behind."""
    for off in (-30, 400):
        wrong = night(off, "failed", reason="[clock] the clock is wrong")
        assert why(night(0), wrong, night(1)) == ""
        assert why(night(0, "failed", reason="[auth] no"), night(1), wrong).startswith(
            "failed (the last run, 2026-03-02"
        )
        assert why(night(0, "running"), wrong, night(1), running="sync").startswith("failed (the last run, ")
        assert facts(night(0), wrong)["last_run"]["status"] == "complete"


def test_what_the_journal_lacks_is_placed_as_it_began() -> None:
    """Rows of `sync_runs` of before the journal; one that lies ahead comes last: its clock was wrong (M6)."""
    older = [{"run_id": f"t{ago}", "kind": "sync", "status": "failed", "started_at": f"{NOON - timedelta(days=ago)}"}
             for ago in (9, -30, 8)]  # fmt: skip
    known = {"run_id": "r1", "kind": "sync", "status": "complete", "started_at": f"{NOON}", "rows_read": 7}
    runs = runs_of([*older, known], [night(0), night(1)], running="", now=NOON)
    assert [run["run_id"] for run in runs] == ["r0", "r1", "t8", "t9", "t-30"]


def test_an_old_failure_here_is_over_with_the_complete_nights_of_another_machine() -> None:
    """The lease lets one machine run a night: the journal of the other has what it kept out, or nothing, since."""
    theirs = [
        {"run_id": f"t{ago}", "kind": "sync", "status": "complete", "started_at": f"{NOON - timedelta(days=ago)}"}
        for ago in (1, 2, 4)
    ]
    here = [night(0, "failed", code="locked"), night(3, "partial"), night(5)]
    runs = runs_of(theirs, here, running="", now=NOON)
    assert [run["run_id"] for run in runs] == ["r0", "t1", "t2", "r3", "t4", "r5"]
    assert streak(nightly(runs)) == []


def test_a_clock_that_was_wrong_for_one_run_moves_no_other_machines_run() -> None:
    """M6: neither one that was ahead nor one that was behind."""
    theirs = {"run_id": "t", "kind": "sync", "status": "failed", "started_at": f"{NOON - timedelta(days=2)}"}
    for off in (-30, 400):
        runs = runs_of([theirs], [night(0), night(off), night(1), night(3)], running="", now=NOON)
        assert [run["run_id"] for run in runs] == ["r0", f"r{off}", "r1", "t", "r3"]


def test_runs_of_some_clients_are_no_nights_though_the_journal_has_dropped_them() -> None:
    """Their rows of `sync_runs` tell; the night before, that failed, is still the last one."""
    one = {"kind": "sync", "status": "complete", "code": "", "run_id": "c", "started_at": f"{NOON}"}
    runs = runs_of([one | {"narrowed": True}], [night(1, "failed")], running="", now=NOON)
    assert [run["status"] for run in streak(nightly(runs))] == ["failed"]


def test_a_night_of_another_machine_makes_the_tenant_fresh() -> None:
    """The journal of this one does not know of it; what it says of a run of its own counts."""
    row = {"kind": "sync", "status": "complete", "narrowed": False, "started_at": f"{NOON}"}
    later, failed = (f"{NOON + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S+00:00}" for hours in (1, 2))
    table = [row | {"run_id": "theirs", "ended_at": later}, row | {"run_id": "r0", "ended_at": failed}]
    runs = runs_of(table, [night(0, "failed"), night(1)], running="", now=NOON)
    assert fresh_at(runs, [{"run_id": "r0", "ended_at": failed}]) == later
    old = [{"run_id": "old", "ended_at": later}]
    assert fresh_at(runs_of([], [night(0, "failed")], running="", now=NOON), old) == later


def test_a_night_that_failed_after_its_tables_called_it_complete_makes_nobody_fresh() -> None:
    """It was committed, and could not be published: the journal of its machine knows."""
    table = [{"run_id": "r0", "kind": "sync", "status": "complete", "started_at": f"{NOON}", "ended_at": f"{NOON}"}]
    runs = runs_of(table, [night(0, "failed")], running="", now=NOON)
    assert fresh_at(runs, [{"run_id": "r0", "ended_at": f"{NOON}"}]) is None


def test_a_run_that_did_not_end_failed_unless_it_goes_on() -> None:
    """Killed, or still at work: the lock tells."""
    assert "killed" in why(night(0, "running"), night(1))
    assert why(night(0, "running"), night(1), running="sync") == ""
    assert "killed" in why(night(0, "running"), night(1), running="verify")
    assert "killed" in why(night(0, "running"), night(1, "running"), running="sync")


def test_a_run_goes_on_though_another_was_kept_out_meanwhile() -> None:
    """A second one that the first locked out, or that was stopped before it began, is not the end of the first."""
    for code, status in (("locked", "failed"), ("stopped", "stopped")):
        second = night(0, status, code=code, errors=1, run_id="second")
        assert why(second, night(0, "running"), night(1), running="sync") == ""
        assert "killed" in why(second, night(0, "running"), night(1))


@pytest.mark.parametrize(("hours", "late"), [(25, False), (23, True), (None, False)])
def test_an_old_complete_run_is_overdue(hours: int | None, *, late: bool) -> None:
    """`--max-age` counts from the end of the last complete night; without it no age is too much."""
    allowed = None if hours is None else timedelta(hours=hours)
    assert bool(overdue(facts(night(1)), now=NOON + timedelta(minutes=3), max_age=allowed, first=FIRST)) is late


def test_an_overdue_night_says_why() -> None:
    """How old it may be, and whether nights failed or none was begun: a timer that is off leaves no other trace."""
    assert "more than 23.5 hours ago, and no nightly run began since" in why(night(2), hours=23.5)
    assert "no nightly run began" not in why(night(2), hours=23.5, running="sync")
    assert why(night(0, "failed", reason="[auth] no"), night(2), hours=26).endswith(
        "more than 26 hours ago: failed (the last run, 2026-03-02 12:00 UTC): [auth] no"
    )


def test_a_complete_run_in_the_future_is_no_freshness() -> None:
    """A clock that was ahead for one run would keep a monitor quiet for as long."""
    assert "a clock is or was wrong" in why(night(-45), hours=26)


def test_that_a_tenant_needs_no_attention_is_not_told_before_it_is_known() -> None:
    """A run has the warehouse, and whether a window is quarantined stands there."""
    known = facts(night(0))
    unknown = {name: value for name, value in known.items() if name not in {"quarantined", "coverage"}}
    late = facts(night(9), running="sync") | {"quarantined": None}
    said = metrics(standings(acme=known, bolt=unknown, cato=late))
    assert re.findall(r"needs_attention{(.*)} (.)", said) == [('tenant="acme"', "0"), ('tenant="cato"', "1")]
    assert re.findall(r"quarantined_windows{(.*)} (.)", said) == [('tenant="acme"', "0")]


def standings(**tenants: dict[str, object]) -> Standings:
    found = [Standing(tenant=name, facts=known) for name, known in tenants.items()]
    return Standings(tenants=found, now=NOON, max_age=timedelta(hours=26))


def test_the_first_line_counts_who_needs_attention() -> None:
    """One sentence over all tenants, and then why."""
    assert text(standings(a=facts(night(0)), b=facts(night(0)))).startswith(
        "All 2 tenants are complete, the oldest as of"
    )
    shown = text(standings(a=facts(night(0)), b=facts(), c=facts(night(0, "failed", reason="[auth] no"), night(1))))
    assert shown.splitlines()[0] == "2 of 3 tenants need attention."
    assert shown.splitlines()[1] == "  b: never synced: run `aleta-sync sync b`"
    assert text(standings(a=facts(night(0)), b=facts())).startswith("1 of 2 tenants needs attention.")


def test_the_text_fits_eighty_columns_and_steers_no_terminal() -> None:
    """The longest names there are, ids from outside (S2), and a long reason."""
    mark = {
        "resource": "instrument_classes_detailed",
        "parents": 1_234_567,
        "from_date": "1970-01-01",
        "all_through": "2026-11-25",
        "through_date": "2026-11-25",
        "oldest_verified_at": "2026-11-25T05:12:01+00:00",
        "never_read_whole": 12,
    }
    stuck = {
        "resource": "transactions",
        "parent_id": NASTY,
        "from_date": "2026-01-01",
        "to_date": "2026-02-01",
        "rows": 9,
        "reason": "why " * 60,
        "tried_at": "2026-11-25T05:12:01+00:00",
    }
    drift = {"resource": "accounts", "name": NASTY, "rows": 4, "first_seen_at": "2026-11-25T05:12:01+00:00"}
    shown = text(
        standings(
            a=facts(
                night(0, "failed", reason=f"[auth] {'no ' * 90}"),
                coverage=[mark],
                quarantined=[stuck],
                drift=[drift],
                running="process 12 on a-machine-with-a-long-name.example.org (`sync`, since 2026-11-25 05:12:01 UTC)",
            )
        )
    )
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.replace("\n", "").isprintable()
    assert not any(line.startswith("forged") for line in shown.splitlines())


def test_what_prometheus_reads_is_in_its_format() -> None:
    """Help and type before the samples of a metric; every sample a tenant and a number; labels quoted."""
    shown = metrics(standings(acme=facts(night(0), night(1, "failed")), beta=facts(night(0, "failed"))))
    sample = re.compile(r'aleta_sync_[a-z_]+\{tenant="[a-z]+"(,[a-z]+="[a-z_]+")?\} -?\d+')
    lines = shown.splitlines()
    assert shown.endswith("\n")
    assert all(sample.fullmatch(line) for line in lines if not line.startswith("# "))
    assert 'aleta_sync_needs_attention{tenant="beta"} 1' in lines
    assert 'aleta_sync_failing_runs{tenant="acme"} 0' in lines
    assert 'aleta_sync_last_run_status{tenant="beta",status="failed"} 1' in lines
    assert not any('last_complete_timestamp_seconds{tenant="beta"}' in line for line in lines)
    described = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(described) == len(set(described))


def test_the_days_of_the_longest_table_stand_under_their_names() -> None:
    """Two tables of different names: every figure ends where its heading ends, within 80 columns."""
    day = {"from_date": "1970-01-01", "all_through": "2026-11-25", "oldest_verified_at": NOON, "never_read_whole": 0}
    long = {"resource": "performance__instrument_classes_detailed", "parents": 6}
    marks = [{"resource": "prices", "parents": 64} | day, long | day]
    said = text(Standings(tenants=[Standing(tenant="acme", facts=facts(night(0)) | {"coverage": marks})])).splitlines()
    heading, *lines = said[said.index("  coverage") + 1 :]
    assert [line.split()[0] for line in lines] == ["prices", "performance__instrument_classes_detailed"]
    assert {len(line) for line in said[said.index("  coverage") + 1 :]} == {79}
    assert {line.index(" 1970-01-01") for line in lines} == {heading.index("parents") + len("parents")}
