"""A small world with everything in it, a run of the program there, and what is asked of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sources.aleta.catalogue.catalogue import CATALOGUE
from tests import beyond, truth
from tests.e2e.conftest import SMALL
from tests.e2e.program import Ended, Program

WORLD = SMALL | {"seed": 5, "instruments": 8, "computed_days": 25, "prefix": "v3"}
TODAY: date = SMALL["today"]
ALWAYS = 10_000
TABLES = {schema.metadata[b"table"].decode() for endpoint in CATALOGUE.values() for schema in endpoint.schemas}
PARTS = {schema.metadata[b"table"].decode() for endpoint in CATALOGUE.values() for schema in endpoint.parts}


@dataclass(frozen=True, kw_only=True)
class Night:
    """A program after a run of it, and what the run said."""

    program: Program
    ended: Ended


Start = Callable[..., Program]


def differences(program: Program, *, before: beyond.Before | None = None) -> list[str]:
    """Every way in which any table is not what the API shows."""
    now = program.box.truth("acme")
    return truth.differences(program.warehouse(), now) + beyond.differences(program.warehouse(), now, before=before)


def paths(program: Program) -> set[str]:
    return {request.path for request in program.box.requests}


def changed(ended: Ended) -> dict[str, dict[str, int]]:
    """What a run added, modified and removed, where it did."""
    ops = ("added", "modified", "removed")
    counts = {
        name: {op: counted[op] for op in ops if counted[op]} for name, counted in ended.tenant()["resources"].items()
    }
    return {name: found for name, found in counts.items() if found}


ONE = "WHERE rowid = (SELECT min(rowid) FROM aleta.{table})"
