"""Files that a crash or a full disk cut short: each is named, with a remedy, and the remedy works as it is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import EVERYTHING
from tests.e2e.program import Ended, Program
from tests.lengths import long_but

OF_DLT = (
    *("private/dlt/aleta_acme/state.json", "private/dlt/aleta_acme/schemas/aleta.schema.json"),
    *("private/dlt/aleta_acme/load/.version", "private/dlt/aleta_acme/normalize/.version"),
)
STORE = "private/store.duckdb"


def empty(whole: bytes) -> bytes:
    return b""


def half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def flipped(whole: bytes) -> bytes:
    third = len(whole) // 3
    return whole[:third] + bytes(byte ^ 0x55 for byte in whole[third : 2 * third]) + whole[2 * third :]


def damage(program: Program, name: str, how: Callable[[bytes], bytes]) -> Path:
    file = program.tenant_folder() / name
    assert len(file.read_bytes()) > 2
    file.write_bytes(how(file.read_bytes()))
    return file


def named(ended: Ended, file: Path) -> str:
    """What the run says of *file*, in its report and on stderr."""
    [error] = ended.errors()
    assert error["code"] == "damaged"
    assert error["message"].startswith(f"{file} is damaged (")
    assert "report it" not in error["message"]
    assert f"{file} is damaged" in ended.err
    return error["message"]


@pytest.mark.parametrize("name", OF_DLT)
@pytest.mark.parametrize("how", long_but({half}, [empty, half]))
def test_what_dlt_keeps_comes_back_from_the_store(synced, name, how):
    """Moved away, dlt's files are made again: nothing is read anew, nothing lost."""
    file = damage(synced, name, how)
    private = synced.tenant_folder() / "private"

    said = named(synced.sync(expect=1), file)
    assert f"move {private / 'dlt'} away" in said
    (private / "dlt").rename(private / "dlt.damaged")
    ended = synced.sync()

    assert synced.differences() == []
    assert (ended.counts()["added"], ended.counts()["modified"], ended.counts()["removed"]) == (0, 0, 0)


@pytest.mark.parametrize("how", long_but({half}, [empty, half, flipped]))
def test_a_store_that_is_damaged_is_named_and_read_again(synced, how):
    """Without a backup, moved away, everything is read again; the analyst's copy stays whole meanwhile."""
    file = damage(synced, STORE, how)
    private = synced.tenant_folder() / "private"

    said = named(synced.sync(expect=1), file)
    assert f"restore {private} as a whole from a backup" in said
    for command in ("plan", "publish"):
        ended = synced.run(command)
        assert ended.exit == 1
        assert f"restore {private} as a whole from a backup" in ended.err
        assert "report it" not in ended.err
    assert synced.differences() == []
    private.rename(private.with_name("private.damaged"))
    ended = synced.sync()

    assert synced.differences() == []
    assert ended.counts()["added"] > 0


def test_a_store_that_is_damaged_comes_back_from_a_backup(synced):
    """The folder as a whole, as it was between two runs."""
    synced.configure(look_back_days=EVERYTHING)
    private, backup = synced.tenant_folder() / "private", synced.folder / "backup"
    shutil.copytree(private, backup)
    synced.box.mutate("acme", "late", count=5)
    synced.sync()
    damage(synced, STORE, half)
    synced.sync(expect=1)

    shutil.rmtree(private)
    shutil.copytree(backup, private)
    synced.sync()

    assert synced.differences() == []


def test_a_store_that_is_gone_takes_no_copy_with_it(synced):
    """`publish` leaves the analysts' copy as it is, `check` says what to do; a sync reads all again, and says so."""
    file, copy = synced.tenant_folder() / STORE, synced.tenant_folder() / "warehouse.duckdb"
    file.unlink()
    before = copy.read_bytes()

    for command in ("publish", "check"):
        ended = synced.run(command)
        assert ended.exit == 1
        assert f"{file} is not there, though runs were committed to it: restore {file.parent}" in ended.err
        assert not file.exists()
    assert copy.read_bytes() == before
    [warning] = synced.sync().tenant()["warnings"]

    assert synced.differences() == []
    assert warning.startswith(f"{file} is not there, though runs were committed to it: everything is read again")
    assert synced.run("publish").exit == 0


@pytest.mark.parametrize("how", long_but({half}, [empty, half]))
@pytest.mark.parametrize("command", ["publish", "sync"])
def test_the_analyst_s_copy_is_made_again(synced, how, command):
    """`status` names it and what to do, and does not fail over anything else; both commands replace it."""
    file = damage(synced, "warehouse.duckdb", how)

    ended = synced.run("status")
    assert ended.exit == 1
    assert f"{file} cannot be read" in " ".join(ended.out.split())
    assert synced.named("publish acme") in " ".join(ended.out.split())
    assert "cannot be read" in ended.err
    assert synced.run(command).exit == 0

    assert synced.differences() == []


def test_verify_names_a_damaged_file_too(synced):
    """It compares with the store, and says which file it could not read."""
    file = damage(synced, STORE, half)

    ended = synced.run("verify", "--json")

    assert ended.exit == 1
    assert f"{file} is damaged" in ended.err
