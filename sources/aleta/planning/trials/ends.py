"""Whether both ends of a window are read: probed, not believed (rule W8). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from ..coverage import Asked
from ..evidence.kept import KeptWindow
from ..evidence.rows import Rows
from ..questions import Question
from ..windows import Window

AROUND = timedelta(days=7)  # from the day to the other end of a probe; less, where windows are narrow
ROWS_TRIED = 3


class Ends(StrEnum):
    """What is known of the ends of the windows of one endpoint."""

    UNKNOWN = ""
    READ = "read"  # both
    SKIPPED = "skipped"  # one at least: windows overlap by a day


@dataclass(slots=True)
class EndsProbe:
    """A row asked for by its day alone, with its day as the first and as the last of a wider window, and within one.

    The last is the control: of a server that reads neither end, none of the other three shows the row.

    Args:
        row: all of its dates are that day.
        repeated: it is asked for the second time: a row that moves between the questions looks like an end unread.
    """

    parent: str
    row: int
    windows: tuple[Window, ...]
    repeated: bool = False
    answers: dict[Window, bool] = field(default_factory=dict)

    def take(self, window: Window, rows: Rows) -> None:
        self.answers[window] = self.row in rows.known()

    @property
    def verdict(self) -> Ends:
        """UNKNOWN while answers are missing, and where none shows the row, the control neither: it is gone."""
        if len(self.answers) < len(self.windows) or not any(self.answers.values()):
            return Ends.UNKNOWN
        return Ends.READ if all(self.answers.values()) else Ends.SKIPPED


def probe(kept: KeptWindow, *, max_days: int) -> EndsProbe | None:
    """How to find out, by the row that lies deepest in *kept*; None where none has a day on both sides."""
    if kept.rows is None:
        return None
    widest = AROUND if not max_days else min(AROUND, timedelta(days=max_days - 1))
    around, own, day = timedelta(), 0, date.min
    for row, first, last in zip(kept.rows.ids, kept.rows.first, kept.rows.last, strict=True):
        if first and first == last:
            booked = date.fromordinal(first)
            deep = min(widest, booked - kept.window.first, kept.window.last - booked)
            around, own, day = (deep, row, booked) if deep > around else (around, own, day)
    if not around:
        return None
    ends = Window(day, day), Window(day, day + around), Window(day - around, day)
    inside = Window(day, day).widened(1)
    return EndsProbe(kept.parent, own, (*ends, inside) if not max_days or inside.days <= max_days else ends)


@dataclass(slots=True)
class EndsCheck:
    """Finds out whether both ends of windows are read, once for an endpoint.

    Args:
        ends: what earlier runs found out.
    """

    ends: Ends = Ends.UNKNOWN
    _probe: EndsProbe | None = None
    _again: EndsProbe | None = None  # to be asked
    _tried: int = 0

    @property
    def overlap(self) -> int:
        """Days that each window is to be asked wider at both ends."""
        return int(self.ends is Ends.SKIPPED)

    def look(self, kept: KeptWindow, *, max_days: int) -> Sequence[Question]:
        """What to ask, where a row of *kept* can tell and it is not known yet."""
        if self.ends is not Ends.UNKNOWN or self._probe is not None or self._tried >= ROWS_TRIED:
            return ()
        self._probe = found = probe(kept, max_days=max_days)
        if found is None:
            return ()
        self._tried += 1
        return _questions(found)

    def again(self) -> Sequence[Question]:
        """A probe that is to be repeated."""
        repeated, self._again = self._again, None
        return _questions(repeated) if repeated else ()

    def fail(self, asked: EndsProbe) -> Sequence[Question]:
        """One of its requests got no answer: ask all of it anew, a few times."""
        if asked is not self._probe:
            return ()
        self._probe = None
        if self._tried >= ROWS_TRIED:
            return ()
        self._tried += 1
        self._probe = EndsProbe(asked.parent, asked.row, asked.windows, repeated=asked.repeated)
        return _questions(self._probe)

    def take(self, asked: EndsProbe, window: Window, rows: Rows) -> bool:
        """Take in one answer; whether an end was found not to be read, twice."""
        asked.take(window, rows)
        if len(asked.answers) < len(asked.windows):
            return False
        if asked.verdict is Ends.SKIPPED and not asked.repeated:
            self._probe = self._again = EndsProbe(asked.parent, asked.row, asked.windows, repeated=True)
            return False
        self.ends, self._probe = asked.verdict, None
        return self.ends is Ends.SKIPPED


def _questions(asked: EndsProbe) -> Sequence[Question]:
    return [Question(asked.parent, Asked(window), trial=asked) for window in asked.windows]
