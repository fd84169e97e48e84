"""The environment of the programs that others read the published copies with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxSettings
from tests.e2e.conftest import EVERYTHING
from tests.e2e.program import Program

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def readers() -> Path:
    """The folder of its programs."""
    programs = ROOT / ".readers" / "bin"
    if not programs.exists():
        assert "READERS" not in os.environ, "make readers did not set up .readers"
        pytest.skip("no .readers here: `make readers` sets it up, with DuckDB 1.x, polars, pandas, dbt and marimo")
    return programs


@pytest.fixture(scope="session")
def office(readers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Two nights of an ordinary office, every table."""
    settings = SandboxSettings(ordinary=True, accounts=6, rows=300, years=1, computed_days=45)
    with Sandbox(settings) as box:
        folder = tmp_path_factory.mktemp("office")
        program = Program(box, folder, publish=["duckdb"], resources=["*"], look_back_days=EVERYTHING)
        assert program.sync().exit == 0
        box.mutate_night("acme", 1, late=0.02, edited=0.02, deleted=0.01)
        assert program.sync().exit == 0
        yield program
