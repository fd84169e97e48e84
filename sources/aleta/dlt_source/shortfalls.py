"""What a run could not read, or cannot show to be whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.table import ROW_KEY, key_of

from ..catalogue.endpoint import Endpoint
from ..jsonapi.answer import Answer
from ..reading.doubled import Owners, doubled


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Something is missing, or may be.

    Args:
        parent_id: whose list it is; empty at the top.
    """

    resource: str
    parent_id: str
    reason: str

    def __str__(self) -> str:
        return f"{self.resource} of {self.parent_id or 'the tenant'}: {self.reason}"


def of_list(resource: str, parent_id: str, reason: str) -> Shortfall:
    """A list that may have been truncated, and that nothing completes (rule L3)."""
    return Shortfall(resource=resource, parent_id=parent_id, reason=f"the list may be truncated: {reason}")


@dataclass(slots=True, kw_only=True)
class Contents:
    """Finds an id of one endpoint that stands for two contents in one run (rule D8).

    A row that two parents show names both, so it is the same from either. Of each id, 64 bits and whose it is are
    remembered, and no content: two answers of one parent may differ where the row was edited between them.
    """

    endpoint: Endpoint
    _numbers: dict[Owners, int] = field(default_factory=dict)
    _owners: list[Owners] = field(default_factory=list)
    _seen: dict[int, int] = field(default_factory=dict)  # hash of the id -> number of its owners

    def take(self, answer: Answer) -> Iterator[Shortfall]:
        """What *answer* contradicts: itself, or what another parent's answer showed."""
        key = key_of(self.endpoint.schema)[0]
        columns = [answer.batch[name].to_pylist() for name in self.endpoint.owners]
        shown = zip(answer.batch[key].to_pylist(), zip(*columns, strict=True), strict=True)
        for own_id, owners in shown if key != ROW_KEY.name else ():  # a natural key names its parent
            number = self._number(owners)
            if (before := self._seen.setdefault(hash(own_id), number)) != number:
                yield self._conflict(own_id, [*self._owners[before], *owners])
        for own_id, owners in doubled(answer.batch, key, self.endpoint.owners):
            yield self._conflict(own_id, owners)

    def _number(self, owners: Owners) -> int:
        number = self._numbers.setdefault(owners, len(self._owners))
        if number == len(self._owners):
            self._owners.append(owners)
        return number

    def _conflict(self, own_id: str, parents: Iterable[str | None]) -> Shortfall:
        whose = sorted({parent for parent in parents if parent})
        return Shortfall(
            resource=self.endpoint.name,
            parent_id=whose[0] if whose else "",
            reason=f"the id {own_id} came with two contents, from {' and '.join(whose)}: the newer is loaded",
        )
