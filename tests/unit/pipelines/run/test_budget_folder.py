"""Where the budget of a `sub` is kept whose tenants have different folders, and perhaps different users (rule R4)."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.run.connect import Connector
from pipelines.settings import KeySource, TenantSettings
from sources.aleta.auth.signer import generate
from sources.aleta.transport.observer import Silent
from tests.fakes import FakeClock


@pytest.fixture
def second(tmp_path: Path) -> TenantSettings:
    """A tenant of a `sub` whose first tenant has its data in another folder."""
    key = KeySource(text=generate()[0])
    folders = {"data_dir": tmp_path / "second", "budget_dir": tmp_path / "first"}
    return TenantSettings(name="second", kid="k", iss="i", sub="s", key=key, **folders)


def kept_in(folder: Path) -> list[str]:
    return [file.parent.name for file in folder.rglob("s.budget")]


def send(connector: Connector, tenant: TenantSettings) -> None:
    """Take a turn, as a request does."""
    connection = connector(tenant, Silent())
    connection.client.take_turn()
    connection.close()


def test_r4_a_folder_of_the_first_tenant_that_is_there_has_the_budget(tmp_path, second, caplog):
    """R4: one file for all tenants of the `sub`."""
    second.budget_dir.mkdir()
    send(Connector(clock=FakeClock()), second)
    assert (kept_in(tmp_path), caplog.messages) == (["first"], [])


def test_r4_a_folder_that_is_missing_is_made_where_it_is_this_user_s(tmp_path, second, caplog):
    """R4: nothing was read of the first tenant yet; two processes may begin at the same time."""
    send(Connector(clock=FakeClock()), second)
    assert (kept_in(tmp_path), caplog.messages) == (["first"], [])


def below_another_user_s(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(folder.parent, 65534, -1)


def no_folder(folder: Path) -> None:
    folder.touch()


def read_only(folder: Path) -> None:
    folder.mkdir(mode=0o500)
    needs_rights(folder)


def with_a_file_of_another_user(folder: Path) -> None:
    folder.mkdir()
    (folder / "s.budget").touch(mode=0o400)
    needs_rights(folder / "s.budget")


def needs_rights(path: Path) -> None:
    if os.access(path, os.W_OK):
        pytest.skip("root may write whatever the mode says")


@pytest.mark.parametrize("first", [below_another_user_s, no_folder, read_only, with_a_file_of_another_user])
def test_r4_a_folder_that_cannot_be_used_costs_the_sharing_and_no_night(tmp_path, second, caplog, first):
    """C3: no tenant's folder is made for another; what is not shared is told once."""
    first(second.budget_dir)
    was_there = second.budget_dir.exists()
    connector = Connector(clock=FakeClock())

    send(connector, second)
    send(connector, replace(second, name="third"))

    assert second.budget_dir.exists() is was_there
    assert (second.data_dir / "s.budget").stat().st_size > 0
    [warning] = caplog.messages
    assert "second: the request budget of s is not shared with all processes" in warning
    assert f"It is kept in {second.data_dir}" in warning
