"""A package that was cut off, put back to where nothing of it is loaded."""

from pathlib import Path

import pytest

from pipelines.warehouse.pipeline.recovery import rewind_folder

ROWS = {"clients.1.0.insert_values.gz", "links.2.0.parquet", "links.3.1.parquet", "_dlt_pipeline_state.4.0.jsonl"}
CUT_OFF = (
    *("started_jobs/clients.1.0.insert_values.gz", "new_jobs/links.2.0.parquet", "new_jobs/links.3.1.parquet"),
    *("completed_jobs/_dlt_pipeline_state.4.0.jsonl", "new_jobs/clients.5.0.sql", "completed_jobs/links.6.0.sql"),
    *("new_jobs/halfwritten", "started_jobs/clients.7.0.reference"),
    *(".pending_transitions/clients.1.0.insert_values.gz", "package_completed.json", "schema.json"),
    "applied_schema_updates.json",
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name in CUT_OFF:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"in {name}")
    return tmp_path


def files(package: Path) -> dict[str, str]:
    return {f"{path.relative_to(package)}": path.read_text() for path in package.rglob("*") if path.is_file()}


def test_all_rows_are_new_again_and_nothing_says_what_was_done_c1(package):
    """C1: jobs that dlt makes while it loads, notes, and what was half written are gone; the rows are as they were."""
    rows = {Path(name).name: f"in {name}" for name in CUT_OFF if Path(name).name in ROWS and "transitions" not in name}

    rewind_folder(package)

    there = files(package)
    assert {name.removeprefix("new_jobs/"): text for name, text in there.items() if "jobs" in name} == rows
    assert set(rows) == ROWS
    assert there.keys() - {f"new_jobs/{name}" for name in ROWS} == {"schema.json", "schema_updates.json"}


def test_done_again_it_changes_nothing_c1(package):
    """C1: a kill may cut this off, too; the next run does it from the start."""
    rewind_folder(package)
    once = files(package)

    rewind_folder(package)

    assert files(package) == once
