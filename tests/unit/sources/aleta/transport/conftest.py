"""A scripted server on a loopback socket, and a client of it."""

from __future__ import annotations

import pytest

from tests.fakes import scripted_server
from tests.unit.sources.aleta.transport.client_world import EMPTY, World


@pytest.fixture
def server():
    with scripted_server() as script:
        script.say(EMPTY)
        yield script


@pytest.fixture
def world(server):
    made = World(server.url)
    yield made
    made.client.close()
