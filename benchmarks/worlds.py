"""The worlds that are read, and what happens in them at night. The same for every contender of a round."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from benchmarks.stored import Row
from benchmarks.truth import canonical
from sandbox import Sandbox, SandboxSettings

TENANT = "acme"
LOOK_BACK_DAYS = 28  # every contender reads at least so many days again
BUSY_SHARE = 0.1
BUSY_DAYS = 60  # whichever day a reader's months begin on, one of them is full
BUSY_ROWS_A_DAY = 10
BURST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the server holds, and what it allows.

    Args:
        name: what it is called in the results.
        busy: one account in ten has two months with more rows than the cap, as when a custodian is migrated.
        per_minute: requests, 0: the limiter is off.
        changes: how much happens in a night: 1 % of the rows, 0.25 % of them anywhere in history, times this.
    """

    name: str
    accounts: int
    rows: int
    years: int
    row_cap: int
    skew: float = 1.0
    busy: bool = True
    per_minute: int = 0
    changes: float = 1.0
    seed: int = 1
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    @property
    def since(self) -> date:
        """The first day of the history."""
        return self.today - timedelta(days=self.years * 365)

    def settings(self) -> SandboxSettings:
        names = ("accounts", "rows", "years", "row_cap", "skew", "seed", "today")
        return SandboxSettings(**{name: getattr(self, name) for name in names})


def begin(box: Sandbox, world: World) -> None:
    """The world as it was made, its busy months added, its budget full."""
    box.reset()
    if world.busy:
        days = [world.today - timedelta(days=400 - after) for after in range(BUSY_DAYS)]
        for account in sorted(box.truth(TENANT).accounts)[: math.ceil(world.accounts * BUSY_SHARE)]:
            for day in days:
                box.mutate(TENANT, "late", account=account, count=BUSY_ROWS_A_DAY, date=f"{day}")


def night(box: Sandbox, world: World, seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """A night's changes: ids whose days all lie in the look-back, and ids of older days."""
    before = rows(box)
    recent, old = world.changes * 0.002, world.changes * 0.0005
    box.mutate_night(TENANT, seed, late=2 * recent, edited=2 * recent, deleted=recent, within_days=LOOK_BACK_DAYS)
    box.mutate_night(TENANT, seed + 1, late=2 * old, edited=2 * old, deleted=old)
    after = rows(box)
    touched = {ident for ident in before.keys() | after.keys() if before.get(ident) != after.get(ident)}
    since = world.today - timedelta(days=LOOK_BACK_DAYS)
    recent = frozenset(
        ident for ident in touched if all(_day(rows[ident]) >= since for rows in (before, after) if ident in rows)
    )
    return recent, frozenset(touched - recent)


def _day(row: Row) -> date:
    return date.fromisoformat(min(str(row["tradedate"]), str(row["valuedate"])))


def rows(box: Sandbox) -> dict[str, Row]:
    """What the API shows now, in the form that contenders are read in."""
    return canonical(box.truth(TENANT).transactions)


def fewest_requests(box: Sandbox, shown: Mapping[str, Row]) -> int:
    """A token, the crawl, and for each account its rows by the cap, at least one: no reader can do with fewer."""
    truth = box.truth(TENANT)
    listed = Counter(str(row[name]) for row in shown.values() for name in _LISTS if name in row)
    windows = sum(max(1, math.ceil(listed[account] / box.settings.row_cap)) for account in truth.accounts)
    return 1 + 1 + len(truth.clients) + len(truth.legal_entities) + windows


_LISTS = ("account", "inflowaccount", "outflowaccount")
