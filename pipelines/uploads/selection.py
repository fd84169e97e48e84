"""Which rows of a file are sent, given what became of them before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .columns import Mistake
from .journal import Known, State
from .kinds import Kind, Row

OPEN = frozenset({State.SENDING, State.UNKNOWN})
"""It was sent, and nobody knows what became of it."""


@dataclass(slots=True, kw_only=True)
class Selection:
    """The rows of one file, each in one place.

    Args:
        send: to be sent now.
        skipped: confirmed before.
        unresolved: sent before without an answer, of a kind that must not be sent twice blindly.
        conflicts: another value of the same key was sent before, and nothing says that it would be overwritten.
    """

    send: list[Row] = field(default_factory=list)
    skipped: list[Row] = field(default_factory=list)
    unresolved: list[Row] = field(default_factory=list)
    conflicts: list[Mistake] = field(default_factory=list)


def select(rows: Iterable[Row], kind: Kind, known: Known, *, again: bool) -> Selection:
    """Sort *rows* by what is to happen to each; with *again* all are sent."""
    selection = Selection()
    for row in rows:
        before = known.get(row.key, {})
        state = before.get(row.fingerprint)
        if again or not before:
            selection.send.append(row)
        elif state is State.CONFIRMED:
            selection.skipped.append(row)
        elif kind.overwrites:
            selection.send.append(row)
        elif state in OPEN:
            selection.unresolved.append(row)
        elif _may_be_there(before):
            selection.conflicts.append(_conflict(kind, row))
        else:
            selection.send.append(row)
    return selection


def _may_be_there(before: Mapping[str, State]) -> bool:
    return any(state is not State.REJECTED for state in before.values())


def _conflict(kind: Kind, row: Row) -> Mistake:
    message = (
        f"another value for {row.name} was sent before, and Aleta does not document that {kind.name} are overwritten: "
        "delete the day first (`upload --delete`), or send it with --again"
    )
    return Mistake(line=row.line, code="conflict", message=message)
