"""Run by the Python of `.engines`, where Airflow is: the tasks of the example, and how each exit code ends one."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, f"{Path(__file__).parents[2] / 'deploy' / 'airflow'}")

import aleta_sync


def ended(code: int) -> str:
    os.environ["EXIT"] = f"{code}"
    try:
        aleta_sync.sync.function("acme")
    except Exception as error:  # noqa: BLE001 - which one is what is asked
        return type(error).__name__
    return "success"


tasks = {task.task_id: [task.pool, task.retries] for task in aleta_sync.aleta_sync().tasks}
sys.stdout.write("\n" + json.dumps({"tasks": tasks, "ends": {code: ended(code) for code in (0, 1, 2, 3, 4)}}) + "\n")
