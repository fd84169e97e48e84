"""The first sync of a world with everything, and programs that start in such a world."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sandbox import Sandbox, SandboxSettings
from tests.e2e.everything.world import WORLD, Night, Start
from tests.e2e.program import Program


@pytest.fixture(scope="session")
def first(tmp_path_factory) -> Iterator[Night]:
    """The first sync of a small world with everything, one answer in twelve faulty; only to be looked at, or copied."""
    with Sandbox(SandboxSettings(**WORLD, fault_share=0.08)) as box:
        program = Program(box, tmp_path_factory.mktemp("first"), resources=["*"])
        ended = program.sync()
        box.set(fault_share=0)
        yield Night(program=program, ended=ended)


@pytest.fixture
def start(tmp_path) -> Iterator[Start]:
    """Start a world like it, that nobody synced."""
    with ExitStack() as stack:

        def started(*, aleta: dict[str, object] | None = None, **settings: object) -> Program:
            box = stack.enter_context(Sandbox(SandboxSettings(**WORLD | settings)))
            return Program(box, tmp_path, **{"resources": ["*"]} | (aleta or {}))

        yield started


@pytest.fixture
def start_synced(start, first) -> Start:
    """The same with a copy of what the first sync left."""

    def started(**aleta: object) -> Program:
        program = start(aleta=aleta)
        shutil.copytree(first.program.folder / "data", program.folder / "data")
        return program

    return started
