"""A server whose cap is not one constant number of rows, in someone else's pipeline (rule W6)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from sandbox import Sandbox, SandboxSettings
from tests.e2e.dlt_source.theirs import ids, load, source

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.long]  # the warning is dlt's own


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(SandboxSettings(accounts=12, rows=1800, years=4, row_cap=60)) as started:
        yield started


def test_w3_w4_a_busy_day_after_a_night_of_failed_reads_is_loaded(pipeline, box, known):
    """What failed was the proof of the cap: it stays, or a whole history clears the day."""
    load(pipeline, source(known, resources=["transactions"]))
    box.faults.script("200_errors", path_contains="fromDate=1970", times=10**6)
    load(pipeline, source(known, resources=["transactions"], on_failure="skip"))
    box.faults.clear()
    own_id, today = max(box.truth("acme").accounts), datetime.now(UTC).date()
    for row, said in box.truth("acme").transactions.items():
        recent = max(filter(None, map(said["attributes"].get, ("tradeDate", "valueDate")))) > f"{today - timedelta(90)}"
        if recent and own_id in f"{said['relationships']}":
            box.mutate("acme", "delete", id=row)
    box.mutate("acme", "late", account=own_id, date=f"{today - timedelta(days=5)}", count=40)

    load(pipeline, source(known, resources=["transactions"]))

    assert ids(pipeline, "SELECT id FROM transactions") >= box.truth("acme").transactions.keys()


@pytest.mark.parametrize("model", ["alternating", "per_parent", "bytes"])
def test_w6_a_first_load_has_all_rows_or_raises(pipeline, box, known, model):
    """Whatever the model of the cap: nothing incomplete is loaded as complete."""
    box.set(cap_model=model)
    with contextlib.suppress(PipelineStepFailed):
        load(pipeline, source(known, resources=["transactions"]))
    loaded = "transactions" in pipeline.default_schema.data_table_names() if pipeline.default_schema_name else False
    found = ids(pipeline, "SELECT id FROM transactions") if loaded else set()
    assert found in (set(), box.truth("acme").transactions.keys())


def test_w6_a_model_that_changed_has_all_read_again(pipeline, box, known):
    """What the first run read in the belief that does not hold any more is read again, as far as a run notices."""
    box.set(cap_model="per_parent")
    load(pipeline, source(known, resources=["transactions"]))
    box.reset_requests()
    box.set(cap_model="alternating")
    load(pipeline, source(known, resources=["transactions"], look_back_days=20_000))
    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys()
