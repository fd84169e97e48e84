"""Which of the removed rows are asked for once more (D6)."""

from __future__ import annotations

import pytest

from pipelines.compare.rows.findings import Missed
from pipelines.run.loading.removals import OTHERS, PARENTS, Removals
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from tests.stores import on


def gone(parent: str, own_id: str = "t") -> Missed:
    return Missed(id=own_id, parent_id=parent, window=Window(on(1), on(1)))


@pytest.mark.parametrize(("table", "most"), [("transactions", PARENTS), ("prices", OTHERS)])
def test_so_many_parents_of_a_table_and_each_once_in_a_run(table, most):
    removals, endpoint = Removals(), CATALOGUE[table]
    parents = [f"a{number:03}" for number in range(50)]
    removals.note(endpoint, [row for parent in parents for row in (gone(parent), gone(parent, "u"))])

    found = removals.take()[table]

    assert [(parent, [row.id for row in rows]) for parent, rows in found.items()] == [
        (parent, ["t", "u"]) for parent in parents[:most]
    ]
    removals.note(endpoint, [gone(parents[0]), gone(parents[-1])])
    assert removals.take() == {}


def test_no_more_than_a_few_rows_of_a_parent_are_asked_about_however_many_packages_show_them():
    """Each costs a request."""
    removals = Removals()
    for package in range(4):
        removals.note(CATALOGUE["transactions"], [gone("a", f"t{package}"), gone("a", f"u{package}")])
    assert [row.id for row in removals.take()["transactions"]["a"]] == ["t0", "u0", "t1"]
