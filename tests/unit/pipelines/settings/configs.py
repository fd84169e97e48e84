"""Configurations as text, and what comes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import (
    SettingsError,
    TenantSettings,
    load,
)

IDENTITY = 'kid = "k1"\niss = "https://acme.example"\nsub = "u1"\n'
ACME = f'[tenants.acme]\n{IDENTITY}private_key_file = "secrets/acme.pem"\n'
BETA = ACME.replace("acme]", "beta]")
SHIPPED = Path(__file__).parents[4] / "config"


def write(folder: Path, config: str, secrets: str | None = None) -> None:
    (folder / "config.toml").write_text(config)
    if secrets is not None:
        (folder / "secrets.toml").write_text(secrets)
        (folder / "secrets.toml").chmod(0o600)


def tenant_of(folder: Path, config: str, secrets: str | None = None, **environ: str) -> TenantSettings:
    write(folder, config, secrets)
    return load(folder, environ=environ).tenants[0]


def error_of(folder: Path, config: str, secrets: str | None = None, **environ: str) -> SettingsError:
    write(folder, config, secrets)
    with pytest.raises(SettingsError) as refused:
        load(folder, environ=environ)
    return refused.value
