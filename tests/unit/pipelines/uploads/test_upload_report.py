"""What an upload says of itself, to people and to programs."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.report.report import Exit
from pipelines.uploads.columns import Mistake
from pipelines.uploads.journal import State
from pipelines.uploads.kinds import KINDS, delete, post, row
from pipelines.uploads.report import UploadReport

FEES = KINDS["fee-holdings"]
WRONG = Mistake(line=7, code="rejected", message="a1 2026-01-31: no")


def report(**facts) -> UploadReport:
    return UploadReport(tenant="acme", kind="fee-holdings", **facts)


@pytest.mark.parametrize(
    ("facts", "status", "code"),
    [
        pytest.param({}, "complete", Exit.COMPLETE, id="all is well"),
        pytest.param({"errors": [WRONG]}, "partial", Exit.PARTIAL, id="something is named"),
        pytest.param({"errors": [WRONG], "fatal": Exit.AUTH}, "failed", Exit.AUTH, id="it ended early"),
        pytest.param({"rows": 9, "skipped": 8}, "failed", Exit.FAILED, id="a row was not sent and nobody says why"),
        pytest.param({"rows": 9, "would_send": []}, "complete", Exit.COMPLETE, id="a dry run"),
    ],
)
def test_status_and_exit_follow_from_what_is_named(facts, status, code):
    """Complete only when nothing is."""
    assert (report(**facts).status, report(**facts).exit) == (status, code)


def test_a_row_is_counted_in_one_place():
    """What is left was not sent."""
    told = report(rows=9, skipped=2)
    for state in (State.CONFIRMED, State.REJECTED, State.UNKNOWN):
        told.count(state)

    found = told.to_json()
    names = ("rows", "sent", "confirmed", "skipped", "rejected", "unknown", "not_sent")
    assert [found[name] for name in names] == [9, 3, 1, 2, 1, 1, 4]


def test_errors_are_told_by_line():
    """Whichever came first; those of the whole file before all."""
    told = report(errors=[WRONG, Mistake(line=0, code="stopped", message="on request")], warnings=("look",))

    assert [error["line"] for error in told.to_json()["errors"]] == [0, 7]
    assert told.text().splitlines()[1:] == [
        "  warning: look",
        "  - [stopped] on request",
        "  - line 7: [rejected] a1 2026-01-31: no",
    ]


def test_the_headline_names_what_there_is():
    """Nothing that is nought."""
    told = report(rows=1234, confirmed=1230, unknown=1, requests=1231, duration_s=80)

    expected = "acme: upload fee-holdings failed in 1 min 20 s; 1,231 requests"
    assert told.text() == f"{expected}; 1,234 rows: 1,230 confirmed, 1 unknown, 3 not sent"
    assert report(what="delete", requests=1).text() == "acme: delete fee-holdings complete in 0.0 s; 1 request"


def test_a_dry_run_shows_every_request():
    """With its line, its query, its body; to programs as values."""
    sent = row(FEES, {"account_id": "a1", "date": "2026-01-31", "market_value": "1.50"}, line=2)
    told = report(rows=2, skipped=1, would_send=[(2, post(FEES, sent))])
    gone = report(what="delete", would_send=[(0, delete(FEES, "a1", date(2026, 1, 1), date(2026, 1, 31)))])

    assert told.text().splitlines() == [
        "acme: upload fee-holdings, dry run: 1 request would be sent, 1 confirmed before",
        f"line 2: POST /api/v2/historical-fee-holdings {sent.body.decode()}",
    ]
    query = {"accountId": "a1", "fromDate": "2026-01-01", "toDate": "2026-01-31"}
    assert gone.text().splitlines()[1] == (
        "DELETE /api/v2/historical-fee-holdings?accountId=a1&fromDate=2026-01-01&toDate=2026-01-31"
    )
    assert gone.to_json()["would_send"] == [
        {"line": 0, "method": "DELETE", "path": "/api/v2/historical-fee-holdings", "query": query, "body": ""}
    ]
