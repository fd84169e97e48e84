"""`sandbox` and `demo`: the local Aleta, as the installed script starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from types import SimpleNamespace

import pytest

from pipelines.commands.demo import WORLD
from sandbox import Sandbox
from sandbox.world.jsontext import exact
from tests import truth
from tests.e2e.program import SCRIPT


def test_the_ordinary_profile_serves_amounts_of_an_office(tmp_path):
    """Nothing of 10^24, as the hostile one has."""
    command = [SCRIPT, "sandbox", "--accounts", "6", "--rows", "120", "--profile", "ordinary"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env={"TMPDIR": f"{tmp_path}"}
    ) as served:
        try:
            said = json.loads(served.stdout.readline())
            with urllib.request.urlopen(f"{said['url']}/_sandbox/truth?tenant=acme") as answer:
                shown = exact(answer.read())
        finally:
            served.send_signal(signal.SIGTERM)
            served.communicate(timeout=60)

    booked = [row["attributes"].get("accountAmount", 0) for row in shown["transactions"].values()]
    assert len(booked) == 120
    assert max(map(abs, booked)) < 10**8


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_ends_as_the_signal_says_and_a_port_that_is_taken_is_named(tmp_path, number):
    """130 or 143; exit 1 with the port and what to do for the second."""
    command = [SCRIPT, "sandbox", "--accounts", "1", "--rows", "1"]
    environ = os.environ | {"TMPDIR": f"{tmp_path}"}
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # who starts the suite with `&` has it ignored
    try:
        first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    finally:
        signal.signal(signal.SIGINT, heard)
    with first:
        port = json.loads(first.stdout.readline())["url"].rpartition(":")[2]
        second = subprocess.run([*command, "--port", port], capture_output=True, text=True, check=False, env=environ)
        first.send_signal(number)

    assert first.returncode == 128 + number
    assert (second.returncode, second.stdout) == (1, "")
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use): name another with --port" in second.stderr


@pytest.mark.long
def test_the_sandbox_says_where_it_is_and_can_be_synced(tmp_path):
    """One JSON line: its URL, and a config folder with which a sync comes out exact; SIGTERM ends it."""
    command = [SCRIPT, "sandbox", "--accounts", "6", "--rows", "120", "--seed", "5"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env={"TMPDIR": f"{tmp_path}"}
    ) as served:
        try:
            said = json.loads(served.stdout.readline())
            sync = [SCRIPT, "--config", said["config"], "sync", "--json"]
            few = {"ALETA__RESOURCES": ",".join(truth.CRAWL)}
            synced = subprocess.run(sync, capture_output=True, text=True, check=False, env=os.environ | few)
            with urllib.request.urlopen(f"{said['url']}/_sandbox/truth?tenant=acme") as answer:
                shown = SimpleNamespace(**exact(answer.read()))
        finally:
            served.send_signal(signal.SIGTERM)
            rest = served.communicate(timeout=60)[0]

    assert (synced.returncode, rest) == (0, ""), synced.stderr
    [file] = tmp_path.rglob("warehouse.duckdb")
    assert truth.differences(file, shown) == []
    assert served.returncode == 143


def test_the_demo_syncs_a_sandbox_and_shows_how_to_open_it(tmp_path):
    """In an empty folder: a complete run, exact, and three lines that work as they are printed; the log as wanted."""
    command = [SCRIPT, "--log-format", "json", "demo"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert ended.returncode == 0, ended.stderr
    assert {json.loads(line)["level"] for line in ended.stderr.splitlines()} >= {"INFO"}
    printed = [line.strip() for line in ended.stdout.splitlines()]
    script = "\n".join(line for line in printed if line.startswith(("import duckdb", "db = ", "db.sql")))
    python = [sys.executable, "-c", script]
    shown = subprocess.run(python, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert script.count("\n") == 2
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "accounts" in shown.stdout
    with Sandbox(WORLD) as box:
        assert truth.differences(tmp_path / "demo" / "data" / "acme" / "warehouse.duckdb", box.truth("acme")) == []


def test_demo_touches_no_folder_that_is_somebody_elses(tmp_path):
    """Sites have a `config/config.toml` too."""
    (tmp_path / "demo" / "config").mkdir(parents=True)
    (tmp_path / "demo" / "config" / "config.toml").write_text('baseURL = "https://example.com/"\n')
    ended = subprocess.run([SCRIPT, "demo"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "is no earlier demo's" in ended.stderr
    assert (tmp_path / "demo" / "config" / "config.toml").exists()
