"""What a run leaves behind: its line, and what is to be told of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.report.report import Problem, TenantReport
from pipelines.run.aftermath import journal
from pipelines.run.aftermath.aftermath import leave
from pipelines.run.aftermath.notices import Notice
from pipelines.settings import KeySource, TenantSettings
from tests.fakes import NOON

BAD = Problem(code="gone", message="was gone")


@pytest.fixture
def tenant(tmp_path: Path) -> TenantSettings:
    return TenantSettings(
        name="acme", data_dir=tmp_path, kid="k", iss="i", sub="s", key=KeySource(), notify=("json://127.0.0.1:9/",)
    )


def left(tenant: TenantSettings, number: int, *problems: Problem) -> Notice | None:
    began = journal.Entry(run_id=f"r{number}", kind="sync", started_at=NOON + timedelta(days=number), told=False)
    return leave(tenant, TenantReport(tenant="acme", errors=list(problems)), began, now=NOON)


def test_a_run_that_was_killed_before_it_told_has_told_nobody(tenant: TenantSettings) -> None:
    """All tenants are told of at the end of the process: until then the next run of the tenant tells it, too."""
    assert left(tenant, 1, BAD) is not None
    assert left(tenant, 2, BAD) is not None
    assert left(tenant, 3) is None


def test_where_no_line_can_be_written_what_was_told_before_is_known(tenant: TenantSettings) -> None:
    """A journal that can be read, and not written: the streak is not told anew each night."""
    kept = tenant.data_dir / "kept"
    kept.mkdir()
    journal.append(kept, journal.Entry(run_id="r0", kind="sync", started_at=NOON, status="failed"))
    tenant.folder.mkdir()
    (tenant.folder / journal.FILE).symlink_to(kept / journal.FILE)  # which no run writes through
    assert left(tenant, 1, BAD) is None
    assert [run.run_id for run in journal.read(tenant.folder)] == ["r0"]
