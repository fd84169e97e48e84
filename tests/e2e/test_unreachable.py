"""A host that nobody answers at: how long it is tried, and what is said then."""

from __future__ import annotations

import pytest


@pytest.mark.timeout(240)
def test_a_host_that_nobody_answers_at_is_tried_for_two_minutes_at_most(in_vain):
    """Exit 1 with the address, after patience that has an end."""
    program, address, running = in_vain

    ended = program.end(running, timeout_s=200)

    [error] = ended.errors()
    assert ended.exit == 1
    assert error["code"] == "unreachable"
    assert address in error["message"]
    assert ended.tenant()["retries"] > 3
    assert ended.tenant()["duration_s"] < 130
    assert not program.warehouse().exists()
