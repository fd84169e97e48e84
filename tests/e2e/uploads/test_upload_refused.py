"""Uploads that are refused before anything is sent, and dry runs, which send nothing."""

from __future__ import annotations

import pytest

from tests.e2e.uploads.uploading import lines, upload, write


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
