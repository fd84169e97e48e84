"""Which days the dlt source reads of each parent, and which are proven complete: kept in dlt resource state. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from ..catalogue.endpoint import By, DateParams
from ..planning.cap import RowCap
from ..planning.planner import Planner
from ..planning.questions import Proof, larger
from ..planning.strict.strictness import STRICT_RUNS, Strictness
from ..planning.trials.budget import FIRST_LOAD, NIGHT
from ..planning.trials.ends import Ends
from ..planning.trials.prover import Prover
from ..planning.windows import ONE_DAY, Window, clusters, day_before, one_each, width_learned

State: TypeAlias = MutableMapping[str, Any]  # JSON that dlt stores
UNREAD = "unread"  # key in the state
LAST_TIME_ZONE = timedelta(hours=12)  # UTC-12 is where a day ends last


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """The days that a run reads.

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
        """The last day that is over in every time zone; no later day ever counts as complete."""
        return (self.now - LAST_TIME_ZONE).date() - ONE_DAY


@dataclass(slots=True)
class Spans:
    """The days of each parent that are proven complete: from `history_start` to a stored day, and those of this run.

    Of what is asked for day by day the state also has those days up to the stored one that could not be read.

    Args:
        state: of the dlt resource; changed in place, so that dlt stores it together with the rows.
        dates: how the rows are requested.
    """

    state: State
    horizon: Horizon
    dates: DateParams = field(default_factory=DateParams)
    _proven: dict[str, Window] = field(default_factory=dict)

    def __post_init__(self) -> None:
        start = f"{self.horizon.history_start}"
        if self.state.get("from", start) > start and self.dates.by is not By.DAY:
            self.state["through"] = {}  # earlier days were never read
        self.state["from"] = start
        reached = self.state.setdefault("through", {})
        self.state["through"] = {parent: day for parent, day in reached.items() if day <= f"{self.horizon.elapsed}"}

    def readings(self, parents: Iterable[str]) -> Mapping[str, Window]:
        """The days to read of each parent: from the look-back on, or the whole history of a new parent.

        Rows without dates are read in full every time; of rows that are requested by day, the last few days, and
        whatever no run has read since the first.
        """
        readings = {parent: self._reading(parent) for parent in parents}
        if self.dates.by is By.DAY:
            for parent, reading in readings.items():
                begun = min(day_before(reading.first), self.horizon.elapsed)
                self.state["through"].setdefault(parent, f"{begun}")
        return readings

    def _reading(self, parent: str) -> Window:
        start, today = self.horizon.history_start, self.horizon.now.date()
        if self.dates.by is By.DAY:
            first = today - timedelta(days=self.horizon.snapshot_days)
            if through := self.state["through"].get(parent):
                first = min(first, date.fromisoformat(through) + ONE_DAY)
            return Window(min(today, max(start, first)), today)
        first = self._from(parent) if self.dates.divisible else start
        return Window(first, max(first, today + timedelta(days=self.horizon.look_ahead_days)))

    def unread(self, readings: Mapping[str, Window]) -> Iterator[Mapping[str, Window]]:
        """Days before *readings* that could not be read when they were asked for by themselves, a window a parent."""
        found = {
            parent: clusters(self._unread_before(parent, reading), apart=1) for parent, reading in readings.items()
        }
        return one_each({parent: windows for parent, windows in found.items() if windows})

    def _unread_before(self, parent: str, reading: Window) -> Iterator[Window]:
        for stored in self.state.get(UNREAD, {}).get(parent, ()):
            if self.horizon.history_start <= (day := date.fromisoformat(stored)) < reading.first:
                yield Window(day, day)

    def _from(self, parent: str) -> date:
        start, through = self.horizon.history_start, self.state["through"].get(parent)
        back = self.dates.look_back_days
        days = timedelta(days=self.horizon.look_back_days if back is None else back)
        return max(start, date.fromisoformat(through) + ONE_DAY - days) if through else start

    def prove(self, parent: str, window: Window) -> Window:
        """Add a window that was read completely; return the consecutive proven days that end with it.

        Windows come oldest first; after a gap, and where days are read once more (W6), a span begins anew.
        """
        before = self._proven.get(parent)
        follows = before is not None and window.first == before.last + ONE_DAY
        span = Window(before.first, window.last) if before and follows else window
        self._proven[parent] = span
        return span

    def keep(self, parent: str, window: Window) -> None:
        """Store that a proven window's rows were yielded, if it adjoins the days stored before."""
        self._pass(parent, window)
        if parent in self.state.get(UNREAD, {}):
            self._note_unread(parent, without=window)

    def _pass(self, parent: str, window: Window) -> None:
        stored = self.state["through"].get(parent)
        through = date.fromisoformat(stored) if stored else self.horizon.history_start - ONE_DAY
        reached = min(window.last, self.horizon.elapsed)
        if window.first <= through + ONE_DAY and reached > through:
            self.state["through"][parent] = f"{reached}"

    def lose(self, parent: str, window: Window, *, alone: bool = False) -> None:
        """A window could not be read: whatever was stored of its days, the next run reads on from there (W4, W6).

        Of what is asked for day by day, the next runs ask for these days, and not for what lies behind them.

        Args:
            alone: the day failed for itself; else its parent could not be read from there on.
        """
        if self.dates.by is not By.DAY:
            if stored := self.state["through"].get(parent):
                self.state["through"][parent] = min(stored, f"{day_before(window.first)}")
            return
        if alone:
            self._pass(parent, window)
        through = self.state["through"].get(parent, "")
        passed = [f"{day.first}" for day in window.tiles(1) if f"{day.first}" <= through]
        self._note_unread(parent, passed, without=window)

    def _note_unread(self, parent: str, days: Iterable[str] = (), *, without: Window) -> None:
        known = self.state.setdefault(UNREAD, {})
        left = [day for day in known.pop(parent, ()) if date.fromisoformat(day) not in without]
        if left := sorted([*left, *days]):
            known[parent] = left

    def note_last_day(self, parent: str, window: Window, day: date | None) -> None:
        """Store the last day with a row, which this complete window shows, or that it has none (D3)."""
        known = self.state.setdefault("last_days", {})
        stored = known.get(parent, "")
        if day and stored <= f"{window.last}":
            known[parent] = f"{day}"
        elif f"{window.first}" <= stored <= f"{window.last}":
            known[parent] = f"{day_before(window.first)}"

    def had_rows(self, windows: Mapping[str, Window]) -> set[str]:
        """Parents with rows in *windows*, or behind them: a 404 alone does not say that these are gone (D3)."""
        known = self.state.get("last_days", {})
        return {parent for parent, window in windows.items() if known.get(parent, "") >= f"{window.first}"}

    def prover(self, *, row_cap: int, max_window_days: int, caps: Collection[int], rng: Random) -> Prover:
        """A planner, and the trials of its model of the cap (W6), that start with what earlier runs learned.

        Configured values take precedence.

        Args:
            caps: that other resources showed in this run.
        """
        learned = self.state.get("learned", {})
        planner = Planner(
            cap=RowCap(known=learned.get("cap"), configured=row_cap, divisible=self.dates.divisible, elsewhere=caps),
            proof=_proof(learned.get("proof")),
            max_days=1 if self.dates.by is By.DAY else max_window_days or learned.get("max_days", 0),
        )
        start = self.horizon.history_start
        planner.proofs.extend(Window(start, start))  # a whole history may clear a day in doubt
        return Prover.after(
            planner,
            NIGHT if learned else FIRST_LOAD,
            ends=Ends(learned.get("ends", Ends.UNKNOWN)),
            cut_sizes=self._strictness.cut_sizes,
            rng=rng,
        )

    @property
    def _strictness(self) -> Strictness:
        """What this run begins with."""
        learned = self.state.get("learned", {})
        return Strictness(
            cut_sizes=learned.get("cut_sizes", ()), runs=learned.get("strict_runs", STRICT_RUNS)
        ).next_run()

    def whole(self, parents: Iterable[str]) -> Mapping[str, Window]:
        """All days of each parent: what earlier runs read in a belief that does not hold is read again."""
        return {parent: Window(self.horizon.history_start, self._reading(parent).last) for parent in parents}

    def learn(self, prover: Prover, *, max_window_days: int = 0, partly: bool = False) -> None:
        """Keep what a run learned for the next one; what was configured is no lesson.

        Args:
            partly: not all could be read: the largest answer may be one that failed, so a larger one stays the proof.
        """
        planner, proof, earlier = prover.planner, prover.planner.next_proof, prover.planner.proof
        unread = planner.proofs.failed and earlier and earlier.parent in prover.spans  # who is gone is never read again
        if partly or unread:
            proof = larger(proof, earlier)
        before, left = self.state.get("learned", {}).get("max_days", 0), self._strictness.after(prover.cut.smallest)
        self.state["learned"] = {
            "cap": planner.cap.known,
            "proof": [proof.parent, f"{proof.window.first}", f"{proof.window.last}", proof.count] if proof else None,
            "max_days": width_learned(planner.max_days, configured=max_window_days, before=before),
            "ends": f"{prover.ends}",
            "cut_sizes": list(left.cut_sizes),
            "strict_runs": left.runs,
        }


def _proof(stored: list[Any] | None) -> Proof | None:
    if not stored:
        return None
    parent, first, last, count = stored
    return Proof(parent, Window(date.fromisoformat(first), date.fromisoformat(last)), count)
