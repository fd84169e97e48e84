"""An API that overlooks the days that it is asked for, where its pages call them optional (rule W8)."""

from __future__ import annotations

from collections import Counter

from tests.e2e.everything.world import differences

MOST = 12  # requests for one instrument, of which a few show that its windows say nothing


def test_windows_that_are_overlooked_are_told_by_a_few_answers_w8(start):
    """W8: an instrument's prices are whole, or it is named; they are not parted down to single days."""
    program = start(overlooks_dates=True, aleta={"resources": ["prices"]})

    ended = program.sync(expect=4)

    assert {error["code"] for error in ended.errors()} == {"malformed"}
    assert all("does not heed the days it is asked for" in error["message"] for error in ended.errors())
    named = {error["parent_id"] for error in ended.errors()}
    loaded = program.rows("SELECT instrument_id, id FROM aleta.prices")
    shown = Counter(instrument for instrument, _ in program.box.truth("acme").prices if instrument not in named)
    assert Counter(instrument for instrument, _ in loaded if instrument not in named) == {
        instrument: shown[instrument] for instrument in {instrument for instrument, _ in loaded} - named
    }
    assert loaded
    asked = Counter(request.path for request in program.box.requests if "/prices" in request.path)
    assert asked
    assert max(asked.values()) <= MOST


def test_windows_that_are_overlooked_and_never_parted_are_no_matter_w8(start):
    """W8: each answer has all there is; nothing comes of it but that."""
    program = start(overlooks_dates=True, row_cap=0, aleta={"resources": ["net_asset_values"]})

    program.sync()
    again = program.sync()

    assert [line for line in differences(program) if line.startswith("net_asset_values")] == []
    assert again.counts("net_asset_values") | {"added": 0, "removed": 0} == again.counts("net_asset_values")
