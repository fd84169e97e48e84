"""The receiver, and the local Aleta that sends to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from pipelines.commands.serve import _keys
from pipelines.settings import load
from pipelines.webhooks.connections import server
from pipelines.webhooks.receiver import Receiver
from pipelines.webhooks.recorder import Recorder
from pipelines.webhooks.service import listen
from sandbox import Sandbox, SandboxSettings
from sources.aleta.clock import SystemClock
from tests.contract.webhooks.service import QUICK, Service


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(SandboxSettings(tenants=("acme", "bravo"), accounts=1, rows=0)) as box:
        yield box


@pytest.fixture
def service(box: Sandbox, tmp_path: Path) -> Iterator[Service]:
    box.reset()
    settings = load(box.write_config(tmp_path / "config"), environ={})
    tenants, stop, woken = settings.select(()), threading.Event(), []
    recorder = Recorder({tenant.name: tenant.folder for tenant in tenants})
    bound = listen("127.0.0.1", 0)
    with ThreadPoolExecutor(2) as threads:
        receiver = Receiver(
            _keys(tenants, threads, SystemClock(stop)), recorder, accepted=woken.append, now=SystemClock().now
        )
        serving = server(receiver.application(), stop, bounds=QUICK).serve(sockets=[bound])
        thread = threading.Thread(target=partial(asyncio.run, serving))
        port = bound.getsockname()[1]
        thread.start()
        yield Service(box=box, port=port, data=tmp_path / "data", woken=woken)
        stop.set()
        thread.join(30)
        recorder.close()
    assert not thread.is_alive()
