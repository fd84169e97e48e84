"""A trace of every run: written whole, private, bounded, and read whatever happened to the file."""

from __future__ import annotations

import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from pipelines.report.report import Counts, Exit, Problem, TenantReport
from pipelines.run.aftermath import journal
from pipelines.run.errors import failures
from sources.aleta.errors import AuthError
from tests.fakes import NOON


def entry(number: int, **values: object) -> journal.Entry:
    return journal.Entry(run_id=f"r{number}", kind="sync", started_at=NOON + timedelta(minutes=number), **values)


def test_the_last_line_of_a_run_counts(tmp_path: Path) -> None:
    """What a run says at its end replaces what it said at its beginning."""
    journal.append(tmp_path, entry(1))
    journal.append(tmp_path, entry(1, status="failed", reason="no"))
    journal.append(tmp_path, entry(2))
    assert [(run.run_id, run.status) for run in journal.read(tmp_path)] == [("r2", "running"), ("r1", "failed")]


def test_a_run_is_written_down_with_its_counts_and_what_ended_it() -> None:
    """The first problem, and how many more; what ended it is the first, whatever else was found before or after."""
    report = TenantReport(tenant="acme", requests=7, resources={"accounts": Counts(read=3, added=2)})
    report.errors = [Problem(code="gone", message="was gone"), Problem(code="conflict", message="two contents")]
    partial = journal.ended(report, entry(1), now=NOON)
    report.errors.pop()
    failures.name(AuthError("refused"), report, tenant="acme")
    failures.name(OSError("no room to publish"), report, tenant="acme")
    failed = journal.ended(report, entry(1), now=NOON)
    assert (partial.status, partial.code, partial.reason) == (
        "partial",
        "gone",
        "[gone] was gone. Its rows are kept. (1 more)",
    )
    assert (failed.status, failed.code, failed.errors, failed.rows_read, failed.added) == ("failed", "auth", 3, 3, 2)
    assert (report.exit, [problem.code for problem in report.errors]) == (Exit.AUTH, ["auth", "gone", "disk"])


@pytest.mark.parametrize(
    ("last", "status"),
    [
        pytest.param({"status": "failed", "code": "publish", "errors": 1}, "complete", id="nothing-else"),
        pytest.param({"status": "failed", "code": "publish", "errors": 2}, "failed", id="one-more-error"),
        pytest.param({"status": "partial", "code": "cap", "errors": 1}, "partial", id="another-error"),
        pytest.param(
            {"status": "failed", "code": "publish", "errors": 1, "narrowed": True}, "failed", id="of-a-client"
        ),
    ],
)
def test_c4_what_publish_makes_good_is_no_failure_any_more(
    tmp_path: Path, last: dict[str, object], status: str
) -> None:
    """But what else was the matter stands, and so do the runs before."""
    before = entry(0, status="failed", code="publish", errors=1)
    for run in (before, entry(1, **last)):
        journal.append(tmp_path, run)
    journal.note_published(tmp_path)
    journal.note_published(tmp_path)
    assert journal.read(tmp_path)[0] == entry(
        1, **last | {"status": status} | ({"code": "", "errors": 0} if status == "complete" else {})
    )


def test_a_line_that_was_cut_off_costs_itself_only(tmp_path: Path) -> None:
    """After a crash in the middle of a line, the next run begins a line of its own."""
    journal.append(tmp_path, entry(1))
    file = tmp_path / journal.FILE
    file.write_bytes(file.read_bytes() + b'{"run_id": "r2", "ki')
    journal.append(tmp_path, entry(3))
    assert [run.run_id for run in journal.read(tmp_path)] == ["r3", "r1"]


def test_it_is_for_its_owner_only_and_no_link_is_followed(tmp_path: Path) -> None:
    """S1, S2: 0600; a link in its place is an error, and what it points at is as it was."""
    os.umask(0)
    journal.append(tmp_path, entry(1))
    file = tmp_path / journal.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    target = tmp_path / "target"
    target.write_text("mine")
    file.unlink()
    file.symlink_to(target)
    with pytest.raises(OSError, match="symbolic"):
        journal.append(tmp_path, entry(2))
    assert target.read_text() == "mine"


def test_it_keeps_the_last_runs_and_hundreds_of_single_clients_push_no_night_out(tmp_path: Path) -> None:
    """Bounded, one line a run after it was cut; runs of single clients count apart."""
    journal.append(tmp_path, entry(0, status="failed"))
    for number in range(1, journal.LINES + 20):
        journal.append(tmp_path, entry(number, status="complete", narrowed=True))
    runs = journal.read(tmp_path)
    assert len(runs) < journal.LINES
    assert runs[0].run_id == f"r{journal.LINES + 19}"
    assert runs[-1].run_id == "r0"
    assert not list(tmp_path.glob(".*"))


def test_runs_are_in_the_order_they_were_written_down_in_whatever_their_clocks_said(tmp_path: Path) -> None:
    """M6: a clock was ten years ahead for one run, or behind; also where the file was cut, which drops it in time."""
    years = timedelta(days=3650) // timedelta(minutes=1)
    for number in (1, years, -years, 2):
        journal.append(tmp_path, entry(number, status="failed"))
    journal.append(tmp_path, entry(years, status="complete"))
    assert [run.run_id for run in journal.read(tmp_path)] == ["r2", f"r-{years}", f"r{years}", "r1"]

    for number in range(3, 3 + journal.LINES):
        journal.append(tmp_path, entry(number, status="failed"))
    runs = journal.read(tmp_path)
    assert [run.started_at for run in runs] == sorted((run.started_at for run in runs), reverse=True)
    assert f"r{years}" not in {run.run_id for run in runs}


def test_the_last_run_that_was_told_is_kept(tmp_path: Path) -> None:
    """However many came after it of which nobody was told: it says what is believed."""
    journal.append(tmp_path, entry(0, status="failed"))
    for number in range(1, journal.LINES + 20):
        journal.append(tmp_path, entry(number, status="failed", told=False))
    runs = journal.read(tmp_path)
    assert len(runs) < journal.LINES
    assert [run.run_id for run in runs if run.told] == ["r0"]


def test_a_line_of_an_older_version_counts_as_told(tmp_path: Path) -> None:
    """It does not say so, and an upgrade tells nobody anew."""
    journal.append(tmp_path, entry(1, status="failed", told=False))
    file = tmp_path / journal.FILE
    line = msgspec.json.decode(file.read_bytes())
    del line["told"]
    file.write_bytes(msgspec.json.encode(line))
    assert [run.told for run in journal.read(tmp_path)] == [True]


def test_several_processes_lose_no_line(tmp_path: Path) -> None:
    """Also while one of them cuts the file, and puts another in its place."""

    def write(first: int) -> None:
        for number in range(first, first + 200):
            journal.append(tmp_path, entry(number, status="failed"))

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [int(run.run_id[1:]) for run in reversed(journal.read(tmp_path))]
    assert len(ids) >= journal.KEPT
    for first in (0, 1000, 2000):
        kept = [number for number in ids if first <= number < first + 200]
        assert kept == list(range(first + 200 - len(kept), first + 200))


def test_before_the_first_run_there_is_none(tmp_path: Path) -> None:
    """A folder that is not there, or is a file, has no runs."""
    (tmp_path / "file").write_text("")
    assert list(journal.read(tmp_path / "nowhere")) == list(journal.read(tmp_path / "file")) == []
