"""What the histories share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.histories.runner import Runner
from tests.lengths import DEEP

LONG = DEEP > 1 or "HISTORIES" in os.environ  # `make oracle` draws anew each time, the suite a fixed choice
settings.register_profile("loaded", deadline=None, derandomize=not LONG)  # a loaded machine takes longer: no failure
settings.load_profile("loaded")


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """Runs the pipeline in processes that can be killed."""
    with Runner() as started:
        yield started


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Say on the terminal, at once, how far a long test has come."""

    def told(line: str) -> None:
        with capfd.disabled():
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    return told
