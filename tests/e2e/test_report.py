"""`report`: one HTML page of what was synced, read from the published copy."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.e2e.program import Program

HOSTILE = """<img src=x onerror="alert('1')"> & Søn"""


def report(program: Program, *args: str, expect: int = 0) -> str:
    """The page that the command wrote."""
    file = program.folder / "out" / "report.html"
    file.parent.mkdir(exist_ok=True)
    ended = program.run("report", *args, "--html", f"{file}")
    assert ended.exit == expect, ended.err
    assert ended.out == f"{file} written\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["report.html"]
    return file.read_text(encoding="utf-8")


def text_of(page: str) -> str:
    """What stands on it, without markup."""
    page = page.replace("<wbr>", "")  # where a name may break; no reader sees it
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)))


def test_the_page_has_the_figures_of_the_warehouse_and_asks_nothing(synced):
    """Runs, coverage, tables and drift are those of the published copy; no request is sent."""
    synced.box.reset_requests()

    said = text_of(report(synced))

    assert synced.box.requests == []
    [(requests, added)] = synced.rows("SELECT requests, added FROM aleta.sync_runs")
    [(marks, first, last)] = synced.rows(
        "SELECT count(*), min(from_date), min(through_date) FROM aleta.sync_marks WHERE resource = 'transactions'"
    )
    [rows] = synced.column("SELECT count(*) FROM aleta.transactions")
    banks = sum("bank" in account["attributes"] for account in synced.box.truth("acme").accounts.values())
    assert "acme is fine" in said
    assert "acme fresh: " in said
    assert "last run complete" in said
    assert f"{requests:,}" in said
    assert f"{added:,}" in said
    behind = (synced.box.settings.today - last).days
    assert f"transactions {behind} 0 {last} 100 % " in said
    assert f" {marks} {first} " in said
    assert f"transactions {rows}" in said
    assert f"accounts.bank {banks}" in said
    assert "transactions.accountAmount" not in said  # its text is in `extra`, but it has a column


@pytest.mark.long
def test_a_second_run_is_on_the_page_and_a_page_is_written_over(synced):
    """Each run is a row and a group of bars; what one run left is replaced by what the next one says."""
    first = report(synced)
    synced.box.mutate_night("acme", 1, late=0.05, edited=0.05, deleted=0.02, within_days=25)
    synced.sync()

    second = report(synced)

    assert (first.count('class="chart"'), second.count('class="chart"')) == (3, 3)
    assert (first.count(", requests: "), second.count(", requests: ")) == (1, 2)
    assert (first.count(", 2 runs: "), second.count(", 2 runs: ")) == (0, 1)
    assert "removed: " in second


def test_the_page_of_a_tenant_without_a_copy_in_duckdb_is_that_of_its_private_store(start):
    """With Parquet alone, as for `status`: the same figures, and none of dlt's tables."""
    program = start(aleta={"publish": ["parquet"]})
    program.sync()

    said = text_of(report(program))

    assert "acme is fine" in said
    assert f"transactions {len(program.box.truth('acme').transactions):,}" in said
    assert re.search(r"Size of the file [0-9.]+ MiB", said)
    assert "_dlt" not in said


HOLDER = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_while_a_command_has_the_warehouse_the_page_and_the_metrics_leave_out_what_is_not_known(start):
    """F3: without a copy in DuckDB, the private store is a run's alone; a quarantined window does not go meanwhile."""
    program = start(busy_day=True, aleta={"publish": ["parquet"]})
    program.sync(expect=4)
    store = program.tenant_folder() / "private" / "store.duckdb"
    known = program.run("status", "--format", "prometheus").out
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"

        said = text_of(report(program))
        metrics = program.run("status", "--format", "prometheus").out
        holder.stdin.close()

    assert "The warehouse is in use by a command" in said
    assert 'aleta_sync_quarantined_windows{tenant="acme"} 1' in known
    assert "aleta_sync_quarantined_windows{" not in metrics
    assert 'aleta_sync_needs_attention{tenant="acme"} 1' in metrics  # its last run was partial


def test_a_hostile_name_is_text(start):
    """An account's name comes from whoever may edit it: on the page it is what it says, and nothing runs."""
    program = start(busy_day=True)
    program.sync(expect=4)
    [stuck] = program.column("SELECT parent_id FROM aleta.sync_windows WHERE status = 'quarantined'")
    with duckdb.connect(program.warehouse()) as copy:
        copy.execute("UPDATE aleta.accounts SET name = ? WHERE id = ?", [HOSTILE, stuck])

    page = report(program)

    assert HOSTILE not in page
    assert "<img" not in page
    assert f"&lt;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&gt; &amp; Søn</bdi> <code>{stuck}</code>" in page
    assert "1 quarantined" in text_of(page)


def test_nothing_on_the_page_leads_elsewhere(synced):
    """It can be sent to somebody, and opened where there is no network."""
    page = report(synced)

    assert re.findall(r"https?:|//[a-z]|url\(|@import|<script|<link|src=", page) == []
    assert set(re.findall(r'href="(.)', page)) <= {"#"}


@pytest.mark.long
def test_every_tenant_is_on_the_page_also_one_that_was_never_synced(start):
    """One that cannot be read is exit 1, as for status, and the others are there."""
    program = start(tenants=("acme", "bolt", "core"))
    program.sync("acme", "core")
    program.warehouse("core").write_bytes(b"x" * 5000)

    page = report(program, expect=1)

    assert "2 of 3 tenants need attention" in text_of(page)
    assert "1 tenant is fine" in text_of(page)
    assert "acme fresh: " in text_of(page)
    assert f"run `{program.named('sync bolt')}`" in text_of(page)
    assert "core cannot be read" in text_of(page)
    assert f"run `{program.named('publish core')}`" in text_of(page)
    assert "core" not in text_of(report(program, "acme", "bolt"))
    assert program.run("status").exit == 1
    assert "core: " in program.run("report", "--html", "r.html").err


def test_without_a_file_or_where_none_can_be_written_it_says_so(synced):
    """Exit 2 without `--html`, and where its folder is a file, or is not there: none is made."""
    without = synced.run("report")
    (synced.folder / "plain").write_text("")
    inside = synced.run("report", "--html", f"{synced.folder / 'plain' / 'r.html'}")

    assert (without.exit, without.out) == (2, "")
    assert "--html" in without.err
    assert (inside.exit, inside.out) == (2, "")
    assert "cannot write" in inside.err
    folder = synced.folder / "not" / "there"
    missing = synced.run("report", "--html", f"{folder / 'r.html'}")
    assert (missing.exit, missing.out) == (2, "")
    assert f"there is no folder {folder}; make it first" in missing.err
    assert not folder.parent.exists()


def test_dlt_is_not_loaded_for_it(synced):
    """A second of waiting for what the page does not need; nor is a library of charts, nor a hook into imports."""
    script = (
        "import sys\nfrom pipelines.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as ended:\n    assert ended.code == 0, ended.code\n"
        "assert 'jinja2' in sys.modules and 'pygal' not in sys.modules\n"
        "assert 'dlt' not in sys.modules\n"
        "assert not [finder for finder in sys.meta_path if 'pygal' in getattr(finder, '__module__', '')]\n"
    )
    args = ("--config", f"{synced.config}", "report", "--html", f"{synced.folder / 'r.html'}")

    ran = subprocess.run(
        [sys.executable, "-c", script, *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )

    assert ran.returncode == 0, ran.stderr
