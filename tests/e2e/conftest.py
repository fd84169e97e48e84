"""A local Aleta and the program that reads it, for tests that change either."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxSettings
from tests.e2e.program import Program, Running

SMALL = {"accounts": 8, "rows": 240, "years": 2, "row_cap": 40, "today": datetime.now(UTC).date()}
EVERYTHING = 1000
"""A look-back, in days, that reaches beyond the history of a small world."""

Start = Callable[..., Program]
InVain = tuple[Program, str, Running]


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
def installed(program: Program) -> Program:
    """What an operator starts: the installed script, with all that Python does first."""
    program.cold = True
    return program


@pytest.fixture(scope="session")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that the first sync of the small world leaves; only to be copied."""
    with Sandbox(SandboxSettings(**SMALL)) as box:
        program = Program(box, tmp_path_factory.mktemp("first_sync"))
        program.sync()
        assert program.differences() == []
        return program.folder / "data"


@pytest.fixture
def start_synced(start: Start, first_sync: Path) -> Start:
    """The same for the small world when its first sync is done."""

    def started(**aleta: object) -> Program:
        program = start(aleta=aleta)
        shutil.copytree(first_sync, program.folder / "data")
        return program

    return started


@pytest.fixture(scope="session", autouse=True)
def in_vain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InVain | None]:
    """A sync from a host that nobody answers at. Its two minutes begin with the session, and pass while others run."""
    if not any(item.path.name == "test_unreachable.py" for item in request.session.items):
        yield None
        return
    with socket.socket() as deaf, Sandbox(SandboxSettings(accounts=1, rows=0)) as box:
        deaf.bind(("127.0.0.1", 0))  # and never listens: while it is open no other server is given that port
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        program = Program(box, tmp_path_factory.mktemp("in_vain"))
        program.rewrite(f'api_url = "{box.url}"', f'api_url = "http://{address}"')
        running = program.start("sync", "--json")
        yield program, address, running
        running.kill()
        running.communicate()


@pytest.fixture
def synced(start_synced: Start) -> Program:
    """The program after its first sync, which came out exact."""
    return start_synced()
