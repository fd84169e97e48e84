"""What a source that cannot read everything does: an error, or what is missing is named."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.dlt_source.theirs import ids, load, source

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dlt's own


def forbidden(box) -> str:
    """The account with the most rows: it is listed and may not be read any more."""
    booked = Counter(
        said["relationships"]["account"]["data"]["id"]
        for said in box.truth("acme").transactions.values()
        if "account" in said["relationships"]
    )
    own_id = booked.most_common(1)[0][0]
    box.mutate("acme", "account_forbidden", account=own_id)
    return own_id


def test_what_cannot_be_read_is_an_error_that_loads_nothing(pipeline, box, known):
    """Never silently incomplete: one forbidden account fails the run, and the state stays as it was."""
    own_id = forbidden(box)

    with pytest.raises(Exception, match=own_id):
        load(pipeline, source(known))

    assert not pipeline.state.get("sources", {}).get("aleta", {}).get("resources")


def test_skip_loads_the_rest_and_names_what_is_missing(pipeline, box, known):
    """`on_failure="skip"`: the receipts name the account, the others are complete."""
    before = box.truth("acme").transactions.keys()
    own_id = forbidden(box)

    load(pipeline, source(known, on_failure="skip"))

    assert ids(pipeline, "SELECT parent_id FROM sync_windows WHERE status = 'failed'") == {own_id}
    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys() < before


def test_the_key_is_nowhere_in_what_dlt_keeps(pipeline, box, known, tmp_path):
    """S1: neither state nor trace nor packages nor the tables hold a line of the private key."""
    load(pipeline, source(known))

    secret = known["private_key"].splitlines()[1].encode()
    kept = [file for file in (tmp_path / "dlt").rglob("*") if file.is_file()]
    assert kept
    assert [file for file in [*kept, tmp_path / "theirs.duckdb"] if secret in file.read_bytes()] == []


def test_iterating_needs_no_pipeline(box, known):
    """A source is an iterable like any other of dlt's."""
    rows = [row for table in source(known).with_resources("clients") for row in table.to_pylist()]

    assert {row["id"] for row in rows} == box.truth("acme").clients.keys()
