"""What a run remembers for the next, as dlt's state keeps it: marks, the learned cap, drift, dialects. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

import pyarrow as pa

from schemas.ledger import SYNC_DRIFT, SYNC_MARKS
from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Proof, larger
from sources.aleta.planning.trials.ends import Ends
from sources.aleta.planning.windows import Window, hulls

from . import marks
from .marks import Mark, Packed
from .tables import rows_of

ASK_REFUSED_AGAIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What the answers of one endpoint taught: kept from run to run (rules W3, W5, W6, W8).

    Args:
        ends: whether both ends of a window are read.
        cut_sizes: sizes of answers that were proven cut, where the cap is not one constant number of rows.
        strict_runs: so many runs still begin strictly for that.
    """

    known_cap: int | None = None
    proof: Proof | None = None
    max_days: int = 0
    ends: Ends = Ends.UNKNOWN
    cut_sizes: tuple[int, ...] = ()
    strict_runs: int = 0

    def proved_by(self, earlier: Learned) -> Learned:
        """With a larger answer of an *earlier* run as the proof: this one read only a part of what there is."""
        return replace(self, proof=larger(self.proof, earlier.proof))

    def planner(self, *, row_cap: int, max_window_days: int) -> Planner:
        """A planner that begins with this; what the operator configured goes before what was learned."""
        return Planner(
            cap=RowCap(known=self.known_cap, configured=row_cap),
            proof=self.proof,
            max_days=max_window_days or self.max_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionState:
    """A promotion (`compare/migration/promotion.py`) under way: its columns, and how far it came."""

    columns: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @classmethod
    def restore(cls, stored: Sequence[object]) -> PromotionState:
        columns, after = (tuple(str(name) for name in _list(names)) for names in stored)
        return cls(columns=columns, after=after)


Doubled: TypeAlias = Mapping[str, Window | None]
"""Parents that may show one id with two contents, each with the days to ask; None: no window is known to list it."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The state of one tenant, as it is committed with each package (rules M4, M5)."""

    marks: dict[str, dict[str, Mark]] = field(default_factory=dict)
    learned: dict[str, Learned] = field(default_factory=dict)
    drift: dict[str, str] = field(default_factory=dict)  # resource.name -> when it was first seen
    drifted: list[str] = field(default_factory=list)  # of these, what the readable copy does not show yet
    dialects: dict[str, str] = field(default_factory=dict)  # endpoint -> under which names it answered
    unoffered: dict[str, datetime] = field(default_factory=dict)  # endpoint -> when it last answered 404 to everything
    refused: dict[str, dict[str, datetime]] = field(default_factory=dict)  # endpoint -> id named, not shown -> when
    conflicts: dict[str, dict[str, Doubled]] = field(default_factory=dict)  # endpoint -> id -> who has it (D8)
    promoting: dict[str, PromotionState] = field(default_factory=dict)
    hash_version: str = ""  # of all row hashes that are stored
    rereading: dict[str, AbstractSet[str]] = field(default_factory=dict)  # endpoint -> parents; see `_text_of`
    touched: dict[str, set[str]] = field(default_factory=dict)  # marks that the readable copy does not show yet
    shown: set[tuple[str, str]] = field(default_factory=set)  # of these, those of which it shows an earlier state
    _packed: dict[str, Packed] = field(default_factory=dict)

    def mark(self, resource: str, parent_id: str) -> Mark:
        return self.marks.get(resource, {}).get(parent_id, Mark())

    def set(self, resource: str, parent_id: str, mark: Mark) -> None:
        if mark != (before := self.mark(resource, parent_id)):
            if before.covered:
                self.shown.add((resource, parent_id))
            self.marks.setdefault(resource, {})[parent_id] = mark
            self.touched.setdefault(resource, set()).add(parent_id)

    def doubt(self, resource: str, *, but_for: datetime | None = None) -> None:
        """All parents of *resource* are due (W6), but those whose whole history was read in the run of *but_for*."""
        for parent_id, mark in list(self.marks.get(resource, {}).items()):
            if not mark.blank and (but_for is None or mark.verified_at != but_for):
                self.set(resource, parent_id, replace(mark, due=True))

    def clamp(self, *, now: datetime, elapsed: date) -> Mapping[tuple[str, str], Mark]:
        """Believe nothing that lies ahead of *now* (M6); by table and parent, the marks that did, as they were.

        All of these are due again.
        """
        ahead: dict[tuple[str, str], Mark] = {}
        for resource, parents in self.marks.items():
            for parent_id, mark in list(parents.items()):
                if (clamped := mark.clamped(now=now, elapsed=elapsed)) is not mark:
                    ahead[resource, parent_id] = mark
                    self.set(resource, parent_id, clamped)
        return ahead

    def unclamp(self, ahead: Mapping[tuple[str, str], Mark]) -> None:
        """Put back what `clamp` returned: it was now that was wrong, for all that is known."""
        for (resource, parent_id), mark in ahead.items():
            self.set(resource, parent_id, mark)

    def note_away(self, resource: str, parent_ids: Iterable[str]) -> None:
        """The API did not show these: when they are back, their whole histories are due at once (L4)."""
        for parent_id in parent_ids:
            self.set(resource, parent_id, replace(self.mark(resource, parent_id), due=True))

    def learn(self, resource: str, learned: Learned, *, partly: bool = False) -> None:
        """What a run's answers taught; *partly*, of some parents: a larger answer of an earlier run stays the proof."""
        earlier = self.learned.get(resource, Learned())
        self.learned[resource] = learned.proved_by(earlier) if partly else learned

    @property
    def known_caps(self) -> frozenset[int]:
        """The row caps that are proven, of any resource."""
        learned = list(self.learned.values())  # a copy: the reading thread asks, and the loading one adds to them
        return frozenset(each.known_cap for each in learned if each.known_cap)

    def learn_dialects(self, dialects: Mapping[str, str]) -> None:
        """Under which names endpoints answer; one that does is offered, whatever it was before."""
        self.dialects = dict(dialects)
        self.unoffered = {name: at for name, at in self.unoffered.items() if name not in dialects}

    def refuse(self, resource: str, ids: Iterable[str], now: datetime) -> None:
        """Something names these, and the API does not show them: they are not asked for every night."""
        self.refused.setdefault(resource, {}).update(dict.fromkeys(ids, now))

    def refused_lately(self, now: datetime) -> Mapping[str, Collection[str]]:
        """What need not be asked for again yet; what is older is forgotten."""
        self.refused = {
            resource: {own_id: at for own_id, at in ids.items() if timedelta(0) <= now - at < ASK_REFUSED_AGAIN}
            for resource, ids in self.refused.items()
        }
        return {resource: frozenset(ids) for resource, ids in self.refused.items()}  # others are noted meanwhile

    def note_conflict(self, resource: str, own_id: str, parents: Doubled) -> None:
        """Remember that an id may stand for two contents, until a run finds that it does not (D8)."""
        conflicts = self.conflicts.setdefault(resource, {})
        conflicts[own_id] = hulls(conflicts.get(own_id, {}), parents)

    def forget_conflicts(self, resource: str, ids: Iterable[str]) -> None:
        for own_id in ids:
            self.conflicts.get(resource, {}).pop(own_id, None)

    def note_drift(self, resource: str, names: Iterable[str], now: datetime) -> None:
        for name in names:
            if f"{resource}.{name}" not in self.drift:
                self.drift[f"{resource}.{name}"] = now.isoformat(timespec="seconds")
                self.drifted.append(f"{resource}.{name}")

    def take_drift(self, rows: Mapping[str, int]) -> pa.Table:
        """`sync_drift` rows of what is new since the last call; *rows* had it: resource.name -> count."""
        new = [(*name.split(".", 1), datetime.fromisoformat(self.drift[name]), rows[name]) for name in self.drifted]
        self.drifted.clear()
        return rows_of(SYNC_DRIFT, new)

    def take_touched(self) -> pa.Table:
        """`sync_marks` rows of what changed since the last call; a mark that never covered anything has no row."""
        rows = [
            (resource, parent, days and days.first, days and days.last, mark.verified_at)
            for resource, parents in self.touched.items()
            for parent in sorted(parents)
            if (days := (mark := self.mark(resource, parent)).covered) or (resource, parent) in self.shown
        ]
        self.touched.clear()
        self.shown.clear()
        return rows_of(SYNC_MARKS, rows)

    def to_state(self) -> dict[str, object]:
        return {
            "marks": {resource: self._text_of(resource) for resource in self.marks},
            "learned": {resource: _stored(learned) for resource, learned in self.learned.items()},
            "drift": dict(self.drift),
            "dialects": dict(self.dialects),
            "promoting": {name: [[*begun.columns], [*begun.after]] for name, begun in self.promoting.items()},
            "hash_version": self.hash_version,
            "unoffered": {name: at.isoformat() for name, at in self.unoffered.items()},
            "refused": {
                name: {own_id: at.isoformat() for own_id, at in ids.items()}
                for name, ids in self.refused.items()
                if ids
            },
            "conflicts": {
                name: {own_id: _stored_conflict(parents) for own_id, parents in ids.items()}
                for name, ids in self.conflicts.items()
                if ids
            },
        }

    def _text_of(self, resource: str) -> str:
        """Marks; those of parents with windows that counted as whole, and are being read again, as due (W6, C1).

        A later window of theirs may end their readings meanwhile: should this run be killed, the next reads them again.
        """
        marks, again = self.marks[resource], self.rereading.get(resource, frozenset())
        stored = {parent: replace(marks[parent], due=True) for parent in again & marks.keys()}
        return self._packed.setdefault(resource, Packed()).text(marks | stored if stored else marks)

    @classmethod
    def from_state(cls, state: Mapping[str, object]) -> Ledger:
        ledger = cls()
        for resource, parents in _dict(state.get("marks")).items():
            ledger.marks[resource] = marks.unpack(parents)
        ledger.learned = {name: _restored(_dict(stored)) for name, stored in _dict(state.get("learned")).items()}
        ledger.drift = {name: str(at) for name, at in _dict(state.get("drift")).items()}
        ledger.dialects = {name: str(dialect) for name, dialect in _dict(state.get("dialects")).items()}
        promoting = _dict(state.get("promoting")).items()
        ledger.promoting = {name: PromotionState.restore(_list(stored)) for name, stored in promoting}
        ledger.refused = {
            name: {own_id: datetime.fromisoformat(str(at)) for own_id, at in _dict(ids).items()}
            for name, ids in _dict(state.get("refused")).items()
        }
        ledger.conflicts = {
            name: {own_id: _restored_conflict(_dict(parents)) for own_id, parents in _dict(ids).items()}
            for name, ids in _dict(state.get("conflicts")).items()
        }
        ledger.hash_version = str(state.get("hash_version") or "")
        unoffered = _dict(state.get("unoffered")).items()
        ledger.unoffered = {name: datetime.fromisoformat(str(at)) for name, at in unoffered}
        return ledger


def _stored_conflict(parents: Doubled) -> dict[str, object]:
    return {parent: [f"{days.first}", f"{days.last}"] if days else None for parent, days in parents.items()}


def _restored_conflict(stored: Mapping[str, object]) -> Doubled:
    return {
        parent: Window(*(date.fromisoformat(str(day)) for day in _list(days))) if days else None
        for parent, days in stored.items()
    }


def _stored(learned: Learned) -> dict[str, object]:
    proof = learned.proof and _stored_proof(learned.proof)
    return {
        "cap": learned.known_cap,
        "proof": proof,
        "max_days": learned.max_days,
        "ends": str(learned.ends),
        "cut_sizes": list(learned.cut_sizes),
        "strict_runs": learned.strict_runs,
    }


def _stored_proof(proof: Proof) -> list[object]:
    return [proof.parent, f"{proof.window.first}", f"{proof.window.last}", proof.count]


def _restored(stored: Mapping[str, object]) -> Learned:
    cap, days, runs = stored.get("cap"), stored.get("max_days"), stored.get("strict_runs")
    return Learned(
        known_cap=cap if isinstance(cap, int) else None,
        proof=_proof(_list(stored.get("proof"))),
        max_days=days if isinstance(days, int) else 0,
        ends=Ends(str(stored.get("ends", ""))),
        cut_sizes=tuple(size for size in _list(stored.get("cut_sizes")) if isinstance(size, int)),
        strict_runs=runs if isinstance(runs, int) else 0,
    )


def _proof(stored: Sequence[object]) -> Proof | None:
    match stored:
        case [str(parent), str(first), str(last), int(count)]:
            return Proof(parent, Window(date.fromisoformat(first), date.fromisoformat(last)), count)
    return None


def _dict(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []
