"""What an operator gets wrong, and what the machine refuses: the exit code, and words that help."""

from __future__ import annotations

import json
import resource
import subprocess
import time
from datetime import date
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pytest

from pipelines.warehouse import warehouse as stores
from sandbox import Sandbox, SandboxSettings
from sandbox.http import server
from sandbox.http.keys import write_private
from schemas.ledger import SYNC_MARKS
from tests import truth
from tests.e2e.conftest import EVERYTHING
from tests.e2e.program import SCRIPT, Ended, Program

DAY = date(2026, 1, 1)


def api_requests(program: Program) -> list:
    return [request for request in program.box.requests if request.path.startswith("/api/")]


def one_error(ended: Ended) -> dict[str, str]:
    [error] = ended.errors()
    return error


# -- credentials: exit 3


def test_a_key_that_aleta_does_not_have_is_refused_with_the_endpoint_s_words(program, tmp_path):
    """Exit 3: what the token endpoint said, and what to check; nothing is asked of the API."""
    with Sandbox(SandboxSettings(accounts=1, rows=0)) as other:
        write_private(program.config / "secrets" / "acme.pem", other._keys["acme"])

    ended = program.sync(expect=3)

    error = one_error(ended)
    assert error["code"] == "auth"
    assert "signature does not match the registered key" in error["message"]
    assert "check kid kid-acme" in error["message"]
    assert ended.report["status"] == "failed"
    assert api_requests(program) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("kid-acme", "kid-acne", "kid is unknown", id="kid"),
        pytest.param("iss-acme", "iss-acne", "iss is not the one registered", id="iss"),
        pytest.param("sub-acme", "sub-acne", "sub is not the one registered", id="sub"),
    ],
)
def test_a_wrong_name_in_the_assertion_is_refused_with_the_endpoint_s_words(program, old, new, message):
    """Exit 3, and the claim that is wrong."""
    program.rewrite(old, new)

    error = one_error(program.sync(expect=3))

    assert error["code"] == "auth"
    assert message in error["message"]
    assert api_requests(program) == []


@pytest.mark.parametrize(
    ("ahead_s", "message"),
    [pytest.param(-600, "iat lies in the future", id="fast"), pytest.param(600, "expired", id="slow")],
)
def test_a_clock_that_is_wrong_is_refused_with_the_endpoint_s_words(program, monkeypatch, ahead_s, message):
    """Exit 3: this machine's clock is ten minutes off the endpoint's."""
    theirs = SimpleNamespace(time=lambda: time.time() + ahead_s, monotonic=time.monotonic)
    monkeypatch.setattr(server, "time", theirs)

    error = one_error(program.sync(expect=3))

    assert error["code"] == "auth"
    assert message in error["message"]


def test_a_key_file_that_is_no_key_is_named(program):
    """Exit 3: the file, and how to make a key."""
    (program.config / "secrets" / "acme.pem").write_text("not a key\n")

    error = one_error(program.sync(expect=3))

    assert error["code"] == "key"
    assert "secrets/acme.pem" in error["message"]
    assert program.box.requests == []


def test_a_key_file_that_is_not_there_is_a_mistake_of_the_configuration(start):
    """Exit 2 before any request, also of the other tenants: the path in the file, the file, and how to make a key."""
    program = start(tenants=("acme", "beta"))
    (program.config / "secrets" / "acme.pem").unlink()

    for command in (("sync", "--json"), ("verify",), ("backfill", "--from", "2025-01-01", "--to", "2025-01-02")):
        ended = program.run(*command)
        assert (ended.exit, ended.out) == (2, "")
        assert "tenants.acme.private_key_file" in ended.err
        assert f"{program.config / 'secrets' / 'acme.pem'}" in ended.err
        assert "keys generate" in ended.err
    assert program.box.requests == []
    assert program.run("status").exit == 0


def test_files_with_a_byte_order_mark_are_read(program):
    """As some editors write them, by us and by dlt."""
    program.cold = True  # dlt notes as it is imported where its files are
    for name in ("config.toml", "secrets.toml"):
        file = program.config / name
        text = file.read_text() if file.exists() else "[normalize]\nstart_new_jobs_on_signal = false\n"
        file.write_text(text, encoding="utf-8-sig")

    program.sync()

    assert program.differences() == []


def test_an_api_that_refuses_every_token_is_an_authentication_failure_f2(synced):
    """F2: one new token, once; then exit 3, and the warehouse is as it was."""
    synced.box.faults.script("401", path_contains="/api/", times=10_000)

    error = one_error(synced.sync(expect=3))

    assert error["code"] == "auth"
    assert synced.differences() == []


# -- the configuration: exit 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("[aleta]", "[aleta]\nlookback_days = 3", "aleta.lookback_days", id="unknown-key"),
        pytest.param("[aleta]", '[aleta]\nworkers = "many"', "aleta.workers: expected a whole number", id="type"),
        pytest.param("[aleta]", "[alta]", "alta", id="unknown-section"),
        pytest.param('iss = "iss-acme"', "", "tenants.acme.iss", id="missing-value"),
        pytest.param(
            'iss = "iss-acme"',
            'iss = "iss-acme"\nazure_key_vault_key = "https://v.vault.azure.net/keys/a"',
            "tenants.acme: expected one of private_key",
            id="two-keys",
        ),
        pytest.param('"transactions"]', '"transaction"]', "tenants.acme.resources", id="unknown-table"),
        pytest.param("[tenants.acme]", "[tenants.Acme]", "tenants.Acme", id="tenant-name"),
        pytest.param("[aleta]", "[aleta", "valid TOML", id="no-toml"),
        pytest.param('api_url = "http://127.0.0.1', 'api_url = "http://10.0.0.1', "aleta.api_url", id="plain-http-s1"),
    ],
)
def test_a_configuration_mistake_is_named_before_any_request(program, old, new, expected):
    """Exit 2: the file, the path in it and what was expected; nothing was sent and nothing written."""
    program.rewrite(old, new)

    ended = program.run("sync", "--json")

    assert (ended.exit, ended.out) == (2, "")
    [line] = ended.err.splitlines()
    assert " ERROR " in line
    assert f"{program.config / 'config.toml'}" in ended.err
    assert expected in ended.err
    assert "expected" in ended.err
    assert program.box.requests == []
    assert not (program.folder / "data").exists()


def test_a_folder_without_a_configuration_is_named(program):
    """Exit 2, where it was looked for, and how to begin."""
    ended = program.run("--config", "nowhere", "sync", config=False)

    assert ended.exit == 2
    assert f"{program.folder / 'nowhere' / 'config.toml'}" in ended.err


def test_an_unknown_tenant_is_named_with_those_there_are(program):
    """Exit 2, and what was probably meant."""
    ended = program.run("sync", "acne")

    assert ended.exit == 2
    assert "one of acme" in ended.err
    assert "Did you mean acme?" in ended.err
    assert program.box.requests == []


def test_a_mistake_in_the_environment_is_named_by_its_variable(program):
    """The environment overrides the files, and is checked as they are."""
    ended = program.run("sync", ALETA__WORKERS="many")

    assert ended.exit == 2
    assert "environment variable ALETA__WORKERS" in ended.err
    assert "many" not in ended.err.replace("how many", "")


def test_the_environment_overrides_the_files(program):
    """`TENANTS__ACME__PRIVATE_KEY` may hold the key, and `ALETA__RESOURCES` what to read."""
    pem = (program.config / "secrets" / "acme.pem").read_text()
    program.rewrite('private_key_file = "secrets/acme.pem"', "")

    ended = program.run(
        "sync", "--json", TENANTS__ACME__PRIVATE_KEY=pem, ALETA__RESOURCES="users", ALETA_SYNC_CONFIG="elsewhere"
    )

    assert ended.exit == 0
    assert ended.tenant()["resources"].keys() == {"clients", "users"}


# -- this machine: exit 1


def test_a_second_sync_says_who_holds_the_tenant_c2(start):
    """C2: exit 1, the pid and the command of the first, which goes on undisturbed."""
    program = start(latency_s=0.3)
    first = program.start("sync", "--json")
    while not program.box.requests:
        time.sleep(0.02)

    ended = program.sync(expect=1)

    error = one_error(ended)
    assert f"process {first.pid}" in error["message"]
    assert "`sync`" in error["message"]
    assert program.end(first).exit == 0
    assert program.differences() == []


def test_a_data_folder_that_cannot_be_written_is_said_plainly(program):
    """Exit 1 with the path and what to do, and nothing published half."""
    (program.folder / "data").write_text("a file where the folder should be")

    ended = program.sync(expect=1)

    error = one_error(ended)
    assert error["code"] == "disk"
    assert f"{program.folder / 'data'}" in error["message"]


@pytest.mark.parametrize(
    ("limit", "code"),
    [pytest.param(300_000, "disk", id="loading"), pytest.param(2_000_000, "publish", id="publishing")],
)
def test_a_full_disk_is_said_plainly_and_nothing_is_published_half(synced, limit, code):
    """Exit 1; yesterday's copy is whole, and with room again the next run is exact."""
    before = synced.box.truth("acme")
    synced.box.mutate("acme", "late", count=500)
    synced.configure(look_back_days=EVERYTHING)
    running = synced.start("sync", "--json")
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (limit, limit))  # as if there were no room for more

    ended = synced.end(running)

    error = one_error(ended)
    assert (ended.exit, error["code"]) == (1, code)
    assert f"{synced.tenant_folder()}" in error["message"]
    assert truth.differences(synced.warehouse(), before) == []

    synced.sync()

    assert synced.differences() == []


def test_a_store_that_is_no_database_is_said_plainly(synced):
    """A damaged private store ends the run with words, and the analyst's copy is as it was."""
    store = next(synced.tenant_folder().rglob("store.duckdb"))
    store.write_bytes(b"no database" * 1000)

    ended = synced.sync(expect=1)

    assert "store.duckdb" in one_error(ended)["message"]
    assert synced.differences() == []


def test_a_warehouse_of_a_newer_version_is_refused(synced, monkeypatch):
    """Exit 1, both formats named; nothing is changed and nothing asked of the API."""
    with monkeypatch.context() as newer:
        newer.setattr(stores, "FORMAT", 99)
        newer.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        store = stores.Warehouse("acme", synced.tenant_folder())
        mark = {"resource": "transactions", "parent_id": "of tomorrow", "from_date": DAY, "through_date": DAY}
        rows = pa.Table.from_pylist([mark], schema=SYNC_MARKS.remove_metadata())
        store.write([stores.Rows(schema=SYNC_MARKS, data=rows)], store.state())
        store.close()

    ended = synced.sync(expect=1)

    assert "newer version" in one_error(ended)["message"]
    assert "99" in one_error(ended)["message"]
    assert api_requests(synced) == []
    assert synced.differences() == []


def test_errors_are_on_stderr_in_words_too(program):
    """Without `--json` the report says what failed and for whom; there is no traceback."""
    program.rewrite("kid-acme", "kid-acne")

    ended = program.run("sync")

    assert ended.exit == 3
    assert "kid is unknown" in ended.out + ended.err
    assert "acme" in ended.out


def test_nothing_but_the_report_is_on_stdout_when_a_run_fails(program):
    """`--json` stays one document whatever happens."""
    program.rewrite("kid-acme", "kid-acne")

    ended = program.run("sync", "--json")

    assert json.loads(ended.out)["status"] == "failed"
    with pytest.raises(duckdb.IOException):
        program.rows("SELECT 1")


# -- the log: every error is a line of it, with `--json` too


def error_lines(ended: Ended) -> list[str]:
    return [line for line in ended.err.splitlines() if " ERROR " in line]


def test_errors_are_on_stderr_with_json_too(program):
    """Contract: one ERROR line says what failed, for whom, and what to do."""
    program.rewrite("kid-acme", "kid-acne")

    [line] = error_lines(program.run("sync", "--json"))

    assert "acme: [auth] " in line
    assert "kid is unknown" in line


def test_an_account_that_is_forbidden_is_an_error_line(synced):
    """Tenant, resource, account and window, and what to do; the JSON names it too."""
    account = min(synced.box.truth("acme").accounts)
    synced.box.faults.script("403", path_contains=f"accountId={account}", times=1000)

    ended = synced.run("sync", "--json")

    [error] = [error for error in ended.errors() if error["code"] == "forbidden"]
    [line] = error_lines(ended)
    assert ended.exit == 4
    assert all(part in line for part in ("acme: [forbidden] transactions of", account, error["from_date"], "kept"))


def test_a_log_of_json_has_an_object_a_line(program):
    """`--log-format json` before the command: each record by itself, problems with their parts."""
    program.rewrite("kid-acme", "kid-acne")

    ended = program.run("--log-format", "json", "sync", "--json")

    records = [json.loads(line) for line in ended.err.splitlines()]
    assert [record["code"] for record in records if record["level"] == "ERROR"] == ["auth"]
    assert {"time", "level", "logger", "message"} <= set.intersection(*map(set, records))


@pytest.mark.parametrize("megabytes", [300, 500, 800, 1200])
@pytest.mark.parametrize("command", [("sync", "--json"), ("status",)], ids=" ".join)
def test_too_little_memory_is_said_as_memory(program, megabytes, command):
    """`ulimit -v`: exit 1 and a line that says so, where libraries would abort or hang, and no defect."""
    line = f"ulimit -v {megabytes * 1024}; exec {SCRIPT} --config {program.config} {' '.join(command)}"
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert "not enough memory" in ended.stderr
    assert "ulimit -v" in ended.stderr
    assert "report it" not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
