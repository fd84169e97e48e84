"""A tenant that moves from v2 to v1 and back: the same world is the same rows, whichever track and spelling."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.long

EVERYTHING = ["*"]
UNCHANGED = {"added": 0, "modified": 0, "removed": 0}


def changed(tenant: dict) -> dict[str, dict[str, int]]:
    """What a run says that changed, by resource."""
    counts = {name: {kind: resource[kind] for kind in UNCHANGED} for name, resource in tenant["resources"].items()}
    return {name: kinds for name, kinds in counts.items() if kinds != UNCHANGED}


SPELLINGS = ["mixed", *(["jsonapi", "snake", "camel"] if os.environ.get("EVERY_STEP") else [])]  # `make oracle`: all
CONDITIONS = 'SELECT limit_id, path, parent_path, operator, field, "values" FROM aleta.limit_conditions ORDER BY ALL'


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_moving_an_unchanged_tenant_to_v1_and_back_changes_no_row(start, spelling):
    """Of every table; what v1 has comes from there. What is null in v2, v1 may leave out."""
    settings = {"resources": EVERYTHING}
    program = start(aleta=settings, v1_spelling=spelling, v1_nulls=spelling != "mixed")
    program.sync()
    conditions = program.rows(CONDITIONS)
    for track in ("v1", "v2"):
        program.configure(track=track, **settings)
        moved = program.sync().tenant()
        assert changed(moved) == {}, track
        assert moved["tracks"]["transactions"] == track
        assert program.rows(CONDITIONS) == conditions
    assert program.differences() == []
