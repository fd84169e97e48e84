"""Uploads as an operator runs them: what is refused, what arrives, and what is said of each row."""

from __future__ import annotations

import json
import signal
import stat
import time
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.world.jsontext import exact
from tests.e2e.program import Program

KEYS = {"status", "tenant", "kind", "rows", "sent", "confirmed", "skipped", "rejected", "unknown", "errors"}
HEADER = "account_id;date;market_value"
COLUMNS = {
    "account-holdings": ("account_id", "date", "market_value"),
    "fee-holdings": ("account_id", "date", "market_value"),
    "instrument-holdings": ("depository_id", "instrument_id", "date", "units", "market_value"),
}


@pytest.fixture
def uploader(start) -> Program:
    """The program for a tenant that may be written to."""
    return start(aleta={"writes": True})


def account(program: Program, at: int = 0) -> str:
    return sorted(program.box.truth("acme").accounts)[at]


def lines(program: Program, count: int, *, value: str = "{day}.50") -> list[str]:
    owner = account(program)
    return [f"{owner};2020-{1 + at // 28:02d}-{1 + at % 28:02d};{value.format(day=at)}" for at in range(count)]


def write(program: Program, rows: Iterable[str], name: str = "holdings.csv") -> Path:
    file = program.folder / name
    file.write_text("\n".join([HEADER, *rows, ""]))
    return file


def at_the_api(program: Program, kind: str) -> dict[tuple[str, ...], list[dict]]:
    """Rows by key, every number a Decimal."""
    entries = exact(program.box.uploads("acme"))[kind]
    return {tuple(entry["key"]): entry["rows"] for entry in entries}


def requests(program: Program) -> int:
    return sum("/historical-" in request.path for request in program.box.requests)


def upload(program: Program, *args: object, expect: int = 0) -> dict:
    ended = program.run("upload", *map(str, args), "--json")
    assert ended.exit == expect, f"exit {ended.exit}\n{ended.out}\n{ended.err}"
    assert ended.report.keys() >= KEYS
    assert len(ended.err.splitlines()) >= len(ended.report["errors"])  # each is a line of the log, too
    return ended.report


def counts(report: dict) -> tuple[int, ...]:
    return tuple(report[name] for name in ("rows", "sent", "confirmed", "skipped", "rejected", "unknown"))


# -- what is refused


def test_nothing_is_written_unless_the_tenant_allows_it(start):
    """Exit 2, the setting's name, no request; also for a dry run and a delete."""
    program = start()
    file = write(program, lines(program, 1))
    span = ("--parent", "x", "--from", "2020-01-01", "--to", "2020-01-31")

    for args in ((f"{file}", "acme"), (f"{file}", "acme", "--dry-run"), ("--delete", *span, "acme")):
        ended = program.run("upload", "account-holdings", *args)
        assert (ended.exit, ended.out) == (2, "")
        assert "writes = true" in ended.err
    assert program.box.requests == []


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(("prices", "f.csv", "acme"), id="no such kind"),
        pytest.param(("account-holdings", "acme"), id="no file"),
        pytest.param(("account-holdings", "f.csv", "acme", "bolt"), id="two tenants"),
        pytest.param(("account-holdings", "f.csv", "nobody"), id="no such tenant"),
        pytest.param(("account-holdings", "f.csv", "acme"), id="no such file"),
        pytest.param(("account-holdings", "f.csv", "acme", "--parent", "x"), id="a parent without --delete"),
        pytest.param(("account-holdings", "--delete", "acme"), id="a delete of nothing"),
        pytest.param(
            ("account-holdings", "--delete", "--parent", "x", "--from", "2020-02-01", "--to", "2020-01-01", "acme"),
            id="a delete backwards",
        ),
    ],
)
def test_a_mistake_on_the_command_line_is_exit_2(uploader, args):
    """Said on stderr; no request."""
    ended = uploader.run("upload", *args)

    assert ended.exit == 2
    assert ended.err
    assert uploader.box.requests == []


def test_a_file_with_mistakes_is_refused_whole(uploader):
    """Exit 2, every mistake with its line in the report and on stderr; nothing sent, nothing made."""
    good = lines(uploader, 2)
    file = write(uploader, [good[0], "x;2020-13-01;1,5", good[1], good[0]])

    ended = uploader.run("upload", "account-holdings", f"{file}", "acme", "--json")

    assert ended.exit == 2
    assert [(error["line"], error["code"]) for error in ended.report["errors"]] == [
        (3, "day"),
        (3, "number"),
        (5, "duplicate"),
    ]
    assert ended.err.count("ERROR") == 3
    assert uploader.box.requests == []
    assert not uploader.tenant_folder().exists()


# -- what arrives


def test_rows_arrive_digit_by_digit(uploader):
    """Exit 0; what the API has is what the file says."""
    value = "12345678901234567890.123456789012"
    file = write(uploader, lines(uploader, 40, value=value))

    report = upload(uploader, "account-holdings", file, "acme")

    assert (report["status"], counts(report)) == ("complete", (40, 40, 40, 0, 0, 0))
    rows = at_the_api(uploader, "account-holdings")
    assert len(rows) == 40
    assert {row["attributes"]["marketValue"] for [row] in rows.values()} == {Decimal(value)}


def test_a_parquet_file_of_instruments_arrives(uploader):
    """Decimals as they are stored; optional columns too."""
    truth = uploader.box.truth("acme")
    table = pa.table(
        {
            "depository_id": [min(truth.depositories)],
            "instrument_id": [min(truth.instruments)],
            "date": pa.array([0], pa.date32()),
            "units": [Decimal("10.000000000001")],
            "market_value": ["-0.10"],
            "reporting_currency_code": ["DKK"],
            "instrument_type": [truth.instruments[min(truth.instruments)]["type"]],
        }
    )
    pq.write_table(table, uploader.folder / "holdings.parquet")

    upload(uploader, "instrument-holdings", uploader.folder / "holdings.parquet", "acme")

    [[row]] = at_the_api(uploader, "instrument-holdings").values()
    assert row["attributes"] == {
        "date": "1970-01-01",
        "units": Decimal("10.000000000001"),
        "marketValue": Decimal("-0.10"),
        "reportingCurrencyCode": "DKK",
    }


@pytest.mark.parametrize("kind", ["account-holdings", "fee-holdings"])
def test_the_same_file_again_sends_only_what_is_not_confirmed(uploader, kind):
    """A second run sends nothing; --again sends all; a new row is sent alone."""
    file = write(uploader, lines(uploader, 3))
    upload(uploader, kind, file, "acme")

    assert counts(upload(uploader, kind, file, "acme")) == (3, 0, 0, 3, 0, 0)
    assert counts(upload(uploader, kind, file, "acme", "--again")) == (3, 3, 3, 0, 0, 0)

    write(uploader, lines(uploader, 4))
    assert counts(upload(uploader, kind, file, "acme")) == (4, 1, 1, 3, 0, 0)
    assert requests(uploader) == 3 + 0 + 3 + 1


def test_a_rejected_row_is_named_in_the_words_of_the_api(uploader):
    """Exit 4; the others are confirmed, and the next run sends that one only."""
    file = write(uploader, [*lines(uploader, 2), "nobody;2020-01-01;1"])

    report = upload(uploader, "account-holdings", file, "acme", expect=4)

    assert (report["status"], counts(report)) == ("partial", (3, 3, 2, 0, 1, 0))
    [error] = report["errors"]
    assert (error["line"], error["code"]) == (4, "rejected")
    assert "No account matched the supplied id." in error["message"]
    assert counts(upload(uploader, "account-holdings", file, "acme", expect=4)) == (3, 1, 0, 2, 1, 0)


def test_a_correction_of_an_account_is_sent_and_one_of_a_fee_is_not(uploader):
    """Account holdings overwrite; of fee holdings nobody documents it, so exit 2 until --again says so."""
    first, second = (write(uploader, lines(uploader, 1, value=value), f"{value}.csv") for value in ("1", "2"))
    for kind in ("account-holdings", "fee-holdings"):
        upload(uploader, kind, first, "acme")

    upload(uploader, "account-holdings", second, "acme")
    report = upload(uploader, "fee-holdings", second, "acme", expect=2)

    [[row]] = at_the_api(uploader, "account-holdings").values()
    assert row["attributes"]["marketValue"] == 2
    assert [(error["line"], error["code"]) for error in report["errors"]] == [(2, "conflict")]
    assert exact(uploader.box.uploads("acme"))["doubles"] == 0


# -- answers that do not come


@pytest.mark.parametrize("fault", ["429", "503", "401", "reset_unwritten", "500", "reset", "200_html", "cut_length"])
def test_what_overwrites_is_sent_until_it_is_confirmed(uploader, fault):
    """Whatever was answered before, each row is there once; exit 0."""
    uploader.box.faults.script(fault, path_contains="/historical-", times=1)
    file = write(uploader, lines(uploader, 2))

    assert counts(upload(uploader, "account-holdings", file, "acme")) == (2, 2, 2, 0, 0, 0)
    assert len(at_the_api(uploader, "account-holdings")) == 2


@pytest.mark.parametrize(
    ("fault", "unknown"),
    [
        pytest.param("429", 0, id="429: not taken"),
        pytest.param("503", 0, id="503 that invites to come again: not taken"),
        pytest.param("401", 0, id="401: not taken"),
        pytest.param("500", 1, id="500"),
        pytest.param("502_html", 1, id="502"),
        pytest.param("reset", 1, id="no answer"),
        pytest.param("reset_unwritten", 1, id="no answer, and not written: nobody can tell"),
        pytest.param("200_errors", 1, id="a success with errors"),
    ],
)
def test_a_fee_without_an_answer_is_never_sent_twice(uploader, fault, unknown):
    """It stays unknown in this run and the next, is named, and the exit is 4; --again sends it."""
    uploader.box.faults.script(fault, path_contains="/historical-", times=1)
    file = write(uploader, lines(uploader, 3))

    first = upload(uploader, "fee-holdings", file, "acme", expect=4 if unknown else 0)
    second = upload(uploader, "fee-holdings", file, "acme", expect=4 if unknown else 0)

    assert counts(first) == (3, 3, 3 - unknown, 0, 0, unknown)
    assert counts(second) == (3, 0, 0, 3 - unknown, 0, unknown)
    assert [error["code"] for error in second["errors"]] == ["unknown"] * unknown
    assert exact(uploader.box.uploads("acme"))["doubles"] == 0
    assert counts(upload(uploader, "fee-holdings", file, "acme", "--again")) == (3, 3, 3, 0, 0, 0)


def test_a_key_that_is_refused_is_exit_3(uploader):
    """Nothing is sent, and nothing unknown."""
    uploader.rewrite("kid-acme", "kid-acne")

    report = upload(uploader, "fee-holdings", write(uploader, lines(uploader, 3)), "acme", expect=3)

    assert (report["status"], counts(report)) == ("failed", (3, 0, 0, 0, 0, 0))
    assert [error["code"] for error in report["errors"]] == ["auth"]
    assert requests(uploader) == 0


# -- delete


@pytest.mark.parametrize("kind", ["account-holdings", "fee-holdings"])
def test_a_delete_takes_the_days_that_it_names_and_may_be_repeated(uploader, kind):
    """Both ends included; 404 is success; what was deleted is sent anew by the same file."""
    file = write(uploader, lines(uploader, 5))
    upload(uploader, kind, file, "acme")
    span = ("--parent", account(uploader), "--from", "2020-01-02", "--to", "2020-01-04")

    report = upload(uploader, kind, "--delete", *span, "acme")

    assert report["status"] == "complete"
    assert {key[-1] for key in at_the_api(uploader, kind)} == {"2020-01-01", "2020-01-05"}
    assert "nothing was there" in upload(uploader, kind, "--delete", *span, "acme")["warnings"][0]
    assert counts(upload(uploader, kind, file, "acme")) == (5, 3, 3, 2, 0, 0)
    assert exact(uploader.box.uploads("acme"))["doubles"] == 0


def test_a_delete_that_is_refused_says_why(uploader):
    """Exit 4, the API's words."""
    uploader.box.faults.script("403", path_contains="/historical-")
    span = ("--parent", account(uploader), "--from", "2020-01-02", "--to", "2020-01-04")

    report = upload(uploader, "account-holdings", "--delete", *span, "acme", expect=4)

    assert [error["code"] for error in report["errors"]] == ["rejected"]


# -- dry run


def test_a_dry_run_prints_what_would_be_sent_and_sends_nothing(uploader):
    """Each request with its line; no token is fetched, no file made; what is confirmed is left out."""
    file = write(uploader, lines(uploader, 2))

    report = upload(uploader, "account-holdings", file, "acme", "--dry-run")

    assert uploader.box.requests == []
    assert not uploader.tenant_folder().exists()
    assert [request["line"] for request in report["would_send"]] == [2, 3]
    assert report["would_send"][0]["path"] == "/api/v2/historical-account-holdings"
    assert '"marketValue":0.50' in report["would_send"][0]["body"]
    text = uploader.run("upload", "account-holdings", f"{file}", "acme", "--dry-run").out
    assert f"POST /api/v2/historical-account-holdings {report['would_send'][1]['body']}" in text

    upload(uploader, "account-holdings", file, "acme")
    before = sorted(file.name for file in uploader.tenant_folder().iterdir())
    assert upload(uploader, "account-holdings", file, "acme", "--dry-run")["would_send"] == []
    assert sorted(file.name for file in uploader.tenant_folder().iterdir()) == before


def test_a_dry_run_of_a_delete_shows_its_query(uploader):
    """The request, and no request."""
    span = ("--parent", "d1", "--from", "2020-01-02", "--to", "2020-01-04")

    out = uploader.run("upload", "instrument-holdings", "--delete", *span, "acme", "--dry-run").out

    path = "/api/v3/historical-instrument-holdings"
    assert f"DELETE {path}?depositoryId=d1&fromDate=2020-01-02&toDate=2020-01-04" in out
    assert uploader.box.requests == []


# -- what it leaves, and who else is there


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


def test_a_killed_upload_does_not_end_before_it_says_so(uploader):
    """A JSON report is one document, also of nothing."""
    file = write(uploader, [])

    assert counts(upload(uploader, "account-holdings", file, "acme")) == (0, 0, 0, 0, 0, 0)
    assert json.loads(uploader.run("upload", "account-holdings", f"{file}", "acme", "--json").out)["errors"] == []
