"""What kind of run it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.run.job import SYNC, Job, nightly, sync_of


@pytest.mark.parametrize(
    ("job", "narrow"),
    [
        pytest.param(SYNC, False, id="a night"),
        pytest.param(sync_of(["c1"]), True, id="one client"),
        pytest.param(Job(kind="backfill", choose=nightly), True, id="a span"),
        pytest.param(replace(SYNC, only=["a1"]), False, id="a night, one account named"),
    ],
)
def test_a_run_that_may_read_one_row_does_not_replace_the_proof_of_the_cap(job: Job, narrow: bool) -> None:
    """W1: the largest answer of a span of one day is no measure of what the API shows."""
    assert job.narrow is narrow
