"""Answers that do not come, or say that nothing was taken."""

from __future__ import annotations

import pytest

from sandbox.world.jsontext import exact
from tests.e2e.uploads.uploading import at_the_api, counts, lines, requests, upload, write


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
