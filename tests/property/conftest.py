"""What the histories share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.histories.runner import Runner

settings.register_profile("loaded", deadline=None)  # a loaded machine takes longer, which is no failure
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
