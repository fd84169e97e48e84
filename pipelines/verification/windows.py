"""Which windows a verification reads: others than those that the sync asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from schemas.ledger import SYNC_WINDOWS
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window, clusters

from ..compare.rows.findings import Unasked, unasked_days
from ..ledger.marks import Mark
from ..ledger.readings import Horizon, snapshots
from ..warehouse.warehouse import Warehouse
from .other_windows import PART, another, halves

SAMPLE = """
    WITH latest AS (
        SELECT parent_id, from_date, to_date, rows, fetched_at, status,
            row_number() OVER (PARTITION BY parent_id, from_date, to_date, status ORDER BY fetched_at DESC) AS nth,
            arg_max(status, fetched_at) OVER (PARTITION BY parent_id, from_date, to_date) = 'complete' AS stands
        FROM {sync_windows} WHERE resource = $resource AND parent_id IN (SELECT unnest($listed))),
    ranked AS (
        SELECT parent_id, from_date, to_date, rows, stands,
            row_number() OVER (ORDER BY rows DESC, parent_id, from_date) AS by_rows,
            row_number() OVER (ORDER BY fetched_at, parent_id, from_date) AS by_age,
            row_number() OVER (ORDER BY hash(parent_id, from_date, $salt)) AS by_chance
        FROM latest WHERE nth = 1 AND status = 'complete')
    SELECT parent_id, from_date, to_date, CASE WHEN stands THEN rows END
    FROM ranked ORDER BY least(by_rows, by_age, by_chance), by_rows LIMIT $n"""
# the fullest windows (truncated ones would be among them), the oldest, and random ones: each takes a third


class Sample(NamedTuple):
    """Windows to read, and what the sync says of those that they are drawn from.

    Args:
        rounds: of a round, one window a parent.
        judged: windows of a parent, and with how many rows the sync took each for whole, who saw the lengths of all.
    """

    rounds: Sequence[Mapping[str, Window]]
    judged: Collection[tuple[str, Window, int | None]]


class Windows:
    """The windows of one tenant's verification.

    Args:
        horizon: how far a run that began with it would look; what is drawn by chance is drawn from when that was.
    """

    def __init__(self, warehouse: Warehouse, horizon: Horizon) -> None:
        self._warehouse = warehouse
        self._horizon = horizon
        self.rng = Random(f"{horizon.now}")  # noqa: S311 - no secret

    def whole(self, endpoint: Endpoint, listed: Collection[str], marks: Mapping[str, Mark]) -> Mapping[str, Window]:
        """Every parent's whole history, and what lies ahead: also of parents that no run has read so far."""
        history = self._days if endpoint.by_day else self._history
        return {parent: history(marks.get(parent, Mark())) for parent in sorted(listed)}

    def _history(self, mark: Mark) -> Window:
        ahead = self._horizon.now.date() + timedelta(days=self._horizon.look_ahead_days)
        first = mark.earliest(self._horizon.history_start)
        return Window(first, max(first, ahead, mark.covered.last if mark.covered else first))

    def _days(self, mark: Mark) -> Window:
        """Those that were read, and until today: each is a request."""
        today = self._horizon.now.date()
        span = mark.covered or snapshots(mark, self._horizon).span
        return Window(span.first, max(span.last, today))

    def halved(self, endpoint: Endpoint, whole: Mapping[str, Window]) -> Iterator[Mapping[str, Window]]:
        """Two windows a parent, with a border drawn by chance among its rows: not those that the sync asked for."""
        borders: dict[str, date] = {}
        if endpoint.dates and endpoint.dates.divisible and endpoint.dates.columns:
            day, part = endpoint.dates.columns[0], self.rng.uniform(*PART)
            with self._warehouse.open() as store:
                rows = store.rows(endpoint.schema, [*endpoint.owners, day])
                for owner in endpoint.owners:
                    sql = (
                        f"SELECT {owner}, quantile_disc({day}, {part}) FROM {rows} WHERE {owner} IS NOT NULL GROUP BY 1"
                    )
                    borders |= {parent: border for parent, border in store.sql.execute(sql).fetchall() if border}
        yield from filter(None, halves(whole, borders))

    def beyond(
        self, endpoint: Endpoint, whole: Mapping[str, Window], marks: Mapping[str, Mark], unasked: Iterable[Unasked]
    ) -> Mapping[str, Sequence[Window]]:
        """What no *whole* history asks for: days that were read beside it, and those that *unasked* rows name (D7).

        Of what is asked for day by day a history begins with the first sync; a backfill may have read days before.
        Nothing is said of the days between these, which nobody read.
        """
        found: dict[str, list[Window]] = defaultdict(list)
        for parent, span in whole.items():
            found[parent] += [island for island in marks.get(parent, Mark()).islands if not span.covers(island)]
        for parent, days in unasked_days(unasked).items():
            named = [Window(day, day) for day in sorted(days) if not any(day in island for island in found[parent])]
            found[parent] += named if endpoint.by_day else clusters(named)
        return {parent: windows for parent, windows in found.items() if windows}

    def sampled(self, endpoint: Endpoint, listed: set[str], marks: Mapping[str, Mark], sample: int) -> Sample:
        """One window a parent and round: each overlaps one that the sync asked for, and is another."""
        movable = endpoint.divisible
        drawn = self._drawn(endpoint, sample, listed & marks.keys())
        waiting = [
            (parent, another(window, marks[parent].covered or window, self.rng) if movable else window)
            for parent, window, _ in drawn
        ]
        rounds: list[Mapping[str, Window]] = []
        while waiting:
            spans = dict(reversed(waiting))  # of each parent its first window
            waiting = [(parent, window) for parent, window in waiting if spans[parent] != window]
            rounds.append(spans)
        return Sample(rounds, frozenset(each for each in drawn if each[2] is not None))

    def _drawn(self, endpoint: Endpoint, sample: int, listed: set[str]) -> list[tuple[str, Window, int | None]]:
        with self._warehouse.open() as store:
            values = {
                "resource": endpoint.name,
                "salt": f"{self._horizon.now}",
                "n": sample,
                "listed": sorted(listed),
            }
            sql = SAMPLE.format(sync_windows=store.rows(SYNC_WINDOWS))
            rows = store.sql.execute(sql, values).fetchall()
        return [(parent, Window(first, last), count) for parent, first, last, count in rows]
