"""What the histories share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.histories.runner import Runner


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """Runs the pipeline in processes that can be killed."""
    with Runner() as started:
        yield started
