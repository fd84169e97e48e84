"""A tenant that is renamed, in the configuration and its folder, goes on where it was (docs/runbook.md)."""

from __future__ import annotations

import shutil
import time

import pytest

from tests import truth
from tests.lengths import long_but

HISTORY_START = "1970-01-01"
EVERYTHING = 1000  # days of look-back: beyond the history of a small world


def rename(program, *, dlt: bool = True):
    """As the runbook has it; the registration at Aleta stays what it was."""
    program.rewrite("[tenants.acme]", "[tenants.zurich]")
    program.tenant_folder("acme").rename(program.tenant_folder("zurich"))
    if not dlt:
        shutil.rmtree(program.tenant_folder("zurich") / "private" / "dlt")


def differences(program):
    return truth.differences(program.warehouse("zurich"), program.box.truth("acme"))


@pytest.mark.parametrize(
    "dlt", long_but({True}, [pytest.param(True, id="as it is"), pytest.param(False, id="dlt's files are lost")])
)
def test_the_next_sync_goes_on_and_reads_nothing_again(synced, dlt):
    """Its marks are those of its former name; what changed since is there, and nothing besides."""
    synced.configure(look_back_days=EVERYTHING)
    synced.sync()
    synced.box.mutate("acme", "late", count=3)
    synced.box.requests.clear()

    rename(synced, dlt=dlt)
    ended = synced.sync()

    counts = ended.counts(tenant="zurich")
    assert (counts["added"], counts["removed"]) == (3, 0)
    histories = [request for request in synced.box.requests if request.query.get("fromDate") == HISTORY_START]
    assert len(histories) <= 1  # the largest answer may be asked again, as a proof of the cap
    assert differences(synced) == []
    assert synced.column("SELECT DISTINCT late FROM aleta.transaction_changes WHERE op = 'added'", "zurich") == [True]
    assert synced.sync().counts(tenant="zurich")["added"] == 0


@pytest.mark.long
def test_a_package_that_a_kill_cut_off_is_finished_under_the_new_name_c1(start):
    """C1 holds over a renaming: nothing is lost, nothing is there twice."""
    program = start(rows=2000, row_cap=200)
    running = program.start("sync", "--json")
    waiting = program.tenant_folder() / "private" / "dlt" / "aleta_acme" / "load" / "normalized"
    while running.poll() is None and not (waiting.is_dir() and any(waiting.iterdir())):
        time.sleep(0.001)
    running.kill()
    running.communicate()

    rename(program)
    program.sync()

    assert differences(program) == []
    assert program.run("verify", "--all").exit == 0


def test_check_plan_and_status_know_it_before_the_first_sync(synced):
    """They read the same files, and write nothing."""
    rename(synced)

    plan = synced.run("plan", "--json")

    assert "a first load" not in plan.out
    assert "row_cap" not in plan.err
    assert synced.run("check").exit == 0
    assert synced.run("status", "--max-age", "26").exit == 0
    assert {home.name for home in (synced.tenant_folder("zurich") / "private" / "dlt").iterdir()} == {"aleta_acme"}


def test_what_dlt_keeps_is_named_when_it_is_damaged_under_the_former_name(synced):
    """The message names the file that is there."""
    rename(synced)
    state = synced.tenant_folder("zurich") / "private" / "dlt" / "aleta_acme" / "state.json"
    state.write_bytes(b"")

    [error] = synced.sync(expect=1).errors("zurich")

    assert error["message"].startswith(f"{state} is damaged (")
    assert f"`{synced.named('sync zurich')}`" in error["message"]


def test_a_tenant_that_is_removed_leaves_the_others_as_they_are(start):
    """Its section and its folder go; a folder without a section is nobody's, and stays."""
    program = start(tenants=("acme", "bolt"))
    program.sync()
    text = (program.config / "config.toml").read_text()
    (program.config / "config.toml").write_text(text[: text.index("[tenants.bolt]")])

    ended = program.sync()

    assert ended.report["tenants"].keys() == {"acme"}
    assert program.warehouse("bolt").exists()
    shutil.rmtree(program.tenant_folder("bolt"))
    program.sync()
    assert program.differences() == []
