"""Tenants selected by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import (
    SettingsError,
    load,
)
from tests.unit.pipelines.settings.configs import ACME, BETA, write


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        pytest.param([], ["acme", "beta"], id="none is all"),
        pytest.param(["beta"], ["beta"], id="one"),
        pytest.param(["beta", "acme", "beta"], ["acme", "beta"], id="each once, in the file's order"),
    ],
)
def test_tenants_are_selected_by_name(folder: Path, asked: list[str], got: list[str]) -> None:
    """No name means every tenant."""
    write(folder, ACME + BETA)
    assert [tenant.name for tenant in load(folder, environ={}).select(asked)] == got


def test_an_unknown_tenant_is_refused(folder: Path) -> None:
    """A tenant that is not configured is a slip, with the nearest name proposed."""
    write(folder, ACME + BETA)
    with pytest.raises(SettingsError) as refused:
        load(folder, environ={}).select(["acmee"])
    assert (refused.value.path, refused.value.expected) == ("tenants.acmee", "one of acme, beta")
    assert "Did you mean acme?" in str(refused.value)
