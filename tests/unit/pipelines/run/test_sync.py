"""What fails beside one tenant's run: neither the turns end, nor is anybody complete who was not run (F3)."""

from __future__ import annotations

import io
import threading
from dataclasses import asdict
from pathlib import Path
from unittest.mock import Mock

import pytest

from pipelines.report.progress import Progress, Screen
from pipelines.report.report import Counts, RunReport
from pipelines.report.text import show
from pipelines.run.aftermath import journal
from pipelines.run.sync import run
from pipelines.run.tools import Tools
from pipelines.settings import KeySource, TenantSettings
from pipelines.warehouse.warehouse import Warehouse
from sources.aleta.catalogue.catalogue import CATALOGUE
from tests.fakes import FakeClock

NAMES = ("acme", "bolt", "coda")


class Failing(Screen):
    """Shows the first tenant by raising *error*."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(io.StringIO(), FakeClock())
        self._error = error

    def tenant(self, name: str, *, requests_per_minute: int) -> Progress:
        if name == NAMES[0]:
            raise self._error
        return super().tenant(name, requests_per_minute=requests_per_minute)


def unreachable(*_: object, **__: object) -> None:
    raise ConnectionError("no network")


def ran(folder: Path, screen: Screen) -> RunReport:
    """A run of all, one after the other, that gets as far as connecting."""
    tenants = [
        TenantSettings(name=name, data_dir=folder, kid="k", iss="i", sub="s", key=KeySource(), tenants_at_once=1)
        for name in NAMES
    ]
    tools = Tools(connect=unreachable, screen=screen, clock=FakeClock(), stop=threading.Event())
    return run(tenants, tools)


def test_what_fails_beside_a_run_is_named_and_the_others_have_their_turn(tmp_path: Path, caplog) -> None:
    """F3: one thread runs all of them; the first raises where no run has begun."""
    report = ran(tmp_path, Failing(ValueError("no such colour")))

    said = [(tenant.status, [problem.code for problem in tenant.errors]) for tenant in report.tenants]
    assert said == [("failed", ["defect"]), ("failed", ["disk"]), ("failed", ["disk"])]
    assert "no such colour" in caplog.text
    assert [len(journal.read(tmp_path / name)) for name in NAMES] == [0, 1, 1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_tenant_that_was_not_run_is_not_complete(tmp_path: Path) -> None:
    """F3: the only thread ends, and two tenants wait for ever: their reports have nothing in them but that."""
    report = ran(tmp_path, Failing(SystemExit()))

    assert [(tenant.status, int(tenant.exit)) for tenant in report.tenants] == [("failed", 1)] * 3
    assert all(tenant.errors for tenant in report.tenants)
    assert report.exit == 1


def test_each_table_that_is_asked_for_is_counted_however_early_a_run_ends(tmp_path: Path) -> None:
    """The contract's sample has zeros; a script that reads a count finds one, and the text has no line of them."""
    report = ran(tmp_path, Failing(ValueError("no such colour")))

    for tenant in report.tenants:
        assert tenant.to_json()["resources"] == dict.fromkeys(CATALOGUE, asdict(Counts()))
    show(report, shown := io.StringIO())
    assert "transactions" not in shown.getvalue()


def test_what_fails_before_the_reading_begins_leaves_no_connection_open(tmp_path: Path, monkeypatch) -> None:
    """A process that serves runs night after night: each session has its threads and sockets."""
    opened, closed = Mock(), []
    opened.close = lambda: closed.append("session")

    def no_state(warehouse: Warehouse) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Warehouse, "recover", no_state)
    tenant = TenantSettings(name="acme", data_dir=tmp_path, kid="k", iss="i", sub="s", key=KeySource())
    tools = Tools(
        connect=lambda *_, **__: opened,
        screen=Screen(io.StringIO(), FakeClock()),
        clock=FakeClock(),
        stop=threading.Event(),
    )

    [report] = run([tenant], tools).tenants

    assert ([problem.code for problem in report.errors], closed) == (["disk"], ["session"])
