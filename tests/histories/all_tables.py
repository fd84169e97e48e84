"""Nights over all resources: what changes in one, and what every table must hold after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

import duckdb

from tests import beyond, truth
from tests.histories.model import owners
from tests.histories.scene import Scene

EVERYTHING_EVERY_NIGHT: Mapping[str, object] = {
    "resources": ("*",),
    "reverify_days": 0,  # so that what else is read in turn (prices every 7 days, for one) is read as well
    "max_removed_share": 1.0,
}
LOOK_BACK = timedelta(days=3)  # of what is requested day by day
KINDS = ("holdings", "prices", "instruments", "limits", "accounts", "objects", "names")


@dataclass
class AllTables:
    """What every table must hold, as the nights go by.

    What is requested day by day is not requested again once its look-back is over, and objects without a list stay once
    a row has named them: so what an earlier night found counts on (README, "Resources").

    Args:
        first_sync: its day.
        before: what the night before found; None before the first.
        parents: whose rows are requested day by day, as the night before found them.
        transactions: those of accounts that are not shown any more, as they were last seen (D3).
    """

    scene: Scene
    first_sync: date
    before: beyond.Before | None = None
    transactions: Mapping[str, Mapping] | None = None
    parents: frozenset[str] = frozenset()

    def tonight(self) -> None:
        """A night begins: from here on, days are requested that the marks do not have, and the look-back."""
        if self.before:
            self.before = replace(
                self.before,
                again=self._marked() + timedelta(days=1) - LOOK_BACK,
                new=self._parents() - self.parents,
                new_from=self.scene.now.date() - timedelta(days=beyond.SNAPSHOT_DAYS),
            )

    def differences(self) -> list[str]:
        """Every way in which any table is not what the API shows; the next night builds on it."""
        now, copy = self.scene.box.truth("acme"), self.scene.oracles["acme"].copy
        since = self.first_sync - timedelta(days=beyond.SNAPSHOT_DAYS)
        readable = self.scene.box._stores["acme"].readable().keys()
        gone = {key: row for key, row in (self.transactions or {}).items() if not owners(row) & readable}
        now = replace(now, transactions={**gone, **now.transactions})
        found = truth.differences(copy, now) + beyond.differences(copy, now, since=since, before=self.before)
        self.before = beyond.Before(found=beyond.shown(now, since=since, before=self.before), again=date.min)
        self.transactions, self.parents = now.transactions, self._parents()
        return found

    def _parents(self) -> frozenset[str]:
        now = self.scene.box.truth("acme")
        return frozenset({*now.legal_entities, *now.reporting_entities, *now.limits})

    def _marked(self) -> date:
        with duckdb.connect(f"{self.scene.oracles['acme'].copy}", read_only=True) as connection:
            sql = "SELECT max(through_date) FROM aleta.sync_marks WHERE resource = 'limit_status'"
            [(through,)] = connection.execute(sql).fetchall()
        return through


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyChange:
    """What changes in a night beyond transactions, drawn by *rng*; each returns what was done."""

    scene: Scene
    rng: Random

    def happen(self, *kinds: str) -> list[str]:
        return [kind for kind in kinds if getattr(self, f"_{kind}")()]

    def _holdings(self) -> object:
        """Computed again, of days near and far."""
        ago = self.rng.choice([0, 2, 5, 12, 20])
        day = self.scene.now.date() - timedelta(days=ago)
        return self._change("recompute", date=f"{day}", count=self.rng.randint(2, 12))

    def _prices(self) -> object:
        return self._change("edit_price", count=3)

    def _instruments(self) -> object:
        return self._change("new_instrument", count=2)

    def _limits(self) -> object:
        return self._change("limit_changed")

    def _accounts(self) -> object:
        return self._change(self.rng.choice(["new_account", "account_gone", "account_back", "move_account"]))

    def _objects(self) -> object:
        return self._change(self.rng.choice(["new_legal_entity", "new_client"]))

    def _names(self) -> object:
        named = ("accounts", "clients", "users", "portfolios", "instruments", "instrument_classes")
        return self._change("rename", collection=self.rng.choice(named))

    def _change(self, kind: str, **args: object) -> object:
        return self.scene.change(kind, **args)
