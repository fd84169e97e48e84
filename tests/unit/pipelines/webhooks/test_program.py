"""How the sync is called, and stopped."""

from __future__ import annotations

import asyncio
import json
import sys
import time

import pytest

from pipelines.webhooks.program import Program

TELLS = "import json, sys; open({file!r}, 'w').write(json.dumps(sys.argv[1:])); sys.exit(4)"
STOPS = """
import signal, sys, time
def stop(*_):
    open({file!r}, "a").write(" stopped")
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
open({file!r}, "w").write("started")
time.sleep(60)
"""


def program(source, file):
    return Program([sys.executable, "-c", source.format(file=f"{file}"), "--config", "here"])


def test_the_clients_are_named_and_the_exit_code_comes_back(tmp_path):
    """An id that looks like an option is still an id."""
    file = tmp_path / "argv"
    code = asyncio.run(program(TELLS, file).sync("acme", ["c1", "--all", "c 2"]))
    assert json.loads(file.read_text()) == [
        "--config", "here", "sync", "--json", "--client=c1", "--client=--all", "--client=c 2", "--", "acme",
    ]  # fmt: skip
    assert code == 4


def test_a_sync_that_is_not_waited_for_any_more_is_told_to_stop(tmp_path):
    """It commits what it fetched, and is waited for."""
    file = tmp_path / "state"

    async def stopped():
        task = asyncio.create_task(program(STOPS, file).sync("acme", ["c1"]))
        deadline = time.monotonic() + 20
        while not file.exists() or not file.read_text():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    assert file.read_text() == "started stopped"
