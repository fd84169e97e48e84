"""The rows that an account lists, found by either of their dates. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from copy import copy
from typing import Self

from ..settings import DAY_LIMIT
from .rows import Row


class Track:
    """Rows sorted by one of their dates."""

    def __init__(self, rows: list[Row], date_name: str) -> None:
        self._date = date_name
        self.rows = sorted(rows, key=self._day)
        self.days = array("l", map(self._day, self.rows))

    def between(self, first: int, last: int) -> list[Row]:
        """The rows of *first* to *last*, both included, by date."""
        return self.rows[bisect_left(self.days, first) : bisect_right(self.days, last)]

    def add(self, row: Row) -> None:
        day = self._day(row)
        place = bisect_right(self.days, day)
        self.days.insert(place, day)
        self.rows.insert(place, row)

    def remove(self, row: Row) -> None:
        place = bisect_left(self.days, self._day(row))
        while self.rows[place].id != row.id:
            place += 1
        del self.days[place], self.rows[place]

    def snapshot(self) -> Self:
        """A copy that later changes of this one do not reach."""
        other = copy(self)
        other.rows, other.days = self.rows[:], self.days[:]
        return other

    def _day(self, row: Row) -> int:
        return row.trade if self._date == "trade" else row.value


class Ledger:
    """The rows that one account lists, sorted by either date."""

    def __init__(self, rows: list[Row]) -> None:
        self.tracks = {name: Track(rows, name) for name in ("trade", "value")}

    @property
    def rows(self) -> list[Row]:
        return self.tracks["trade"].rows

    def add(self, row: Row) -> None:
        for track in self.tracks.values():
            track.add(row)

    def remove(self, row: Row) -> None:
        for track in self.tracks.values():
            track.remove(row)

    def snapshot(self) -> Self:
        """A copy that later changes of this one do not reach."""
        other = copy(self)
        other.tracks = {name: track.snapshot() for name, track in self.tracks.items()}
        return other

    def has_room(self, trade: int, value: int) -> bool:
        """Whether one more row on these days keeps every cap >= 20 satisfiable."""
        days = {"trade": trade, "value": value}
        return all(len(track.between(days[name], days[name])) < DAY_LIMIT for name, track in self.tracks.items())
