"""Which days of one reading are still to come: what it missed may show itself on any of them (D3, D6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sources.aleta.planning.windows import Window, without
from sources.aleta.reading.rows.fetch import Receipt, Status


@dataclass(slots=True)
class Coming:
    """The days of *span* that no window brought so far. Windows come in any order (W6).

    Attributes:
        days: that are neither complete nor left out (W4).
        has_last: its last day is complete. Rows that are missed may have moved there, so a reading without it tells of
            none that it is gone; days before it that are left out keep nothing from being gone.
    """

    span: Window
    days: list[Window] = field(init=False)
    has_last: bool = False

    def __post_init__(self) -> None:
        self.days = [self.span]

    def take(self, receipt: Receipt) -> None:
        """Take in one window: it came, was left out, or failed."""
        if receipt.status in {Status.COMPLETE, Status.QUARANTINED}:
            self.days = without(self.days, receipt.window)
            self.has_last |= receipt.status is Status.COMPLETE and receipt.window.last >= self.span.last
        elif receipt.status is Status.FAILED:
            self.days.append(receipt.window)

    @property
    def is_over(self) -> bool:
        """Whether all came that tells what is gone."""
        return self.has_last and not self.days

    def waits_for(self, last: date) -> bool:
        """Whether a day of it, up to *last*, is still to come."""
        return any(days.first <= last for days in self.days)
