"""A clock that a test moves."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock


@pytest.fixture
def clock():
    return FakeClock()
