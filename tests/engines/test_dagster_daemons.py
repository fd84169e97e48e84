"""The example deployment under real daemons: the night begins by itself, pools keep tenants apart, a stop is clean."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from dagster import DagsterRunStatus

from pipelines.run.machine.lock import holder
from sandbox import Sandbox, SandboxSettings
from tests import browser
from tests.e2e.program import Program

if "ENGINES" not in os.environ:
    pytest.skip("daemons take minutes: `make engines` starts them", allow_module_level=True)

from tests.engines.deployment import deployed, until

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore:Using variable_values and operation_name"),  # Dagster's client of gql
]
SUBS = {"acme": ("acme", "acme-art", "acme-land"), "bolt": ("bolt", "bolt-two")}
TENANTS = {name for names in SUBS.values() for name in names}
FINISHED = {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Five tenants of two subs: several names for one registration, each with a folder of its own."""
    settings = SandboxSettings(
        tenants=("acme", "bolt"),
        accounts=6,
        rows=300,
        years=2,
        row_cap=40,
        latency_s=0.1,
        today=datetime.now(UTC).date(),
    )
    with Sandbox(settings) as box:
        program = Program(box, tmp_path_factory.mktemp("engines"))
        file = program.config / "config.toml"
        head, *sections = file.read_text().split("[tenants.")
        for name, section in zip(SUBS, sections, strict=True):
            head += "".join(section.replace(name, f"[tenants.{twin}", 1) for twin in SUBS[name])
        file.write_text(head)
        yield program


@pytest.fixture(scope="module")
def night(program):
    """A deployment whose night begins in a minute or two, and is over."""
    begins = datetime.now(UTC) + timedelta(seconds=90)
    with deployed(program.folder, program.config, cron=f"{begins.minute} {begins.hour} * * *") as deployment:
        until(lambda: len(deployment.runs()) == len(TENANTS), log=deployment.log)
        until(lambda: {run.dagster_run.status for run in deployment.runs()} <= FINISHED, log=deployment.log)
        yield deployment


def spans(deployment, tenants):
    """When the runs of *tenants* began and ended."""
    return [
        (run.start_time, run.end_time)
        for run in deployment.runs()
        if run.dagster_run.tags.get("aleta/tenant") in tenants
    ]


def overlap(first, second):
    return first[0] < second[1] and second[0] < first[1]


def test_the_schedule_begins_a_run_a_tenant(program, night):
    """At its minute, once; each ends complete, and the warehouses are exact."""
    scheduled = [run for run in night.runs() if "dagster/schedule_name" in run.dagster_run.tags]

    assert sorted(run.dagster_run.tags["aleta/tenant"] for run in scheduled) == sorted(TENANTS)
    assert {run.dagster_run.status for run in scheduled} == {DagsterRunStatus.SUCCESS}, night.log()
    for sub, names in SUBS.items():
        for name in names:
            rows = program.column("SELECT id FROM aleta.transactions", name)
            assert {*rows} == {*program.box.objects(sub)["transactions"]}


def test_no_two_tenants_of_one_sub_run_at_once(night):
    """Those of different ones do, so that the times tell."""
    for names in SUBS.values():
        assert [pair for pair in combinations(spans(night, names), 2) if overlap(*pair)] == []
    assert any(overlap(acme, bolt) for acme in spans(night, SUBS["acme"]) for bolt in spans(night, SUBS["bolt"]))


def test_a_termination_stops_the_program_cleanly(program, night):
    """C1: it commits what it has read and ends by itself before Dagster says that the run is over."""
    last = _last_line(program)
    program.box.set(latency_s=2.0)
    before = len(program.box.requests)
    run_id = night.launch("acme-land")
    until(lambda: len(program.box.requests) > before + 3, log=night.log)
    lock = program.tenant_folder("acme-land") / "lock"
    assert holder(lock) is not None

    night.terminate(run_id)

    until(lambda: night.status(run_id) in FINISHED, log=night.log)
    assert night.status(run_id) is DagsterRunStatus.CANCELED
    assert holder(lock) is None
    stopped = _last_line(program)
    assert stopped["run_id"] != last["run_id"]
    assert stopped["status"] == stopped["code"] == "stopped"

    program.box.set(latency_s=0.0)
    again = night.launch("acme-land")
    until(lambda: night.status(again) in FINISHED, log=night.log)
    assert night.status(again) is DagsterRunStatus.SUCCESS
    assert _last_line(program)["status"] == "complete"


def test_a_partial_run_fails_its_check_in_the_deployment(program, night):
    """And stays a success of Dagster's: what could be read is in the warehouse."""
    account = min(program.box.truth("bolt").accounts)
    program.box.mutate("bolt", "account_forbidden", account=account)

    run_id = night.launch("bolt-two")

    until(lambda: night.status(run_id) in FINISHED, log=night.log)
    assert night.status(run_id) is DagsterRunStatus.SUCCESS
    [check] = _checks(night, run_id)
    assert not check.passed
    assert account in check.description


def test_its_page_shows_what_is_fresh_and_what_failed(night, tmp_path, request):
    """In a real Chromium; the picture in docs/orchestration.md is of this page."""
    shown = "Fails if more than 26 hours since last materialization"
    with browser.chromium(tmp_path) as tab:
        body = "document.body?.innerText"  # a document that is on its way has no body
        ready = f"{body}?.includes({shown!r}) && {body}.includes('run_id')"
        tab.visit(f"{night.url}/assets/aleta/bolt-two", width=1280, ready=ready)
        text = tab.run("document.body.innerText")
        (request.config.cache.mkdir("pictures") / "dagster.png").write_bytes(tab.picture())

    for words in ("Latest check results", "Passing", "The warehouse of bolt-two", "aleta_sync"):
        assert words in text


def _checks(night, run_id):
    return [
        entry.dagster_event.asset_check_evaluation_data
        for entry in night.instance.all_logs(run_id)
        if entry.is_dagster_event and entry.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]


def _last_line(program):
    """The last run that `status` knows of."""
    return json.loads((program.tenant_folder("acme-land") / "runs.jsonl").read_text().splitlines()[-1])
