"""`verify`: what its options may say together."""

from __future__ import annotations

from click.testing import CliRunner

from pipelines.commands.verify import command


def test_all_and_a_sample_exclude_each_other() -> None:
    """The contract has `--sample N | --all`: who names both is asked which is meant (exit 2), nothing is read."""
    result = CliRunner().invoke(command, ["--all", "--sample", "3"])
    assert result.exit_code == 2
    assert "name one of them" in result.output
