"""`verify` where nothing can be compared."""

from __future__ import annotations

import json
import time

import pytest

from tests.e2e.program import Ended


@pytest.mark.long
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
    assert f"run `{program.named('sync acme')}` first" in verdict["tenants"]["acme"]["statement"]
    assert " ERROR " in ended.err
    assert program.box.requests == []
    assert not (program.folder / "data").exists()


def test_verify_does_not_call_equal_what_no_run_has_loaded(start):
    """The first load of one account failed: `--all` misses its rows, a sample says that it saw none of them."""
    program = start(aleta={"resources": ["transactions"]})
    shown = program.box.truth("acme")
    program.box.faults.script("200_no_data", path_contains=f"accountId={max(shown.accounts)}", times=10**6)
    program.sync(expect=4)
    program.box.faults.clear()
    missing = len(shown.transactions) - len(program.column("SELECT id FROM aleta.transactions"))

    every, sample = program.run("verify", "--all", "--json"), program.run("verify", "--json")

    assert missing
    assert (every.exit, sample.exit) == (1, 4)
    assert _found(every) == ("different", missing, [])
    assert f"acme: [different] {missing} missing, 0 different, 0 extra in transactions. `sync` reads" in every.err
    assert _found(sample) == ("partial", 0, ["never_read"])


def _found(ended: Ended) -> tuple[str, int, list[str]]:
    verdict = json.loads(ended.out)["tenants"]["acme"]
    return verdict["status"], verdict["missing"], [error["code"] for error in verdict["errors"]]
