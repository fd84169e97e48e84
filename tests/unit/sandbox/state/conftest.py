"""A small world with what is beyond the crawl."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.state.computed_worlds import store


@pytest.fixture(scope="module")
def small():
    return store()


@pytest.fixture(scope="module")
def truth(small):
    return small.truth()
