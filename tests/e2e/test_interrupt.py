"""Ctrl-C in the second that imports take, when no command listens to signals yet."""

from __future__ import annotations

import click
import pytest

from pipelines.cli import Guarded


def test_an_interrupt_before_a_command_listens_is_exit_130(capsys):
    """Exit 130 as for any other SIGINT, and not click's 1 and `Aborted!`."""

    @click.group(cls=Guarded)
    @click.option("--debug", is_flag=True)
    def program(*, debug):
        pass

    @program.command()
    def sync():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        program(["sync"])

    assert ended.value.code == 130
    assert "stopped" in capsys.readouterr().err
