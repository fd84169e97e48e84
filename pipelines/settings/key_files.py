"""The files that hold private keys: there, readable, and nobody else's to read. Their content is no setting's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .configuration import Settings
from .owners import DENIED, reason_of
from .tenant import TenantSettings


def check_key_files(settings: Settings, tenants: Sequence[TenantSettings]) -> None:
    """Refuse a key file that is missing or cannot be read.

    Raises:
        SettingsError: the first that is; nothing was sent.
    """
    for tenant in tenants:
        if file := tenant.key.file:
            try:
                os.close(os.open(file, os.O_RDONLY | os.O_NONBLOCK))
                reason = f"it is a folder{_without_a_key(file)}" if file.is_dir() else ""
                if file.is_file():  # of a pipe there is one reading
                    file.read_text()
            except UnicodeDecodeError:
                reason = f"it is not text{_without_a_key(file)}"
            except OSError as error:
                reason = f"{reason_of(error)}{'' if error.errno in DENIED else _without_a_key(file)}"
            if reason:
                settings.refuse(tenant.name, "private_key_file", "a file that can be read", f"{file}: {reason}.")


def _without_a_key(file: Path) -> str:
    return f". Put the key there, or make one: `aleta-sync keys generate --out {file}`"


def loose_key_file(tenant: TenantSettings) -> str:
    """A warning where others on this machine may read a tenant's key; else empty."""
    file = tenant.key.file
    if file and file.stat().st_mode & 0o077:
        return f"{file}: others on this machine may read it. Run: chmod 600 {file}"
    return ""
