"""The examples in deploy/ in the tools they are for, which are in `.engines`: Airflow, and Kubernetes' own schema."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxSettings

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".engines" / "bin"
PROGRAM = """#!/bin/sh
echo "$@" >> "$0.calls"
exit "$EXIT"
"""
if "ENGINES" not in os.environ:
    pytest.skip("their tools are heavy: `make engines` installs them", allow_module_level=True)


def test_the_tasks_of_airflow_are_the_tenants_and_fail_as_they_should(tmp_path):
    """A task a tenant in the pool of its sub; exits 2, 3 and 4 are not tried again."""
    program = tmp_path / "aleta-sync"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    with Sandbox(SandboxSettings(tenants=("acme", "bolt"), accounts=1, rows=1)) as box:
        config = box.write_config(tmp_path / "config")
    environ = os.environ | {
        "AIRFLOW_HOME": f"{tmp_path}", "ALETA_SYNC_CONFIG": f"{config}", "ALETA_SYNC_PROGRAM": f"{program}",
    }  # fmt: skip
    command = [f"{BIN / 'python'}", f"{ROOT / 'tests' / 'engines' / 'airflow_tasks.py'}"]

    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["tasks"] == {"acme": ["sub-acme", 2], "bolt": ["sub-bolt", 2]}
    refused = "AirflowFailException"
    assert said["ends"] == {"0": "success", "1": "AirflowException", "2": refused, "3": refused, "4": refused}
    assert set((tmp_path / "aleta-sync.calls").read_text().splitlines()) == {f"--config {config} sync acme --json"}


@pytest.mark.parametrize("version", ["1.29", "1.33", "1.35"])
def test_the_cron_job_is_what_kubernetes_takes(version, tmp_path):
    """By the schema of the version; a field that it does not know is refused."""
    file = ROOT / "deploy" / "kubernetes" / "cronjob.yaml"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(file.read_text().replace("concurrencyPolicy", "concurrencyPolitics"))
    command = [f"{BIN / 'kubernetes-validate'}", "--strict", "-k", version]

    done = subprocess.run([*command, f"{file}"], capture_output=True, text=True, check=False)
    refused = subprocess.run([*command, f"{wrong}"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert refused.returncode != 0
