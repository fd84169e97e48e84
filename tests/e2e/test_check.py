"""`check`: what is well and what is not, with three requests at most, and without writing anything."""

from __future__ import annotations

import json
import os
import time

import pytest

from pipelines.run.machine.lock import TenantLock
from tests.e2e.checked import checks


def test_check_finds_everything_well_with_three_requests_at_most(installed):
    """Config, key, clock, token, API, disk, lock: each ok; exit 0."""
    ended = installed.run("check", "--json")

    assert ended.exit == 0
    assert json.loads(ended.out)["ok"] is True
    assert {"config", "key", "clock", "token", "api", "disk", "lock"} <= checks(ended).keys()
    assert all(check["ok"] for check in checks(ended).values())
    assert checks(ended)["clock"]["text"] == "agrees with the API's and the token endpoint's"
    assert len(installed.box.requests) <= 3


def test_check_says_that_no_clock_was_compared(start):
    """Without a `Date` there is nothing to compare with, and that is not called agreement."""
    ended = start(date_off_s=None).run("check", "--json")

    assert checks(ended)["clock"]["text"] == "not compared: no answer had a Date"


def test_check_says_it_line_by_line(program):
    """The text has a line a finding."""
    ended = program.run("check")

    assert ended.exit == 0
    assert all(line.startswith("ok ") for line in ended.out.splitlines())


def test_check_names_a_key_that_is_refused(program):
    """Exit 3, the endpoint's words; what is well is said to be well."""
    program.rewrite("kid-acme", "kid-acne")

    ended = program.run("check", "--json")

    assert ended.exit == 3
    assert json.loads(ended.out)["ok"] is False
    assert [name for name, check in checks(ended).items() if not check["ok"]] == ["token"]
    assert "kid is unknown" in checks(ended)["token"]["text"]


def test_check_names_a_mistake_in_the_configuration(program):
    """Exit 2; no request."""
    program.rewrite("[aleta]", "[aleta]\nlookback_days = 3")

    ended = program.run("check", "--json")

    assert ended.exit == 2
    assert "aleta.lookback_days" in checks(ended)["config"]["text"]
    assert program.box.requests == []


def test_check_names_a_table_that_there_is_not(start):
    """What `sync` would refuse is not called well."""
    ended = start(aleta={"resources": ["foo"]}).run("check", "--json")

    assert ended.exit == 2
    assert "config.toml: aleta.resources: expected" in checks(ended)["config"]["text"]


def test_check_names_who_holds_the_lock(start):
    """Exit 1 while a sync runs, with its pid; the sync goes on."""
    program = start(latency_s=0.3)
    running = program.start("sync", "--json")
    while not program.box.requests:
        time.sleep(0.02)

    ended = program.run("check", "--json")

    assert ended.exit == 1
    assert f"process {running.pid}" in checks(ended)["lock"]["text"]
    assert program.end(running).exit == 0


def test_check_names_an_upload_that_is_under_way(program):
    """It keeps no sync out, so the lock is well."""
    with TenantLock(program.tenant_folder() / "upload.lock", command="upload"):
        ended = program.run("check", "--json")

    lock = checks(ended)["lock"]
    assert (ended.exit, lock["ok"]) == (0, True)
    assert f"free; an upload is under way, a second would end at once: process {os.getpid()} on " in lock["text"]


def test_check_names_an_api_that_nobody_answers_for(program):
    """Exit 1 and the address, without two minutes of patience."""
    program.rewrite(f'api_url = "{program.box.url}"', 'api_url = "http://127.0.0.1:9"')

    ended = program.run("check", "--json")

    assert ended.exit == 1
    assert "127.0.0.1:9" in checks(ended)["api"]["text"]


def test_check_names_what_keeps_it_from_connecting_and_looks_at_all_else(program):
    """The certificates that the environment names are not there: one finding, and none of the others is lost."""
    program.rewrite('api_url = "http:', 'api_url = "https:')

    ended = program.run("check", "--json", REQUESTS_CA_BUNDLE=f"{program.folder / 'none.pem'}")

    assert ended.exit == 1
    assert "none.pem" in checks(ended)["token"]["text"]
    assert [name for name, check in checks(ended).items() if not check["ok"]] == ["token"]


def test_check_before_the_first_sync_writes_nothing(program):
    """No folder, no file, no lock is left, and the warehouse is said to be empty."""
    before = sorted(program.folder.rglob("*"))

    ended = program.run("check", "--json")

    assert ended.exit == 0
    assert sorted(program.folder.rglob("*")) == before
    assert checks(ended)["disk"]["text"].startswith(f"{program.tenant_folder()} can be made, ")
    assert checks(ended)["warehouse"]["text"] == "duckdb, empty"


def test_check_after_a_sync_changes_nothing(synced):
    """Every file is as it was, to the byte and the second; the warehouse has data."""

    def files() -> dict[str, tuple[int, int]]:
        return {f"{path}": (path.stat().st_mtime_ns, path.stat().st_size) for path in synced.folder.rglob("*")}

    before = files()

    ended = synced.run("check", "--json")

    assert ended.exit == 0
    assert files() == before
    assert checks(ended)["warehouse"]["text"] == "duckdb, has data"


@pytest.mark.parametrize(("name", "what"), [("private/store.duckdb", "warehouse"), ("warehouse.duckdb", "published")])
def test_check_opens_what_it_calls_ok(synced, name, what):
    """A store or a copy that is cut short is a problem: exit 1, the file, what to do; on stderr too."""
    file = synced.tenant_folder() / name
    file.write_bytes(file.read_bytes()[:5000])

    ended = synced.run("check", "--json")

    assert ended.exit == 1
    assert [found for found, check in checks(ended).items() if not check["ok"]] == [what]
    assert f"{file}" in checks(ended)[what]["text"]
    assert f"{file}" in ended.err


def test_check_names_a_key_file_that_is_missing_and_looks_at_the_others(start):
    """Exit 2 with its path; the other tenant is looked at all the same."""
    program = start(tenants=("acme", "beta"))
    file = program.config / "secrets" / "acme.pem"
    file.unlink()

    ended = program.run("check", "--json")

    found = {(check["tenant"], check["what"]): check for check in json.loads(ended.out)["checks"]}
    assert ended.exit == 2
    assert f"{file}" in found["acme", "key"]["text"]
    assert found["beta", "api"]["ok"] is True


def test_check_warns_of_a_key_that_others_may_read(program):
    """S2: a warning with the command that mends it; the exit is 0."""
    file = program.config / "secrets" / "acme.pem"
    file.chmod(0o644)

    ended = program.run("check", "--json")

    assert ended.exit == 0
    assert f"warning: {file}: others on this machine may read it. Run: chmod 600" in checks(ended)["key"]["text"]
