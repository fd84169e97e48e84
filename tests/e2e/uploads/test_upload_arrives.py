"""What arrives of an upload, what a second one sends, and what is deleted."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.world.jsontext import exact
from tests.e2e.uploads.uploading import account, at_the_api, counts, lines, requests, upload, write


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


@pytest.mark.parametrize("kind", ["account-holdings", "fee-holdings"])
def test_what_one_api_confirmed_is_sent_to_another_one(start, kind):
    """`complete` says what is at the API of now: a test first, then production, then the test once more."""
    test = start(aleta={"writes": True})
    file = write(test, lines(test, 3))
    upload(test, kind, file, "acme")

    production = start(aleta={"writes": True})
    dry = production.run("upload", kind, f"{file}", "acme", "--dry-run", "--json").report
    assert len(dry["would_send"]) == 3
    assert counts(upload(production, kind, file, "acme")) == (3, 3, 3, 0, 0, 0)
    assert len(at_the_api(production, kind)) == 3

    test.configure(writes=True)
    assert counts(upload(test, kind, file, "acme")) == (3, 0, 0, 3, 0, 0)


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
