"""What a run asks last: whether what it removed is gone (rule D6), for rows that only an answer that is not loaded
showed (W7), of ids that may stand for two contents (D8), and for days that no whole history reaches (D7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window, one_each, without

from ..errors import problems
from ..events import Doubts, Noticed, Put, Remaining, Wait
from .conflicts import Asks, confront, rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """The last questions of one run.

    Args:
        endpoints: those with dates.
        put: where events go.
        wait: for the answer to a question that was put.
        narrowed: only some clients are read.
    """

    asks: Asks
    endpoints: Sequence[Endpoint]
    put: Put
    wait: Wait
    narrowed: bool

    def run(self) -> None:
        """Ask for each id and each day once in a run; that may bring others to light.

        Days first: they may show where one of the two that have an id is now.
        """
        asked: set[tuple[str, ...]] = set()
        before = -1
        while len(asked) > before:
            before, doubts = len(asked), self._doubts()
            self._read_sighted(doubts, asked)
            self._confirm(doubts, asked)
            self._read_far(doubts, asked)
            if len(asked) == before:
                self._confront(doubts, asked)

    def _doubts(self) -> Doubts:
        question = Remaining()
        self.put(question)
        self.wait(lambda: question.answer is not None)
        return question.answer or Doubts()

    def _read_sighted(self, doubts: Doubts, asked: set[tuple[str, ...]]) -> None:
        """A row that an answer showed, and that nobody read: it may be one that counts as removed from another (W7).

        It may be on days that a backfill read, and that the whole history does not reach.
        """
        for endpoint in self.endpoints:
            windows = _not_asked(endpoint, "sighted", doubts.sighted.get(endpoint.name, {}), asked)
            if windows:
                self.asks.read_whole(endpoint, windows.keys())
            beyond = {parent: without(days, self.asks.whole(endpoint, parent)) for parent, days in windows.items()}
            for spans in rounds({parent: days for parent, days in beyond.items() if days}):
                self.asks.read_days(endpoint, spans)

    def _confirm(self, doubts: Doubts, asked: set[tuple[str, ...]]) -> None:
        """Ask for some of what was removed by itself: a truncated answer leaves out rows that are there."""
        for endpoint in self.endpoints:
            removed = doubts.removed.get(endpoint.name, {})
            asked |= {(endpoint.name, "removed", parent) for parent in removed}
            days = {parent: list(dict.fromkeys(row.window for row in rows)) for parent, rows in removed.items()}
            ids = {parent: {row.id for row in rows} for parent, rows in removed.items()}  # another may show them now
            back: dict[str, Window] = {}
            for spans in one_each(days):
                for receipt in self.asks.look(endpoint, spans):
                    if receipt.answer and ids[receipt.parent_id].intersection(receipt.answer.batch[0].to_pylist()):
                        self.put(Noticed(problems.contradicted(receipt)))
                        back[receipt.parent_id] = receipt.window
            if back:
                self.asks.distrust(endpoint, back)

    def _confront(self, doubts: Doubts, asked: set[tuple[str, ...]]) -> None:
        for endpoint in self.endpoints:
            known, new = doubts.conflicts.get(endpoint.name, {}), doubts.new.get(endpoint.name, ())
            ids = {own_id: known[own_id] for own_id in known if (endpoint.name, own_id) not in asked}
            asked |= {(endpoint.name, own_id) for own_id in ids}
            if ids:
                self.put(confront(self.asks, endpoint, ids, new=new, narrowed=self.narrowed))

    def _read_far(self, doubts: Doubts, asked: set[tuple[str, ...]]) -> None:
        for endpoint in self.endpoints:
            far = doubts.far.get(endpoint.name, {})
            windows = {parent: [Window(day, day) for day in days] for parent, days in far.items()}
            for spans in rounds(_not_asked(endpoint, "far", windows, asked)):
                self.asks.read_days(endpoint, spans)


def _not_asked(
    endpoint: Endpoint, why: str, windows: Mapping[str, Sequence[Window]], asked: set[tuple[str, ...]]
) -> Mapping[str, Sequence[Window]]:
    """By parent, those of *windows* that were not *asked* yet; from now on they were."""
    new = {
        parent: [window for window in days if (endpoint.name, why, parent, f"{window}") not in asked]
        for parent, days in windows.items()
    }
    asked |= {(endpoint.name, why, parent, f"{window}") for parent, days in new.items() for window in days}
    return {parent: days for parent, days in new.items() if days}
