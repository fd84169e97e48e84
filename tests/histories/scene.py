"""A history: a world that changes, and runs that read it; after each, the oracle looks at all that is left."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

from pipelines.settings import TenantSettings, load
from sandbox import Sandbox, SandboxSettings
from tests import truth
from tests.histories.checks.duties import Duty
from tests.histories.cuts import Cut
from tests.histories.model import Night, owners
from tests.histories.oracle import Oracle, Run, the_exit_code_is_right
from tests.histories.runner import Ended, Order, Runner
from tests.histories.verification import verdict_is_right
from tests.histories.witness import DENIALS, NAMELESS, LastingFault, Witness
from tests.truth import CRAWL

TODAY = date(2026, 3, 2)
SMALL = {"accounts": 4, "rows": 60, "years": 1, "row_cap": 25, "today": TODAY, "skew": 0.5}
MANY = {"late": 0.05, "edited": 0.05, "deleted": 0.03}

Shares = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An instant that a scene can go on from."""

    folder: Path
    oracles: Mapping[str, Oracle]
    now: datetime


class Scene:
    """One history. A context manager; everything it writes goes below *folder*.

    Attributes:
        now: what the clock of the next run says, and a minute.
        package_rows: rows a package.
        bug: the planted bug that the next runs have.
        ends: how many runs ended how.
    """

    def __init__(
        self, runner: Runner, folder: Path, *, aleta: Mapping[str, object] | None = None, **world: object
    ) -> None:
        self.box = Sandbox(SandboxSettings(**SMALL | world))
        self.witness = Witness(self.box)
        self.now = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=9)
        self.package_rows = 100_000
        self.bug = ""
        self.ends: Counter[str] = Counter()
        self._moving, self._shown_and_moved = set[str](), set[str]()
        self._rows_move = False
        self._faults: list[LastingFault] = []
        self._runner = runner
        self._folder = folder
        config = self.box.write_config(folder / "config", requests_per_minute=0, workers=2, resources=CRAWL)
        self._tenants = {tenant.name: tenant for tenant in load(config, environ={}).tenants}
        self.oracles = {name: Oracle(tenant.folder) for name, tenant in self._tenants.items()}
        self.configure(**{"history_start": TODAY - timedelta(days=500)} | dict(aleta or {}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.box.close()

    @property
    def names(self) -> list[str]:
        return list(self._tenants)

    # -- what happens outside

    def configure(self, **aleta: object) -> None:
        """Other settings, of every tenant."""
        self._tenants = {name: replace(tenant, **aleta) for name, tenant in self._tenants.items()}

    def pass_time(self, **time: float) -> None:
        self.now += timedelta(**time)
        self.box.set(today=self.now.date())

    def change(self, kind: str, tenant: str = "acme", **args: object) -> dict[str, list[str]]:
        """A mutation of the sandbox; nothing where the world has nothing to change."""
        with suppress(ValueError, IndexError, KeyError):
            return self.box.mutate(tenant, kind, **args)
        return {}

    def night(self, tenant: str, number: int, within_days: int = 0, *, shares: Shares = MANY) -> None:
        """What people do in a night: rows come late, change and vanish."""
        with suppress(ValueError, IndexError):
            self.box.mutate_night(tenant, number, within_days=within_days, **shares)

    def clear_day(self, account: str, on: date, *, keep: int = 0) -> None:
        """Delete what is booked on one day, all but *keep* rows."""
        ledger = self.box._stores["acme"].ledgers[account]
        rows = [row.id for row in ledger.rows if on.toordinal() in (row.trade, row.value)]
        for row_id in sorted(rows)[keep:]:
            self.change("delete", id=row_id)

    def moves_meanwhile(self, account: str, target: str, *, skip: int, tenant: str = "acme") -> None:
        """While the next run reads, an account changes hands: before the list of accounts that comes after *skip*."""
        self._moving.add(account)
        self.box.schedule(tenant, "move_account", before="/accounts", skip=skip, id=account, value=target)

    def rows_change_meanwhile(self, kind: str, *, skip: int, tenant: str = "acme", **args: object) -> None:
        """While the next run reads, rows change: before the request for transactions that comes after *skip* others."""
        if self.box.truth(tenant).transactions and not self._rows_move:
            self._rows_move = True
            self.box.schedule(tenant, kind, before="/transactions", skip=skip, **args)

    def moves_after_it_was_shown(self, row_id: str, on: date, *, skip: int) -> None:
        """The same with a row that an answer has shown by then; its new day has been read (W7)."""
        self._shown_and_moved.add(row_id)
        self.rows_change_meanwhile("redate", skip=skip, id=row_id, date=f"{on}")

    def break_down(self, kind: str, place: str) -> None:
        """From now on every request whose URL contains *place* meets a fault."""
        self._faults.append(LastingFault(kind, place))
        self.box.faults.script(kind, path_contains=place, times=10**9)

    def mend(self) -> None:
        self._faults.clear()
        self.box.faults.clear()

    def accounts(self, tenant: str = "acme") -> list[str]:
        """Every account that is listed."""
        return sorted(self.box.truth(tenant).accounts)

    def rows_of(self, account: str, tenant: str = "acme") -> dict[str, Mapping[str, object]]:
        night = self._night(tenant)
        return {row_id: night.shown[row_id] for row_id in night.lists(account, date.min, date.max)}

    # -- what is run

    def sync(self, *names: str, cut: Cut | None = None) -> Ended:
        return self._run(names, Order(tenants=(), now=self.now, cut=cut))

    def sync_with_the_clock_ahead(self, days: int) -> Ended:
        """The clock is wrong for one run, and then right again (M6)."""
        right = self.now
        self.now += timedelta(days=days, seconds=7)
        try:
            return self.sync()
        finally:
            self.now = right + timedelta(minutes=1)  # another run that is as far ahead has another instant

    def backfill(
        self, first: date, last: date, *names: str, accounts: Iterable[str] = (), cut: Cut | None = None
    ) -> Ended:
        order = Order(tenants=(), now=self.now, what="backfill", span=(first, last), accounts=tuple(accounts), cut=cut)
        return self._run(names, order)

    def verify(self, name: str = "acme") -> object:
        """`verify --all`, held against the truth."""
        order = Order(tenants=(self._tenants[name],), now=self.now, what="verify", bug=self.bug)
        before, oracle = self._night(name), self.oracles[name]
        verdict = self._runner.run(order).report.tenants[0]
        self._nothing_more_happens()
        if oracle.books and not oracle.pending:
            night = self._night(name)
            night = replace(night, moved=before.changes(night))
            start, ahead = self._tenants[name].history_start, self._ahead(name)
            listed = set(self.accounts(name))
            faults = [*verdict_is_right(verdict, oracle, night, start=start, ahead=ahead, listed=listed)]
            assert not faults, "\n".join(faults)
        return verdict

    def differences(self, name: str = "acme") -> list[str]:
        """Every way in which the published copy is not what the API shows now, whatever its receipts say.

        Rows of accounts that are not shown any more are to be as they were last seen (D3).
        """
        shown, readable = self.box.truth(name), self._night(name).readable
        last_seen = {row_id: row for row_id, row in self.oracles[name].rows.sure.items() if not owners(row) & readable}
        return truth.differences(self.oracles[name].copy, replace(shown, transactions=last_seen | shown.transactions))

    def _run(self, names: Iterable[str], order: Order) -> Ended:
        self.now += timedelta(minutes=1)  # so that every run has an instant of its own
        chosen = [self._tenants[name] for name in names or self.names]
        for tenant in chosen:
            self.oracles[tenant.name].nights[self.now] = self._night(tenant.name)
        self.box.reset_requests()
        try:
            return self._looked_at(chosen, order)
        finally:
            self._nothing_more_happens()

    def _nothing_more_happens(self) -> None:
        """What was to happen while a run reads, and did not."""
        self._moving.clear()
        self._shown_and_moved.clear()
        self._rows_move = False
        self.box._agenda.clear()

    def _looked_at(self, chosen: Sequence[TenantSettings], order: Order) -> Ended:
        order = replace(order, tenants=tuple(chosen), now=self.now, bug=self.bug, package_rows=self.package_rows)
        ended = self._runner.run(order)
        self.ends[str(ended.report.status) if ended.report else "killed"] += 1
        said = {report.tenant: report for report in ended.report.tenants} if ended.report else {}
        if ended.report:
            the_exit_code_is_right(ended.report, cut=bool(order.cut))
        for tenant in chosen if self._rows_move else ():
            nights = self.oracles[tenant.name].nights
            nights[self.now] = replace(before := nights[self.now], moved=before.changes(self._night(tenant.name)))
        for tenant in chosen:
            self.oracles[tenant.name].answered[self.now] = self.witness.answered(tenant.name)
            self.oracles[tenant.name].look(self._as_run(tenant, order, said.get(tenant.name)))
        return ended

    def _as_run(self, tenant: TenantSettings, order: Order, said: object) -> Run:
        name, shown, short = tenant.name, self.box.truth(tenant.name), self.witness.short_lists(tenant.name)
        books = self.oracles[name].books
        shut = self.box._stores[name].forbidden & shown.accounts.keys()
        return Run(
            at=self.now,
            said=said,
            duty=_duty(tenant, order),
            cut=bool(order.cut),
            broken=bool(self._faults),
            shown=shown,
            shut=frozenset(shut),
            others=frozenset(account for other in self.names if other != name for account in self._all_accounts(other)),
            share=tenant.max_removed_share,
            package_rows=order.package_rows,
            short=short,
            blind=bool(short) and (self.box.settings.relationships != "full" or bool(short & NAMELESS)),
            moving=frozenset(self._moving),
            denied=frozenset(fault.place for fault in self._faults if fault.kind in DENIALS) & self._moving,
            shown_and_moved=frozenset(self._shown_and_moved),
            odd_account=self.witness.odd_account(name, self._faults),
            undecodable=self.witness.has_sound_days(name, self._faults, order.span),
            known_cut=self.witness.known_cut(name, books.objects) if books else frozenset(),
        )

    def _all_accounts(self, name: str) -> Iterable[str]:
        return self.box._stores[name].ledgers

    def _night(self, name: str) -> Night:
        tenant = self._tenants[name]
        return self.witness.night(name, self.now, reach=(tenant.history_start, self._ahead(name)))

    def _ahead(self, name: str) -> date:
        return self.now.date() + timedelta(days=self._tenants[name].look_ahead_days)

    # -- the same state twice

    def keep(self, folder: Path) -> Kept:
        """What is on the disk and in the oracles' memory now; the files go to *folder*."""
        shutil.rmtree(folder, ignore_errors=True)
        data = self._folder / "data"
        if data.exists():
            shutil.copytree(data, folder)
        return Kept(folder=folder, oracles=deepcopy(self.oracles), now=self.now)

    def resume(self, kept: Kept) -> None:
        """Go on from *kept*, of this scene or of one with the same world."""
        data = self._folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        if kept.folder.exists():
            shutil.copytree(kept.folder, data)
        self.now = kept.now
        self.oracles = deepcopy(kept.oracles)
        for name, tenant in self._tenants.items():
            self.oracles[name].folder = tenant.folder

    @contextmanager
    def rehearsal(self, bug: str) -> Iterator[None]:
        """What is run in here has *bug*, and leaves no trace."""
        kept = self.keep(self._folder / "kept")
        self.bug = bug
        try:
            yield
        finally:
            self.bug = ""
            self.resume(kept)


def _duty(tenant: TenantSettings, order: Order) -> Duty:
    return Duty(
        history_start=tenant.history_start,
        look_back_days=tenant.look_back_days,
        look_ahead_days=tenant.look_ahead_days,
        reverify_days=tenant.reverify_days,
        span=order.span,
        accounts=order.accounts,
    )
