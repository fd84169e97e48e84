"""What a walk found: objects of one endpoint under one parent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...catalogue.endpoint import Endpoint
from ...errors import SourceError
from ...jsonapi.answer import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """All objects of one endpoint under one parent.

    Args:
        answers: one for a list, or one per object if they are read by id.
        problems: reads that failed. If there are any, an object that is not listed may still exist.
        gone: ids that were read by id and that the API does not know; *failed*: those that could not be read.
        by_id: not the list, but what it left out: objects that something else names, or that its second answer showed.
        given_up: not all of it was asked for: its endpoint is given up, which a `Listed` without a parent tells.
    """

    endpoint: Endpoint
    parent_id: str
    answers: Sequence[Answer]
    problems: Sequence[SourceError] = ()
    gone: Sequence[str] = ()
    failed: Sequence[str] = ()
    by_id: bool = False
    given_up: bool = False

    @property
    def ids(self) -> list[str]:
        return [own_id for answer in self.answers for own_id in answer.ids]

    @property
    def complete(self) -> bool:
        return not (self.problems or self.given_up)

    def parents_of(self, answer: Answer) -> Sequence[str]:
        """The parent that each object of *answer* names; the one it was asked for, where it names none."""
        column = self.endpoint.parent_column
        if not column:
            return [""] * len(answer.ids)
        return [parent_id or self.parent_id for parent_id in answer.batch[column].to_pylist()]


def ids_of(listed: Sequence[Listed], endpoint: str) -> Mapping[str, str]:
    """Every listed id of *endpoint*, with its parent's id."""
    return {
        own_id: listing.parent_id for listing in listed if listing.endpoint.name == endpoint for own_id in listing.ids
    }
