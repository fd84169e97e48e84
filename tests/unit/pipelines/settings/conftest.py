"""A folder for a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty configuration folder; its parent is where relative paths start."""
    (tmp_path / "config").mkdir()
    return tmp_path / "config"
