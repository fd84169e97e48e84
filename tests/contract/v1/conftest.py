"""A small world over its socket, and a signed-in client of it."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.contract.crawl.caller import SMALL, Caller


@pytest.fixture
def box():
    with Sandbox(SMALL) as box:
        box.set(v1_page_rows=7)
        yield box


@pytest.fixture
def caller(box, tmp_path):
    return Caller(box, box.write_config(tmp_path)).sign_in()
