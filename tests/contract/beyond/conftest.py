"""A small world with everything in it; a test may change its settings, not its rows."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.contract.beyond.reader import SMALL, Reader


@pytest.fixture(scope="session")
def box():
    with Sandbox(SMALL) as box:
        yield box


@pytest.fixture
def reader(box, tmp_path):
    yield Reader(box, tmp_path)
    changed = ("names", "prefix", "row_cap", "max_window_days", "limited_series", "keep")
    box.set(**{name: getattr(SMALL, name) for name in changed})
