"""dlt's own sections and its telemetry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pipelines.settings import (
    point_dlt_at,
)
from tests.unit.pipelines.settings.configs import SHIPPED, write

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("marked", [(), ("config.toml",), ("config.toml", "secrets.toml")], ids=len)
def test_dlt_finds_its_own_sections(folder: Path, tmp_path: Path, marked: tuple[str, ...]) -> None:
    """After `point_dlt_at`, dlt reads DIR/config.toml and DIR/secrets.toml, and its telemetry is off.

    Also where one begins with a byte order mark, at which dlt's own reader ends.
    """
    write(folder, "[normalize]\nworkers = 7\n", '[destination.any]\npassword = "pw"\n')
    for name in marked:
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    script = dedent("""
        import os, sys
        from pathlib import Path
        from pipelines.settings import point_dlt_at
        assert "dlt" not in sys.modules
        point_dlt_at(Path(sys.argv[1]), os.environ)
        import dlt
        from dlt.common.configuration.resolve import resolve_configuration
        from dlt.common.configuration.specs import RuntimeConfiguration
        runtime = resolve_configuration(RuntimeConfiguration())
        print(dlt.config["normalize.workers"], dlt.secrets["destination.any.password"], runtime.dlthub_telemetry)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, "config"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(SHIPPED.parent), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["7", "pw", "False"]


def test_telemetry_stays_as_the_operator_set_it() -> None:
    """Who asks for telemetry gets it."""
    environ = {"RUNTIME__DLTHUB_TELEMETRY": "true", "RUNTIME__LOG_LEVEL": "INFO"}
    point_dlt_at(Path("/etc/aleta"), environ)
    assert environ == {
        "RUNTIME__DLTHUB_TELEMETRY": "true",
        "RUNTIME__LOG_LEVEL": "INFO",
        "DLT_CONFIG_FOLDER": "/etc/aleta",
    }
