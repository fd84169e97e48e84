"""A store in memory."""

import pytest

from tests.stores import memory_store


@pytest.fixture
def store():
    with memory_store() as empty:
        yield empty
