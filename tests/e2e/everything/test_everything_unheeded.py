"""An API that overlooks the days that it is asked for, where its pages call them optional (rule W8)."""

from __future__ import annotations

from collections import Counter

MOST = 100  # requests for one instrument: its 20,000 days are halved a few times before two answers tell


def test_windows_that_are_overlooked_are_told_by_a_few_answers_w8(start):
    """W8: an instrument's prices are whole, or it is named; they are not parted down to single days."""
    program = start(overlooks_dates=True, aleta={"resources": ["prices"]})

    ended = program.sync(expect=4)

    told = {error["parent_id"] for error in ended.errors() if "does not heed the days" in error["message"]}
    named = {error["parent_id"] for error in ended.errors()}
    assert told == named
    asked = Counter(request.path.split("/")[-2] for request in program.box.requests if "/prices" in request.path)
    shown = Counter(own_id for own_id, _ in program.box.truth("acme").prices if own_id in asked.keys() - named)
    loaded = Counter(program.column("SELECT instrument_id FROM aleta.prices"))
    assert {own_id: loaded[own_id] for own_id in shown} == shown
    assert shown
    assert max(asked.values()) <= MOST
