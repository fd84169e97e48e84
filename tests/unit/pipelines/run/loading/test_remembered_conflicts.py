"""What a run makes of conflicts that earlier runs found."""

from __future__ import annotations

import pytest

from pipelines.ledger.ledger import Ledger
from pipelines.run.loading.conflicts import Conflicts


@pytest.mark.parametrize(("tables", "asked"), [({"transactions"}, False), ({"transactions", "holdings"}, True)])
def test_d8_a_conflict_in_a_table_that_is_not_read_has_nothing_asked(tables, asked):
    """It is remembered, and costs no night a package more (C7)."""
    ledger = Ledger()
    ledger.note_conflict("holdings", "h", {"r1": None, "r2": None})
    conflicts = Conflicts(ledger, tables)

    assert conflicts.any() is asked
    assert bool(conflicts.problems()) is asked
    assert ledger.conflicts["holdings"]


def test_d8_a_conflict_that_is_over_has_nothing_asked():
    """Its table is known to have had one."""
    ledger = Ledger()
    ledger.note_conflict("holdings", "h", {"r1": None, "r2": None})
    ledger.forget_conflicts("holdings", ["h"])

    assert not Conflicts(ledger, {"holdings"}).any()
