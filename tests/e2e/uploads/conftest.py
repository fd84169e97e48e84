"""A tenant that may be written to."""

from __future__ import annotations

import pytest

from tests.e2e.program import Program


@pytest.fixture
def uploader(start) -> Program:
    """The program for a tenant that may be written to."""
    return start(aleta={"writes": True})
