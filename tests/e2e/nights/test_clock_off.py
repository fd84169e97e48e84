"""A clock that is off the API's `Date` header (rule M6)."""

from __future__ import annotations

import pytest

from tests.e2e.program import Program
from tests.lengths import long_but


@pytest.mark.parametrize("skew_s", long_but({1200}, [1200, -1200]))
def test_a_clock_that_is_off_the_apis_fails_before_anything_is_marked_m6(start, skew_s):
    """M6: twenty minutes between this clock and the `Date` header: exit 1, nothing committed; `check` says it too."""
    program: Program = start(date_off_s=skew_s)

    ended = program.sync(expect=1)

    assert any("clock" in error["message"] or error["code"] == "clock" for error in ended.errors())
    assert not program.warehouse().exists()
    assert program.run("check", "--json").exit == 1


@pytest.mark.parametrize("skew_s", long_but({-300}, [300, -300]))
def test_a_clock_that_is_minutes_off_is_good_enough_m6(start, skew_s):
    """M6: five minutes are what clocks are off."""
    program: Program = start(date_off_s=skew_s)

    program.sync()

    assert program.differences() == []
