"""Where a value is written that is refused only when all is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import SettingsError, load
from tests.unit.pipelines.settings.configs import ACME, write


@pytest.mark.parametrize(
    ("aleta", "tenant", "secrets", "environ", "file", "path"),
    [
        pytest.param('resources = ["x"]', "", None, {}, "config.toml", "aleta.resources", id="aleta"),
        pytest.param("", 'resources = ["x"]', None, {}, "config.toml", "tenants.acme.resources", id="tenant"),
        pytest.param(
            'resources = ["*"]',
            "",
            '[tenants.acme]\nresources = ["x"]',
            {},
            "secrets.toml",
            "tenants.acme.resources",
            id="secrets",
        ),
        pytest.param(
            'resources = ["*"]',
            "",
            None,
            {"ALETA__RESOURCES": "x"},
            "environment variable ALETA__RESOURCES",
            "aleta.resources",
            id="environment",
        ),
        pytest.param("", "", None, {}, "config.toml", "tenants.acme.resources", id="nowhere"),
    ],
)
def test_what_is_refused_later_is_named_where_it_is_written(
    folder: Path, aleta: str, tenant: str, secrets: str | None, environ: dict[str, str], file: str, path: str
) -> None:
    """The name of a table is looked up when all is read: of several places the one that counts is to be mended."""
    write(folder, f"[aleta]\n{aleta}\n{ACME}{tenant}\n", secrets)
    settings = load(folder, environ=environ)
    with pytest.raises(SettingsError) as refused:
        settings.refuse("acme", "resources", "names of tables", "")
    named = file if file.startswith("environment") else f"{folder / file}"
    assert (refused.value.file, refused.value.path) == (named, path)
