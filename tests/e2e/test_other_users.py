"""Files of another user: root leaves none that the nightly user cannot write, and a denial says whose a file is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.program import SCRIPT, Program

NIGHTLY = 12_345  # a user that nobody is
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to become another user"
)


def powerless(program: Program, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a root who may not read and write what another user's mode forbids."""
    drop = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    return subprocess.run(
        [*drop, SCRIPT, "--config", program.config, *command], capture_output=True, text=True, check=False
    )


def deny(file: Path) -> None:
    """Make *file* the nightly user's, and nobody else's to read."""
    file.chmod(0o600)
    os.chown(file, NIGHTLY, NIGHTLY)


def give(folder: Path) -> None:
    """Make *folder*, and all that is in it, the nightly user's."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NIGHTLY, NIGHTLY, follow_symlinks=False)


@pytest.mark.parametrize("command", ["sync", "publish", "verify"])
def test_root_does_not_write_what_another_user_keeps(synced, command):
    """It would end the next night, which could not write what root had made; nothing is changed, nothing sent."""
    folder = synced.tenant_folder()
    give(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}

    ended = synced.run(command)

    assert ended.exit == 1
    said = " ".join((ended.out + ended.err).split())
    assert f"{folder} is kept by user {NIGHTLY}" in said
    assert f"run this as user {NIGHTLY}" in said
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize("command", ["plan", "status"])
def test_root_may_look_at_it(synced, command):
    """What only looks leaves nothing behind."""
    folder = synced.tenant_folder()
    give(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    assert synced.run(command).exit == 0

    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_check_says_so_too(synced):
    give(synced.tenant_folder())

    assert f"is kept by user {NIGHTLY}" in synced.run("check").out


def test_root_goes_on_where_all_of_it_was_given_to_root(synced):
    """The remedy that the message names."""
    folder = synced.tenant_folder()
    give(folder)
    synced.sync(expect=1)

    subprocess.run(["chown", "-R", "0:0", folder], check=True)

    synced.sync()
    assert synced.differences() == []


@pytest.mark.parametrize("name", ["config.toml", "secrets/acme.pem"])
def test_a_denial_says_whose_the_file_is(start, name):
    """And not that a new configuration or a new key be made."""
    program = start()
    file = program.config / name
    deny(file)

    ended = powerless(program, "check")

    assert ended.returncode == 2, ended.stderr
    whose = f"{file} belongs to user {NIGHTLY}, and this runs as root: run it as user {NIGHTLY}"
    assert whose in ended.stdout.replace("Permission denied: ", "")
    assert "init --tenant" not in ended.stdout
    assert "keys generate" not in ended.stdout


def test_a_warehouse_of_another_user_is_named_too(synced):
    """The night after root made a file: the report says whose it is."""
    file = synced.tenant_folder() / "private/dlt/aleta_acme/state.json"
    deny(file)

    ended = powerless(synced, "sync")

    assert ended.returncode == 1, ended.stderr
    assert f"{file} belongs to user {NIGHTLY}, and this runs as root" in ended.stderr.replace("disk] cannot", "")


def test_where_root_can_write_nothing_the_other_tenants_have_their_turn_f3(start):
    """As on a network drive that denies root: nothing can be made to see whose it would be. One thread runs all."""
    program = start(tenants=("acme", "bolt"), aleta={"tenants_at_once": 1})
    folder = program.tenant_folder("acme")
    folder.mkdir(parents=True)
    (folder / "lock").touch()
    deny(folder / "lock")
    os.chown(folder, NIGHTLY, NIGHTLY)

    ended = powerless(program, "sync", "--json")

    assert ended.returncode == 1, ended.stderr
    told = json.loads(ended.stdout)["tenants"]
    assert {name: tenant["status"] for name, tenant in told.items()} == {"acme": "failed", "bolt": "complete"}
    assert told["acme"]["errors"][0]["code"] == "disk"
    assert program.differences("bolt") == []
    assert "Traceback" not in ended.stderr
