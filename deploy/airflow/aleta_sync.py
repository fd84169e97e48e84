"""A night of Aleta in Airflow 3: a task a tenant, in a pool of its `sub`.

Copy it into the folder of DAGs. Make the pools first: airflow pools set SUB 1 "tenants of one request budget"
"""

from __future__ import annotations

import os
import subprocess
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

CONFIG = Path(os.environ.get("ALETA_SYNC_CONFIG", "/etc/aleta/config"))
PROGRAM = os.environ.get("ALETA_SYNC_PROGRAM", "/opt/aleta-sync/.venv/bin/aleta-sync")
NOT_AGAIN = {2: "usage or configuration", 3: "authentication", 4: "partial: what could be read is committed"}
RETRIES = {"retries": 2, "retry_delay": timedelta(minutes=5)}


@task
def sync(tenant: str) -> None:
    """Run the program. When Airflow ends the task, SIGTERM has the program commit what it has read."""
    command = [PROGRAM, "--config", f"{CONFIG}", "sync", tenant, "--json"]
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            raise
    if code in NOT_AGAIN:
        raise AirflowFailException(f"{tenant}: exit {code}, {NOT_AGAIN[code]}")
    if code != 0:
        raise AirflowException(f"{tenant}: exit {code}")


@dag(
    schedule="15 5 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=RETRIES,
)
def aleta_sync() -> None:
    """Each tenant of `config.toml`."""
    tenants = tomllib.loads((CONFIG / "config.toml").read_text("utf-8-sig"))["tenants"]
    for name, tenant in tenants.items():
        sync.override(task_id=name, pool=tenant["sub"])(name)


aleta_sync()
