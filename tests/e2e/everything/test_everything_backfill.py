"""A backfill of all that has spans."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest

from sandbox import Sandbox, SandboxSettings, Truth
from tests import beyond
from tests.e2e.everything.world import ALWAYS, TODAY, WORLD, Night, changed, paths
from tests.e2e.program import Program

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def reread(first, tmp_path_factory) -> Iterator[tuple[Night, Truth]]:
    """A backfill of a span in which figures were computed again, while one grain answers nothing but nonsense."""
    folder = tmp_path_factory.mktemp("reread")
    shutil.copytree(first.program.folder / "data", folder / "data")
    span = [f"{TODAY - timedelta(days=ago)}" for ago in (22, 9)]
    with Sandbox(SandboxSettings(**WORLD)) as box:
        program = Program(box, folder, resources=["*"])
        before = box.truth("acme")
        for entity in before.reporting_entities:
            box.mutate("acme", "recompute", id=entity, date=span[0], count=9)  # the day after has another return
        box.faults.script("200_no_data", path_contains="expand=instruments&", times=ALWAYS)
        ended = program.run("backfill", "--from", span[0], "--to", span[1], "--json")
        yield Night(program=program, ended=ended), before


def test_a_backfill_reads_a_span_again_of_all_that_has_spans(reread):
    """What was computed again comes in; nothing is asked for that goes day by day or whole."""
    night, _ = reread
    tables = tuple(table for table in beyond.KEYS if table != "performance__instruments")

    assert beyond.differences(night.program.warehouse(), night.program.box.truth("acme"), tables=tables) == []
    assert {"holdings", "performance", "instrument_holdings"} <= changed(night.ended).keys()
    ends = {path.rpartition("/")[2] for path in paths(night.program)}
    assert ends.isdisjoint({"status", "private-markets", "interest-rates", "net-asset-values", "commitments"})
    assert not [path for path in paths(night.program) if "custodian-holdings" in path]


def test_a_200_without_an_answer_is_never_no_rows_of_what_is_computed_f1(reread):
    """F1: exit 4, each reporting entity named; every row is as it was."""
    night, before = reread

    assert night.ended.exit == 4
    told = {(error["code"], error["resource"], error["parent_id"]) for error in night.ended.errors()}
    assert told == {("malformed", "performance__instruments", entity) for entity in before.reporting_entities}
    table = ("performance__instruments",)
    assert beyond.differences(night.program.warehouse(), before, tables=table) == []
