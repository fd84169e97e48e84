"""A small world, and someone else's pipeline in DuckDB."""

from __future__ import annotations

import dlt
import pytest

from sandbox import Sandbox, SandboxSettings
from tests import typing_cache
from tests.e2e.dlt_source.theirs import SMALL


@pytest.fixture
def box(request):
    """The settings of a test's own world are its parameter."""
    with Sandbox(SandboxSettings(**SMALL | getattr(request, "param", {}))) as started:
        yield started


@pytest.fixture(autouse=True)
def dlt_alone(monkeypatch, tmp_path):
    """No configuration but the test's own."""
    typing_cache.cache_answers()
    monkeypatch.setenv("DLT_CONFIG_FOLDER", f"{tmp_path}")
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "ERROR")


@pytest.fixture
def known(box, tmp_path):
    """What `aleta_source` needs to know."""
    import tomllib

    folder = box.write_config(tmp_path / "config")
    tenant = tomllib.loads((folder / "config.toml").read_text())["tenants"]["acme"]
    key = (folder / tenant.pop("private_key_file")).read_text()
    return tenant | {"private_key": key, "api_url": box.url, "auth_url": box.url, "audience": box.url}


@pytest.fixture
def pipeline(tmp_path):
    destination = dlt.destinations.duckdb(f"{tmp_path / 'theirs.duckdb'}")
    made = dlt.pipeline("theirs", pipelines_dir=f"{tmp_path / 'dlt'}", destination=destination, dataset_name="aleta")
    yield made
    made.deactivate()
