"""A PostgreSQL server, and the first sync into a database of it."""

from __future__ import annotations

import shutil

import pytest

from sandbox import Sandbox, SandboxSettings
from tests.e2e.conftest import SMALL
from tests.e2e.destinations.remote import Remote
from tests.e2e.program import Program
from tests.postgres import Server, running


@pytest.fixture(scope="session")
def server():
    with running() as started:
        yield started


@pytest.fixture
def remote(start, server: Server):
    return Remote(start(aleta={"destination": "postgres"}), server.database())


@pytest.fixture(scope="session")
def first(server: Server, tmp_path_factory) -> Remote:
    """The first sync of the small world; only to be copied."""
    with Sandbox(SandboxSettings(**SMALL)) as box:
        program = Program(box, tmp_path_factory.mktemp("first_in_postgresql"), destination="postgres")
        remote = Remote(program, server.database())
        remote.sync()
        return remote


@pytest.fixture
def synced(start, server: Server, first: Remote) -> Remote:
    """The program and its database after that sync."""
    program = start(aleta={"destination": "postgres"})
    shutil.copytree(first.program.folder / "data", program.folder / "data")
    return Remote(program, server.database(like=first.database))
