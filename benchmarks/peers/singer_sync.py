"""The tap into `target-duckdb`, as Meltano runs them: a pipe, the state of the last run in, every new state kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from access import arguments

HERE = Path(__file__).parent


def main() -> int:
    access, _ = arguments()
    access.out.mkdir(parents=True, exist_ok=True)
    state = access.out / "state.json"
    tap_config = _written(access.out / "tap.json", {"folder": f"{access.folder}", "since": f"{access.since}"})
    target_config = _written(
        access.out / "target.json",
        {"path": f"{access.out / 'warehouse.duckdb'}", "default_target_schema": "peer"},
    )
    known = ["--state", f"{state}"] if state.exists() else []
    tap = subprocess.Popen(
        [sys.executable, f"{HERE / 'singer_tap.py'}", "--config", tap_config, *known], stdout=subprocess.PIPE
    )
    target = subprocess.Popen(
        [f"{Path(sys.executable).with_name('target-duckdb')}", "--config", target_config],
        stdin=tap.stdout,
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in target.stdout:
        _keep(state, line)
    return tap.wait() or target.wait()


def _written(file: Path, settings: dict[str, str]) -> str:
    file.write_text(json.dumps(settings))
    return f"{file}"


def _keep(state: Path, line: str) -> None:
    """What the target has flushed is what the next run begins with."""
    if line.strip() not in ("", "null"):
        new = state.with_suffix(".new")
        new.write_text(line)
        new.replace(state)


if __name__ == "__main__":
    sys.exit(main())
