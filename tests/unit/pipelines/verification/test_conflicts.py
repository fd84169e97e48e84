"""Ids with two contents, as a verification names them (D8)."""

from __future__ import annotations

import pytest

from pipelines.compare.rows.findings import Conflict
from pipelines.verification.conflicts import Conflicts
from tests.unit.pipelines.compare.stored import row
from tests.unit.pipelines.run.reading.test_leftovers import BOTH, TRANSACTIONS, FakeAsks


@pytest.mark.parametrize(
    ("api", "named"),
    [
        pytest.param(FakeAsks({"A": [row("1", "A")], "B": [row("1", "B")]}), [True], id="both-show-it"),
        pytest.param(FakeAsks({"A": [], "B": [row("1", "B")]}), [], id="it-moved"),
        pytest.param(FakeAsks({"A": [], "B": [row("1", "B")]}, fail=frozenset("A")), [False], id="no-answer"),
    ],
)
def test_d8_a_verification_names_what_stands_and_what_it_could_not_ask(api, named):
    """D8: who does not answer leaves it open, and that is said too."""
    found = Conflicts(listed={"A", "B"}, whole={})
    found.note([Conflict(id="1", parents=BOTH)])
    assert [is_sure for _, _, is_sure in found.standing(lambda spans: api.look(TRANSACTIONS, spans))] == named
