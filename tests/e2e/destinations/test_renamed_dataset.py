"""A tenant whose rows are in PostgreSQL is renamed: refused until its dataset is, by the statements of the runbook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import truth
from tests.e2e.destinations.remote import whole_histories

pytestmark = pytest.mark.long

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"


def statements(first):
    """Those that begin with *first*."""
    [block] = re.findall(rf"```sql\n({first} .*?)```", RUNBOOK.read_text(), re.DOTALL)
    return block.replace("OLD", "acme").replace("NEW", "zurich")


def test_the_dataset_is_renamed_by_the_statements_of_the_runbook(synced):
    """Until then nothing is sent and nothing written; after it, nothing is read again."""
    program = synced.program
    program.rewrite("[tenants.acme]", "[tenants.zurich]")
    program.tenant_folder().rename(program.tenant_folder("zurich"))
    dlt = program.tenant_folder("zurich") / "private" / "dlt"

    for _ in range(2):  # what the first one leaves changes nothing
        [error] = synced.sync(expect=1).errors("zurich")
        assert f"{dlt / 'aleta_acme'} is of the tenant's former name" in error["message"]
        assert "dataset aleta_zurich: it is not there" in error["message"]
    assert synced.column("SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%aleta_zurich%'") == [0]
    unwell = program.run("check", "zurich")
    assert (unwell.exit, "dataset aleta_zurich: it is not there" in unwell.out) == (1, True)
    unplanned = program.run("plan", "zurich")
    assert (unplanned.exit, "dataset aleta_zurich: it is not there" in unplanned.out) == (1, True)

    synced.database.run(statements("ALTER"))
    assert program.run("check", "zurich").exit == 0
    synced.box.requests.clear()
    quiet = synced.sync().counts(tenant="zurich")
    assert whole_histories(synced.box) <= 1  # the largest answer, asked again as a proof of the cap
    assert (quiet["added"], quiet["modified"], quiet["removed"]) == (0, 0, 0)

    synced.box.mutate("acme", "edit", count=2, within_days=20)
    synced.sync()
    assert synced.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'aleta%'") == ["aleta_zurich"]
    copy = synced.database.copy("aleta_zurich", program.folder / "copy.duckdb")
    assert truth.differences(copy, synced.box.truth("acme")) == []


def test_the_dataset_is_removed_by_the_statements_of_the_runbook(synced):
    """With its views and its staging; nothing of the tenant is left."""
    synced.database.run(statements("DROP").replace("NAME", "acme"))

    assert synced.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%aleta%'") == []
