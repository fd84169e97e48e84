"""The oracle's check of windows that overlap: what it objects to, and what it does not."""

from __future__ import annotations

import pytest

from tests.histories.checks.receipts import claims_tile
from tests.histories.model import Claim
from tests.stores import on

REACH = (on(1), on(40))


def told(*spans: tuple[int, int]) -> list[str]:
    claims = [
        Claim(run_id="r", account="a", first=on(first), last=on(last), rows=0, status="complete", reason="")
        for first, last in spans
    ]
    return list(claims_tile(claims, REACH, cut=False))


@pytest.mark.parametrize(
    "spans",
    [
        pytest.param([(1, 10), (11, 40)], id="one-reading"),
        pytest.param([(11, 20), (1, 15), (16, 40)], id="the-whole-history-after-a-part"),
        pytest.param([(1, 10), (11, 19), (11, 20), (21, 40)], id="both-have-the-first-window"),
    ],
)
def test_w5_a_whole_history_that_is_read_after_a_part_may_overlap(spans):
    assert told(*spans) == []


@pytest.mark.parametrize(
    "spans",
    [
        pytest.param([(1, 10), (10, 20)], id="a-day-twice"),
        pytest.param([(1, 10), (11, 19), (11, 20), (21, 39)], id="no-reading-is-whole"),
    ],
)
def test_sabotage_other_windows_that_overlap_are_told(spans):
    [line] = told(*spans)
    assert "windows of a overlap" in line
