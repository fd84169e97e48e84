"""Of what is asked for day by day: a day that could not be read is asked for again until it is (rule F3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxSettings
from tests import beyond
from tests.e2e.everything.world import ALWAYS, TODAY, WORLD
from tests.e2e.program import Program
from tests.histories.checks.duties import elapsed

TABLE = "custodian_holdings"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with Sandbox(SandboxSettings(**WORLD)) as box:
        yield Program(box, tmp_path, resources=[TABLE])


def asked(program: Program, entity: str) -> set[str]:
    """The days of which a custodian's report on *entity* was asked for since the requests were counted anew."""
    reports = [request for request in program.box.requests if request.path.endswith(f"legal-entities/{entity}")]
    return {request.query["date"] for request in reports if TABLE.replace("_", "-") in request.path}


def test_f3_a_day_that_could_not_be_read_is_asked_for_by_itself_until_it_is(program):
    """With the look-back, and without the days between; the first run names it by what the API answered."""
    entity = min(program.box.truth("acme").legal_entities)
    look_back = elapsed(datetime.now(UTC)) - timedelta(days=2)  # three days; before noon in UTC two are not over yet
    day = look_back - timedelta(days=2)
    program.box.faults.script("503", path_contains=f"legal-entities/{entity}?date={day}", times=ALWAYS)

    ended = program.run("sync", "--json")
    program.box.faults.clear()
    program.box.reset_requests()
    program.sync()

    told = [(error["code"], error["parent_id"], error["from_date"], error["to_date"]) for error in ended.errors()]
    assert (ended.exit, told) == (4, [("unavailable", entity, f"{day}", f"{day}")])
    assert beyond.differences(program.warehouse(), program.box.truth("acme"), tables=(TABLE,)) == []
    again = {f"{look_back + timedelta(days=later)}" for later in range((TODAY - look_back).days + 1)}
    assert asked(program, entity) == {f"{day}"} | again


def test_m6_a_day_of_today_that_could_not_be_read_is_owed_and_no_wrong_clock(program):
    """Its figures were not ready: the next run asks for it with the look-back, and not for all days since the first."""
    program.sync()
    entity = min(program.box.truth("acme").legal_entities)
    program.box.faults.script("503", path_contains=f"legal-entities/{entity}?date={TODAY}", times=ALWAYS)

    program.sync(expect=4)
    program.box.faults.clear()
    program.box.reset_requests()
    ended = program.sync()

    assert ended.tenant()["warnings"] == []
    assert len(asked(program, entity)) <= 5  # the first run asked for eight
