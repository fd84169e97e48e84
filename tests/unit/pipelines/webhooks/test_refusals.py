"""A flood cannot fill the log."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from pipelines.webhooks.refusals import SHOWN, Refusals


def test_the_first_are_lines_and_the_rest_is_counted(caplog):
    """Of each tenant by itself."""
    now = [datetime(2026, 11, 26, tzinfo=UTC)]
    refusals = Refusals(lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for _ in range(1000):
            refusals.note("acme", 401, "no signature fits")
        refusals.note("bravo", 401, "no signature fits")
        now[0] += timedelta(minutes=1)
        refusals.note("acme", 401, "no signature fits")
    lines = [record.getMessage() for record in caplog.records]
    assert lines.count("acme: a delivery is refused (401): no signature fits") == SHOWN + 1
    assert lines.count("bravo: a delivery is refused (401): no signature fits") == 1
    assert f"acme: {1000 - SHOWN} more deliveries were refused" in lines
    assert len(lines) == SHOWN + 3
