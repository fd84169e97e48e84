"""What the dlt source reads of each parent, and how far that is proven: dates in the state of a dlt resource. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from ..catalogue.endpoint import By, DateParams
from ..planning.cap import RowCap
from ..planning.planner import Planner
from ..planning.questions import Proof
from ..planning.windows import ONE_DAY, Window

State: TypeAlias = MutableMapping[str, Any]  # JSON that dlt keeps
BEHIND = timedelta(hours=12)  # UTC-12 is where a day ends last


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far a run looks.

    Args:
        now: when it began, aware.
    """

    now: datetime
    history_start: date
    look_back_days: int
    look_ahead_days: int
    snapshot_days: int = 7

    @property
    def elapsed(self) -> date:
        """The last day that is over everywhere on earth: nothing later is ever relied on."""
        return (self.now - BEHIND).date() - ONE_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Days of one parent that a run has proven without a gap.

    Args:
        since: when the first of its answers came: whatever these days hold was seen no earlier.
    """

    window: Window
    since: datetime


@dataclass(slots=True)
class Spans:
    """The days of each parent that are proven complete, as `history_start` to a day, and those of this run.

    Args:
        state: of the dlt resource; changed in place, so that it is kept exactly when the rows are.
        dates: how the rows are asked for.
    """

    state: State
    horizon: Horizon
    dates: DateParams = field(default_factory=DateParams)
    _blocks: dict[str, Block] = field(default_factory=dict)

    def __post_init__(self) -> None:
        start = f"{self.horizon.history_start}"
        if self.state.get("from", start) > start:
            self.state["through"] = {}  # what lies before was never read
        self.state["from"] = start
        self.state.setdefault("through", {})

    def readings(self, parents: Iterable[str]) -> Mapping[str, Window]:
        """What to read of each parent: from the look-back on; of one that is new, everything.

        What has no days is read whole every time; of what is asked for day by day, the last few.
        """
        return {parent: self._reading(parent) for parent in parents}

    def _reading(self, parent: str) -> Window:
        start, today = self.horizon.history_start, self.horizon.now.date()
        if self.dates.by is By.DAY:
            return Window(min(today, max(start, today - timedelta(days=self.horizon.snapshot_days))), today)
        first = self._from(parent) if self.dates.by is By.SPAN else start
        return Window(first, max(first, today + timedelta(days=self.horizon.look_ahead_days)))

    def _from(self, parent: str) -> date:
        start, through = self.horizon.history_start, self.state["through"].get(parent)
        back = self.dates.look_back_days
        days = timedelta(days=self.horizon.look_back_days if back is None else back)
        return max(start, date.fromisoformat(through) + ONE_DAY - days) if through else start

    def prove(self, parent: str, window: Window, at: datetime) -> Block:
        """A window that was read whole, and when; oldest first. The block of days that ends with it."""
        block = self._blocks.get(parent)
        if block is None or window.first > block.window.last + ONE_DAY:
            block = Block(window=window, since=at)
        block = Block(window=Window(block.window.first, window.last), since=min(block.since, at))
        self._blocks[parent] = block
        return block

    def keep(self, parent: str, window: Window) -> None:
        """The rows of a proven window are handed on: the state may say so, as far as it touches what it said before."""
        said = self.state["through"].get(parent)
        through = date.fromisoformat(said) if said else self.horizon.history_start - ONE_DAY
        reached = min(window.last, self.horizon.elapsed)
        if window.first <= through + ONE_DAY and reached > through:
            self.state["through"][parent] = f"{reached}"

    def planner(self, *, row_cap: int, max_window_days: int) -> Planner:
        """A planner that begins with what earlier runs learned; what is configured goes first."""
        learned = self.state.get("learned", {})
        return Planner(
            cap=RowCap(known=learned.get("cap"), configured=row_cap, divisible=self.dates.by is By.SPAN),
            proof=_proof(learned.get("proof")),
            max_days=1 if self.dates.by is By.DAY else max_window_days or learned.get("max_days", 0),
        )

    def learn(self, planner: Planner) -> None:
        proof = planner.next_proof
        self.state["learned"] = {
            "cap": planner.cap.known,
            "proof": [proof.parent, f"{proof.window.first}", f"{proof.window.last}", proof.count] if proof else None,
            "max_days": planner.max_days,
        }


def _proof(stored: list[Any] | None) -> Proof | None:
    if not stored:
        return None
    parent, first, last, count = stored
    return Proof(parent, Window(date.fromisoformat(first), date.fromisoformat(last)), count)
