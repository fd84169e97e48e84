"""The options of `status`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pipelines.commands.status import command


@pytest.mark.parametrize("age", ["nan", "-nan", "inf", "-inf", "-1", "1e300", "a day"])
def test_an_age_that_is_no_number_of_hours_is_a_mistake_in_the_call(age: str) -> None:
    """Exit 2: a comparison with NaN is never true, so no range refuses it."""
    result = CliRunner().invoke(command, ["--max-age", age])

    assert result.exit_code == 2
    assert "--max-age" in result.output
