"""What an upload leaves behind, and how it gets on with its budget, signals, a sync and another upload."""

from __future__ import annotations

import json
import signal
import stat
import time

import pytest

from tests.e2e.program import Program
from tests.e2e.uploads.uploading import at_the_api, counts, lines, requests, upload, write


def test_what_it_leaves_is_private_and_has_no_secret(uploader):
    """Every file 0600, the folder 0700; no token, key, header or body."""
    upload(uploader, "fee-holdings", write(uploader, [*lines(uploader, 3), "nobody;2020-01-01;1"]), "acme", expect=4)

    files = [file for file in uploader.tenant_folder().rglob("*") if file.is_file()]
    assert {file.name for file in files} >= {"uploads.sqlite", "upload.lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(uploader.tenant_folder().stat().st_mode) == 0o700
    for file in files:
        assert uploader.indiscretions(file.read_bytes().decode("latin-1")) == []
        assert b"marketValue" not in file.read_bytes()


def test_an_upload_keeps_to_the_budget(start):
    """Rule R1, of writes: the API refuses none for want of budget, also after an answer was lost."""
    program = start(aleta={"writes": True, "requests_per_minute": 600, "burst": 20}, requests_per_minute=600, burst=20)
    program.box.faults.script("500", path_contains="/historical-")

    upload(program, "account-holdings", write(program, lines(program, 50)), "acme")

    sent = [request for request in program.box.requests if "/historical-" in request.path]
    assert len(sent) == 51
    assert 429 not in {request.status for request in sent}


def wait_for(program: Program, number: int) -> None:
    while requests(program) < number:
        time.sleep(0.01)


@pytest.mark.long
def test_one_upload_at_a_time_and_a_sync_goes_on(uploader):
    """A second upload is exit 1 and says who is there; a sync is not locked out."""
    uploader.box.set(latency_s=0.1)
    file = write(uploader, lines(uploader, 200))
    running = uploader.start("upload", "account-holdings", f"{file}", "acme", "--json")
    wait_for(uploader, 1)

    second = upload(uploader, "account-holdings", file, "acme", expect=1)
    uploader.box.set(latency_s=0)
    uploader.sync()

    assert [error["code"] for error in second["errors"]] == ["locked"]
    assert f"process {running.pid}" in second["errors"][0]["message"]
    assert uploader.end(running).report["confirmed"] == 200


def test_a_signal_ends_it_after_the_rows_under_way(uploader):
    """Exit 143; what was sent has its outcome, the rest is sent by the next run, and no fee twice."""
    uploader.box.set(latency_s=0.2)
    file = write(uploader, lines(uploader, 100))
    running = uploader.start("upload", "fee-holdings", f"{file}", "acme", "--json")
    wait_for(uploader, 10)
    running.send_signal(signal.SIGTERM)

    ended = uploader.end(running)

    assert ended.exit == 143
    assert (ended.report["status"], ended.report["unknown"]) == ("partial", 0)
    assert [error["code"] for error in ended.report["errors"]] == ["stopped"]
    uploader.box.set(latency_s=0)
    rest = upload(uploader, "fee-holdings", file, "acme")
    assert rest["skipped"] == ended.report["confirmed"] > 0
    assert {len(rows) for rows in at_the_api(uploader, "fee-holdings").values()} == {1}
    assert len(at_the_api(uploader, "fee-holdings")) == 100


def test_a_header_without_rows_is_complete_and_sends_nothing(uploader):
    """A JSON report is one document, also of nothing."""
    file = write(uploader, [])

    assert counts(upload(uploader, "account-holdings", file, "acme")) == (0, 0, 0, 0, 0, 0)
    assert json.loads(uploader.run("upload", "account-holdings", f"{file}", "acme", "--json").out)["errors"] == []
