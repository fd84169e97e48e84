"""What a configuration is warned of and taken all the same."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pipelines.settings import (
    load,
)
from tests.unit.pipelines.settings.configs import ACME, IDENTITY, write


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660], ids=oct)
def test_secrets_that_others_may_read_are_warned_of(folder: Path, mode: int) -> None:
    """S1: files with keys are their owner's."""
    write(folder, ACME, "")
    (folder / "secrets.toml").chmod(mode)
    (warning,) = load(folder, environ={}).warnings
    assert f"chmod 600 {folder / 'secrets.toml'}" in warning


def test_private_secrets_are_not_warned_of(folder: Path) -> None:
    """0600 is as it should be."""
    write(folder, ACME, "")
    assert stat.S_IMODE((folder / "secrets.toml").stat().st_mode) == 0o600
    assert load(folder, environ={}).warnings == ()


def test_a_key_in_the_shared_file_is_warned_of(folder: Path) -> None:
    """S1: config.toml is made to be shared."""
    write(folder, f'[tenants.acme]\n{IDENTITY}private_key = "HIDDEN"')
    (warning,) = load(folder, environ={}).warnings
    assert "secrets.toml" in warning
    assert "HIDDEN" not in warning


def test_a_variable_for_no_tenant_is_warned_of(folder: Path) -> None:
    """A shell may serve several folders; a name that fits none here is likely a slip, and said so."""
    write(folder, ACME)
    (warning,) = load(
        folder, environ={"TENANTS__ACMEE__WORKERS": "3", "TENANT": "x", "ALETA_SYNC_CONFIG": "y"}
    ).warnings
    assert "TENANTS__ACMEE__WORKERS" in warning


def test_an_address_that_nothing_goes_to_is_warned_of(folder: Path) -> None:
    """Only Delta tables go to `publish_url`."""
    write(folder, f'{ACME}publish_url = "s3://bucket/aleta/"')
    (warning,) = load(folder, environ={}).warnings
    assert "publish_url of acme is not used" in warning
