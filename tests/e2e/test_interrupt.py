"""Ctrl-C in the seconds that imports take, when no command listens to signals yet."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator

import click
import pytest

from pipelines.cli import Guarded
from pipelines.start import _stop
from tests.e2e.program import SCRIPT, Program
from tests.lengths import long_but

INSTANTS = 8 if os.environ.get("EVERY_STEP") else 3  # of the start of each command; `make oracle` tries more


def test_an_interrupt_of_a_command_that_does_not_listen_is_exit_130(caplog):
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
    assert "stopped" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_a_command_that_does_not_listen_lets_it_clean_up(number, caplog):
    """What `publish` had begun it takes away, and nobody says that nothing was begun."""
    done = []

    @click.group(cls=Guarded)
    @click.option("--debug", is_flag=True)
    def program(*, debug):
        pass

    @program.command()
    def publish():
        try:
            os.kill(os.getpid(), number)
            time.sleep(10)
        finally:
            done.append("cleaned up")

    before = signal.signal(number, _stop)
    try:
        with pytest.raises(SystemExit) as ended:
            program(["publish"])
    finally:
        signal.signal(number, before)

    assert (ended.value.code, done) == (128 + number, ["cleaned up"])
    assert [record.message for record in caplog.records] == ["stopped"]


@pytest.fixture
def heard() -> Iterator[None]:
    """Processes begin as a terminal begins them. Whoever starts the suite with `&` has SIGINT ignored, by them too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def slow(start, heard) -> Program:
    """An API that answers slowly: no run ends by itself while the test looks."""
    program = start(latency_s=2.0)
    program.cold = True
    return program


def start_up_s(program: Program) -> float:
    """From the start of the process until it sends its first request, on this machine and now."""
    began = time.monotonic()
    running = program.start("sync")
    while not program.box.requests and running.poll() is None:
        time.sleep(0.01)
    took = time.monotonic() - began
    running.kill()
    running.communicate()
    return took


@pytest.mark.parametrize("command", long_but({"sync"}, ["sync", "plan", "check", "status"]))
def test_an_interrupt_at_any_moment_of_the_start_is_exit_130_and_a_word(slow, command):
    """Whatever is being imported: exit 130 and one line, never a traceback; a command that was quicker ended well.

    The interpreter's own start is left out: nothing of ours runs in it.
    """
    whole = start_up_s(slow)
    chance = random.Random(16)
    for _ in range(INSTANTS):
        running = slow.start(command)
        time.sleep(chance.uniform(0.1, whole))
        running.send_signal(signal.SIGINT)
        ended = slow.end(running)
        assert ended.exit in ({130} if command in {"sync", "check"} else {130, 0}), ended.err
        if ended.exit == 130:
            assert "stopped" in ended.err + ended.out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_word_is_in_the_form_of_the_log(number, code):
    """`--log-format json` holds from the first line on."""
    script = (
        "import os, signal, sys, pipelines.start as start; sys.argv = ['aleta-sync', '--log-format', 'json', 'sync']; "
        f"signal.signal({int(number)}, start._stop); os.kill(os.getpid(), {int(number)})"
    )
    ended = subprocess.run([SCRIPT.parent / "python", "-c", script], capture_output=True, text=True, check=False)

    assert ended.returncode == code
    assert json.loads(ended.stderr)["level"] == "ERROR"
