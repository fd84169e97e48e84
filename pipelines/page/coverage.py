"""How far each table is proven complete: what is behind comes first. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..status.runs import rows

USUAL = 2  # days: marks end with the last whole day, and a nightly run is at most a day ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One table's days.

    Attributes:
        behind: days from the last one proven for all parents to today; None: no day is.
        share: per cent of parents read whole in time; None: it is read day by day, never as a whole.
    """

    resource: str
    behind: int | None
    never_read_whole: int
    all_through: str
    oldest_verified_at: object
    share: int | None
    parents: int
    from_date: str

    @property
    def is_behind(self) -> bool:
        return self.behind is None or self.behind > USUAL

    @property
    def is_unread(self) -> bool:
        """Whether some of it should have been read whole, and never was."""
        return self.share is not None and self.never_read_whole > 0


def spans(facts: Mapping[str, object], *, today: date) -> Sequence[Span]:
    """The table that is furthest behind first; then those with the most parents that were never read whole."""
    found = [_span(row, facts, today) for row in rows(facts, "coverage")]
    return sorted(found, key=lambda span: (-_days(span), -span.never_read_whole * span.is_unread, span.resource))


def _days(span: Span) -> int:
    return date.max.toordinal() if span.behind is None else span.behind


def _span(row: Mapping[str, object], facts: Mapping[str, object], today: date) -> Span:
    resource, through = f"{row['resource']}", row["all_through"]
    parents = _whole(row["parents"])
    in_time, by_day = facts["in_time"], facts["by_day"]
    assert isinstance(in_time, dict)
    assert isinstance(by_day, list)
    return Span(
        resource=resource,
        behind=(today - date.fromisoformat(f"{through}")).days if through else None,
        never_read_whole=_whole(row["never_read_whole"]),
        all_through=f"{through or 'none'}",
        oldest_verified_at=row["oldest_verified_at"],
        share=None if resource in by_day else 100 * _whole(in_time.get(resource)) // max(1, parents),
        parents=parents,
        from_date=f"{row['from_date'] or 'none'}",
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
