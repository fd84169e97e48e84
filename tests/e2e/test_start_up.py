"""How little a command loads before it answers: modules are counted, because seconds depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROBE = """
import json, sys
from pipelines.cli import main
{sabotage}
try:
    main({arguments!r}, standalone_mode=False)
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
HEAVY = {"dlt", "duckdb", "pyarrow", "requests", "urllib3", "cryptography", "jwt", "rich", "tenacity", "sandbox"}
MOST = 220  # 157 when this was written; dlt alone brings 1,500
TENANT = '[tenants.acme]\nkid = "k"\niss = "i"\nsub = "s"\nprivate_key_file = "acme.pem"\n'


def loaded(*arguments: str, sabotage: str = "") -> set[str]:
    """The modules that `aleta-sync` with *arguments* ends with."""
    script = PROBE.format(arguments=list(arguments), sabotage=sabotage)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    return set(json.loads(ended.stderr.splitlines()[-1]))


def heavy(modules: set[str]) -> set[str]:
    return HEAVY & {module.split(".")[0] for module in modules}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["sync", "--help"], ["sandbox", "--help"]], ids=" ".join
)
def test_help_loads_nothing_heavy(arguments):
    """Whoever asks what there is does not wait for dlt, DuckDB or Arrow."""
    modules = loaded(*arguments)
    assert not heavy(modules)
    assert len(modules) <= MOST


def test_status_of_a_published_copy_needs_no_dlt(tmp_path):
    """It reads one file; dlt would be most of its time."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(TENANT)
    modules = loaded("--config", f"{tmp_path / 'config'}", "status")
    assert "pipelines.commands.status" in modules
    assert heavy(modules) == {"duckdb", "pyarrow"}


@pytest.mark.parametrize("command", ["plan", "check"])
@pytest.mark.parametrize("state", ["program", "synced"])
def test_who_looks_into_the_private_file_needs_no_dlt(request, command, state):
    """dlt's own copy of the state is plain JSON, and its hash tells whether the store has another."""
    modules = loaded("--config", f"{request.getfixturevalue(state).config}", command)
    assert f"pipelines.commands.{command}" in modules
    assert "duckdb" in heavy(modules)
    assert "dlt" not in heavy(modules)


def test_the_guard_sees_what_is_loaded():
    """Sabotage: one import at the top is enough to fail."""
    modules = loaded("--help", sabotage="import dlt")
    assert heavy(modules) >= {"dlt"}
    assert len(modules) > MOST
