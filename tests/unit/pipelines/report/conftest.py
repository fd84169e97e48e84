"""A clock, and the progress of a run by it."""

from __future__ import annotations

import io

import pytest

from pipelines.report.progress import Progress, Screen
from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def progress(clock: FakeClock) -> Progress:
    return Screen(io.StringIO(), clock).tenant("acme", requests_per_minute=1000)
