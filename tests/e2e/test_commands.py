"""The other commands of the contract, as an operator meets them."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from pipelines.commands.demo import WORLD
from sandbox import Sandbox
from sandbox.world.jsontext import exact
from tests import truth
from tests.e2e.conftest import SMALL
from tests.e2e.program import SCRIPT

COMMANDS = (
    "init",
    "sync",
    "backfill",
    "plan",
    "verify",
    "status",
    "report",
    "publish",
    "check",
    "keys",
    "sandbox",
    "demo",
)


def checks(ended) -> dict[str, dict]:
    return {check["what"]: check for check in json.loads(ended.out)["checks"]}


@pytest.fixture
def installed(program):
    """What an operator starts: the installed script, with all that Python does first."""
    program.cold = True
    return program


# -- help


def test_help_names_every_command(installed):
    """`--help` lists the commands of the contract, and needs no configuration."""
    ended = installed.run("--help", config=False)

    assert ended.exit == 0
    assert set(COMMANDS) <= set(re.findall(r"^  ([a-z]+) ", ended.out, re.MULTILINE))


@pytest.mark.parametrize("args", [("nightly",), ("sync", "--fast"), ("backfill",), ("keys", "generate")])
def test_a_mistake_on_the_command_line_is_exit_2(program, args):
    """Usage errors are click's, with what there is instead."""
    ended = program.run(*args)

    assert (ended.exit, ended.out) == (2, "")
    assert "Usage: " in ended.err
    assert program.box.requests == []


# -- check


def test_check_finds_everything_well_with_three_requests_at_most(installed):
    """Config, key, clock, token, API, disk, lock: each ok; exit 0."""
    ended = installed.run("check", "--json")

    assert ended.exit == 0
    assert json.loads(ended.out)["ok"] is True
    assert {"config", "key", "clock", "token", "api", "disk", "lock"} <= checks(ended).keys()
    assert all(check["ok"] for check in checks(ended).values())
    assert len(installed.box.requests) <= 3


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


def test_check_names_an_api_that_nobody_answers_for(program):
    """Exit 1 and the address, without two minutes of patience."""
    program.rewrite(f'api_url = "{program.box.url}"', 'api_url = "http://127.0.0.1:9"')

    ended = program.run("check", "--json")

    assert ended.exit == 1
    assert "127.0.0.1:9" in checks(ended)["api"]["text"]


# -- status


def test_status_before_the_first_sync_says_so(installed):
    """Exit 0, no request, nothing made."""
    ended = installed.run("status", "--json")

    assert ended.exit == 0
    assert json.loads(ended.out)["tenants"]["acme"]["synced"] is False
    assert "never synced" in installed.run("status").out
    assert installed.box.requests == []


def test_status_shows_freshness_coverage_and_runs_without_a_request(synced):
    """What the last run did, how far the marks reach, nothing quarantined."""
    ended = synced.run("status", "--json")

    facts = json.loads(ended.out)["tenants"]["acme"]
    assert ended.exit == 0
    assert facts["synced"] is True
    assert facts["fresh_at"]
    assert [run["status"] for run in facts["runs"]] == ["complete"]
    [coverage] = facts["coverage"]
    assert (coverage["resource"], coverage["parents"]) == ("transactions", len(synced.box.truth("acme").accounts))
    assert facts["quarantined"] == []
    assert synced.box.requests == []


# -- keys


def test_a_generated_key_is_private_and_its_public_half_is_what_aleta_needs(installed):
    """Mode 0600; the JWK has no `d`; once Aleta has it, the key works."""
    file = installed.config / "secrets" / "acme.pem"
    file.unlink()

    ended = installed.run("keys", "generate", "--out", f"{file}")

    jwk = json.loads(ended.out)
    assert ended.exit == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert jwk.keys() >= {"kty", "crv", "x", "y", "alg", "use"}
    assert (jwk["kty"], jwk["crv"], jwk["alg"], "d" in jwk) == ("EC", "P-256", "ES256", False)
    registered = installed.box._issuer.registered
    registered["kid-acme"] = replace(registered["kid-acme"], jwk=jwk)
    assert installed.run("check").exit == 0


def test_a_key_is_never_overwritten(program):
    """Exit 2, and the old key is as it was."""
    file = program.config / "secrets" / "acme.pem"
    before = file.read_bytes()

    ended = program.run("keys", "generate", "--out", f"{file}")

    assert (ended.exit, ended.out) == (2, "")
    assert "never overwritten" in ended.err
    assert file.read_bytes() == before


# -- backfill


def test_a_backfill_reads_its_span_again_both_ends_included(synced):
    """What changed in the span comes in, what changed outside of it does not; marks stay."""
    marks = synced.rows("SELECT * FROM aleta.sync_marks ORDER BY ALL")
    first, last = (SMALL["today"] - timedelta(days=ago) for ago in (300, 200))
    accounts = sorted(synced.box.truth("acme").accounts)
    inside = [
        synced.box.mutate("acme", "late", account=accounts[0], date=f"{day}")["added"][0] for day in (first, last)
    ]
    outside = [
        synced.box.mutate("acme", "late", account=accounts[0], date=f"{day}")["added"][0]
        for day in (first - timedelta(days=1), last + timedelta(days=1))
    ]

    ended = synced.run("backfill", "--from", f"{first}", "--to", f"{last}", "--json")

    stored = set(synced.column("SELECT id FROM aleta.transactions"))
    assert ended.exit == 0
    assert ended.report["status"] == "complete"
    assert set(inside) <= stored
    assert not set(outside) & stored
    assert synced.rows("SELECT * FROM aleta.sync_marks ORDER BY ALL") == marks
    assert synced.column("SELECT kind FROM aleta.sync_runs ORDER BY started_at") == ["sync", "backfill"]


def test_a_backfill_of_one_account_asks_for_no_other(synced):
    """`--account` narrows it."""
    account = min(synced.box.truth("acme").accounts)

    ended = synced.run("backfill", "--from", "2025-01-01", "--to", "2025-01-31", "--account", account, "--json")

    asked = [request.query for request in synced.box.requests if request.path.endswith("/transactions")]
    assert ended.exit == 0
    assert [query["accountId"] for query in asked if query["toDate"] == "2025-01-31"] == [account]
    assert len(asked) <= 2  # the other one proves the cap


def test_a_backfill_of_an_account_that_is_not_listed_stops_after_the_lists(start_synced):
    """Exit 4 and the code `unknown`; nothing is asked of any other account, instrument or day."""
    synced = start_synced(resources=["*"])

    ended = synced.run("backfill", "--from", "2025-01-01", "--to", "2025-01-31", "--account", "nobody", "--json")

    assert ended.exit == 4
    assert [(error["code"], error["parent_id"]) for error in ended.errors()] == [("unknown", "nobody")]
    assert "nobody" in ended.err
    asked = {request.path for request in synced.box.requests}
    assert any(path.endswith("/accounts") for path in asked)
    assert not any(
        word in path for path in asked for word in ("transactions", "instruments", "holdings", "performance")
    )


def test_a_backfill_of_an_account_that_is_there_beside_one_that_is_not_reads_the_one(synced):
    """Exit 4: the other is named."""
    account = min(synced.box.truth("acme").accounts)
    span = ("--from", "2025-01-01", "--to", "2025-01-31")

    ended = synced.run("backfill", *span, "--account", account, "--account", "nobody", "--json")

    assert ended.exit == 4
    assert [error["parent_id"] for error in ended.errors()] == ["nobody"]
    asked = [request.query for request in synced.box.requests if request.path.endswith("/transactions")]
    # another proves the cap
    assert [query["accountId"] for query in asked if query["toDate"] == "2025-01-31"] == [account]


def test_a_span_the_wrong_way_round_is_exit_2(synced):
    """What to do is said; nothing is asked."""
    ended = synced.run("backfill", "--from", "2025-02-01", "--to", "2025-01-01")

    assert (ended.exit, ended.out) == (2, "")
    assert "swap them" in ended.err
    assert synced.box.requests == []


# -- the local Aleta


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
    assert served.returncode in {0, 143}


def test_the_demo_syncs_a_sandbox_and_shows_how_to_open_it(tmp_path):
    """In an empty folder: a complete run, exact, and three lines that work as they are printed."""
    ended = subprocess.run([SCRIPT, "demo"], capture_output=True, text=True, cwd=tmp_path, check=False)

    assert ended.returncode == 0, ended.stderr
    printed = [line.strip() for line in ended.stdout.splitlines()]
    script = "\n".join(line for line in printed if line.startswith(("import duckdb", "db = ", "db.sql")))
    python = [sys.executable, "-c", script]
    shown = subprocess.run(python, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert script.count("\n") == 2
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "accounts" in shown.stdout
    with Sandbox(WORLD) as box:
        assert truth.differences(tmp_path / "demo" / "data" / "acme" / "warehouse.duckdb", box.truth("acme")) == []


# -- verify where nothing can be compared


def test_verify_says_only_what_it_did_while_a_run_holds_the_lock(start):
    """Exit 1, and no word of receipts or digits: nothing was looked at."""
    program = start(latency_s=0.3)
    program.sync()
    program.box.requests.clear()
    running = program.start("sync", "--json")
    while not program.box.requests:
        time.sleep(0.02)

    ended = program.run("verify", "--json")

    verdict = json.loads(ended.out)["tenants"]["acme"]
    assert (ended.exit, verdict["status"]) == (1, "nothing compared")
    assert f"process {running.pid}" in verdict["statement"]
    assert "Ledger: not checked" in verdict["statement"]
    assert program.end(running).exit == 0


def test_verify_without_a_database_compares_nothing_and_makes_nothing(program):
    """Exit 1; no request is sent, no folder made."""
    ended = program.run("verify", "--json")

    verdict = json.loads(ended.out)
    assert (ended.exit, verdict["status"]) == (1, "nothing compared")
    assert "run `aleta-sync sync acme` first" in verdict["tenants"]["acme"]["statement"]
    assert " ERROR " in ended.err
    assert program.box.requests == []
    assert not (program.folder / "data").exists()


# -- check writes nothing, and opens what it calls ok


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


# -- plan


def test_plan_before_a_first_load_says_what_is_not_known(program):
    """No zeros that look like an answer; nothing is made, nothing asked."""
    ended = program.run("plan")

    said = " ".join(ended.out.split())
    assert ended.exit == 0
    assert "acme: a first load" in said
    assert "not known: how many accounts there are" in said
    assert "at least 1 request an account: transactions" in said
    assert "no other tenant was loaded here" in said
    assert " 0 requests" not in said
    assert max(map(len, ended.out.splitlines())) <= 80
    assert not (program.folder / "data").exists()
    assert program.box.requests == []


def test_plan_before_a_first_load_guesses_from_what_others_took(start):
    """A range from the other tenants' first loads, with their accounts and the row cap that they met."""
    program = start(tenants=("acme", "beta"))
    took = program.sync("beta").tenant("beta")

    ended = program.run("plan", "acme")

    said = " ".join(ended.out.split())
    assert f"beta took {took['requests']:,} requests for" in said
    assert "(row cap 40)" in said
    assert f"so perhaps {took['requests']:,} to {took['requests']:,} requests" in said
    assert (
        json.loads(program.run("plan", "acme", "--json").out)["tenants"]["acme"]["estimate"] == [took["requests"]] * 2
    )


def test_plan_has_no_lines_of_zeros(synced):
    """A table of which nothing is due is counted, not listed."""
    ended = synced.run("plan")

    assert ended.exit == 0
    assert not any(": 0 requests" in line for line in ended.out.splitlines()[1:])
