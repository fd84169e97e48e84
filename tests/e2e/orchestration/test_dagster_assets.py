"""Dagster's assets over the real program, in a process of ours; `make engines` runs them under real daemons."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.orchestration.definitions import Night, definitions, key_of
from pipelines.run.machine.lock import TenantLock
from pipelines.settings import SettingsError

DEPLOY = Path(__file__).parents[3] / "deploy" / "dagster"
NIGHT = Night(retries=1, retry_delay_s=0.01)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def materialize(program, instance):
    """Run the job for one tenant."""

    def run(tenant: str = "acme", night: Night = NIGHT) -> dg.ExecuteInProcessResult:
        job = definitions(program.config, night=night).resolve_job_def("aleta_sync")
        return job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=[key_of(tenant)])

    return run


def checks(result):
    return [(check.passed, check.description or "") for check in result.get_asset_check_evaluations()]


def attempts(result):
    return 1 + sum(event.event_type_value == "STEP_UP_FOR_RETRY" for event in result.all_events)


def test_a_complete_run_materializes_the_asset_with_its_counts(program, materialize):
    """And passes its check; the warehouse is exact."""
    result = materialize()

    [event] = result.get_asset_materialization_events()
    facts = {name: value.value for name, value in event.materialization.metadata.items()}
    assert result.success
    assert checks(result) == [(True, "")]
    assert facts["requests"] == len(program.box.requests) - 1  # without the token's
    [(rows,)] = program.rows("SELECT count(*) FROM aleta.transactions")
    tables = {record.data["table"]: record.data for record in facts["tables"].records}
    assert tables["transactions"]["added"] == rows > 0
    assert facts["added"] == sum(table["added"] for table in tables.values())
    assert program.differences() == []


def test_a_partial_run_is_materialized_and_fails_its_check(program, materialize):
    """What could be read is there; an account that is forbidden is so at once again, so nothing is tried again."""
    program.box.mutate("acme", "account_forbidden", account=min(program.box.truth("acme").accounts))

    result = materialize()

    [(passed, why)] = checks(result)
    assert (result.success, passed, attempts(result)) == (True, False, 1)
    assert why.startswith("exit 4: [forbidden]")
    assert len(result.get_asset_materialization_events()) == 1


@pytest.mark.parametrize(
    ("old", "new", "exit_code"),
    [
        pytest.param("kid-acme", "kid-nobody", 3, id="authentication"),
        pytest.param("secrets/acme.pem", "secrets/none.pem", 2, id="configuration"),
    ],
)
def test_a_key_that_is_refused_is_not_tried_again(program, materialize, old, new, exit_code):
    """Exits 2 and 3 are the operator's; the run fails, and its check says why."""
    program.rewrite(old, new)

    result = materialize()

    [(passed, why)] = checks(result)
    assert (result.success, passed, attempts(result)) == (False, False, 1)
    assert why.startswith(f"exit {exit_code}: ")
    assert ("none.pem" in why) == (exit_code == 2)
    assert result.get_asset_materialization_events() == []


@pytest.mark.long
def test_a_run_that_fails_is_tried_again(program, materialize):
    """Here another run holds the tenant; after the last retry the Dagster run fails."""
    with TenantLock(program.tenant_folder() / "lock", command="test"):
        result = materialize()

    assert (result.success, attempts(result)) == (False, 2)
    assert [passed for passed, _ in checks(result)] == [False, False]
    assert "[locked]" in checks(result)[0][1]


def test_a_partial_run_that_may_come_out_better_is_tried_again(program, materialize):
    """The last try is materialized, whatever came of it; its check fails."""
    account = min(program.box.truth("acme").accounts)
    program.box.faults.script("203", path_contains=f"accountId={account}", times=1000)

    result = materialize()

    assert (result.success, attempts(result)) == (True, 2)
    assert [passed for passed, _ in checks(result)] == [False, False]


def test_each_tenant_is_an_asset_in_the_pool_of_its_sub(start):
    """Key, pool, check, freshness and retries are the contract's."""
    program = start(tenants=("acme", "b-olt"))
    program.rewrite(f'sub = "{program.known("b-olt")["sub"]}"', 'sub = "a family office"')

    built = definitions(program.config)

    graph = built.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {"aleta/acme", "aleta/b-olt"}
    assert {key.name for key in graph.asset_check_keys} == {"complete"}
    for tenant, pool in (("acme", program.known()["sub"]), ("b-olt", "a_family_office")):
        asset = built.resolve_assets_def(key_of(tenant))
        assert asset.op.pool == pool
        assert asset.op.retry_policy.max_retries == 2
        spec = asset.get_asset_spec(key_of(tenant))
        assert spec.freshness_policy == dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26))


def test_the_schedule_asks_for_a_run_a_tenant(start, instance):
    """Each of one asset, so that pools hold back those of one `sub` alone."""
    program = start(tenants=("acme", "bolt"))
    schedule = definitions(
        program.config, night=Night(cron="0 3 * * *", timezone="Europe/Zurich")
    ).resolve_schedule_def("nightly")

    asked = schedule.evaluate_tick(dg.build_schedule_context(instance)).run_requests

    assert [request.asset_selection for request in asked] == [[key_of("acme")], [key_of("bolt")]]
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 3 * * *", "Europe/Zurich")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_schedule_introduces_each_pool_before_it_asks(start, tmp_path):
    """Dagster begins every waiting run of a pool that is new to it; a limit that an operator set stays."""
    program = start(tenants=("acme", "bolt"))
    pools = [program.known(tenant)["sub"] for tenant in ("acme", "bolt")]
    schedule = definitions(program.config).resolve_schedule_def("nightly")
    home = tmp_path / "instance"
    home.mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", home)
    with dg.DagsterInstance.from_config(f"{home}") as instance:
        instance.event_log_storage.set_concurrency_slots(pools[0], 3)

        schedule.evaluate_tick(dg.build_schedule_context(instance))

        limits = {limit.name: limit.limit for limit in instance.event_log_storage.get_pool_limits()}
    assert limits == {pools[0]: 3, pools[1]: 1}


def test_a_wrong_configuration_is_named_when_dagster_loads_it(program):
    program.rewrite("kid = ", "kit = ")

    with pytest.raises(SettingsError, match=r"tenants\.acme\.kit"):
        definitions(program.config)


def test_defs_are_those_of_the_folder_in_the_environment(program):
    """As Dagster loads them: by the module's name, with the instance of the example."""
    home = program.folder / "dagster"
    home.mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", home)
    environ = os.environ | {"DAGSTER_HOME": f"{home}", "ALETA_SYNC_CONFIG": f"{program.config}"}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", f"{DEPLOY / 'workspace.yaml'}"]

    done = subprocess.run(command, cwd=program.folder, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation successful for code location aleta" in done.stdout + done.stderr
