"""A local Aleta and the program that reads it, for tests that change either; a synced world, for those that look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxSettings
from tests.e2e.program import Program

SMALL = {"accounts": 8, "rows": 240, "years": 2, "row_cap": 40}
Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a small world with other settings, and the program that is configured for it."""
    with ExitStack() as stack:

        def started(*, aleta: dict[str, object] | None = None, **settings: object) -> Program:
            box = stack.enter_context(Sandbox(SandboxSettings(**SMALL | settings)))
            return Program(box, tmp_path, **aleta or {})

        yield started


@pytest.fixture
def program(start: Start) -> Program:
    """The program, configured for a small world that nobody synced yet."""
    return start()


@pytest.fixture
def synced(program: Program) -> Program:
    """The program after its first sync, which came out exact."""
    program.sync()
    assert program.differences() == []
    program.box.reset_requests()
    return program
