"""A history: a world that changes, runs that read it, and the oracle that looks at all that is left after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Self

from pipelines.settings import TenantSettings, load
from sandbox import Sandbox, SandboxSettings
from tests import truth
from tests.histories import checks
from tests.histories.books import OBJECTS, Books, read
from tests.histories.checks import Duty
from tests.histories.cuts import Cut
from tests.histories.model import Claim, Night, Rows, day
from tests.histories.runner import Ended, Order, Runner
from tests.histories.verification import verdict_is_right

TODAY = date(2026, 3, 2)
NOTHING = Rows(sure={})
CRAWL = {"", *OBJECTS}


@dataclass
class Ledger:
    """What the oracle remembers of one tenant.

    Args:
        rows: what the warehouse must hold, as of *books*.
        books: what was last read from the store: nothing that a run left half written.
        pending: a run was cut short since: the store may hold half a package.
        nights: the worlds that runs met, by the instant of the run.
        answered: requests for transactions that were answered: instant of the run, account, first and last day.
    """

    rows: Rows = NOTHING
    books: Books | None = None
    pending: bool = False
    nights: dict[datetime, Night] = field(default_factory=dict)
    answered: Counter[tuple] = field(default_factory=Counter)


class Scene:
    """One history. A context manager; everything it writes goes below *folder*."""

    def __init__(self, runner: Runner, folder: Path, *, aleta: Mapping[str, object] = {}, bug: str = "", **world):
        small = {"accounts": 4, "rows": 60, "years": 1, "row_cap": 25, "today": TODAY, "skew": 0.5}
        self.box = Sandbox(SandboxSettings(**small | world))
        self.now = datetime.combine(self.box.settings.today, datetime.min.time(), UTC) + timedelta(hours=9)
        self.bug = bug
        self.package_rows = 100_000
        self._runner = runner
        config = self.box.write_config(folder / "config", requests_per_minute=0, workers=2)
        self._tenants = {one.name: one for one in load(config, environ={}).tenants}
        self.ledgers = {name: Ledger() for name in self._tenants}
        self.persistent = False  # a fault that does not go away
        self.log: list[str] = []
        self.configure(**{"history_start": TODAY - timedelta(days=500)} | aleta)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.box.close()

    @property
    def names(self) -> list[str]:
        return list(self._tenants)

    def tenant(self, name: str = "acme") -> TenantSettings:
        return self._tenants[name]

    # -- what happens outside

    def configure(self, **aleta: object) -> None:
        """Other settings, of every tenant."""
        self._tenants = {name: replace(one, **aleta) for name, one in self._tenants.items()}

    def pass_time(self, **time: float) -> None:
        self.now += timedelta(**time)
        self.box.set(today=self.now.date())

    def change(self, kind: str, tenant: str = "acme", **args: object) -> dict[str, list[str]]:
        """A mutation of the sandbox; nothing where the world has nothing to change."""
        with suppress(ValueError, IndexError):
            return self.box.mutate(tenant, kind, **args)
        return {}

    def accounts(self, tenant: str = "acme") -> list[str]:
        """Every account that is listed."""
        return sorted(self.box.truth(tenant).accounts)

    def rows_of(self, account: str, tenant: str = "acme") -> dict[str, Mapping[str, object]]:
        night = self._night(tenant)
        return {one: night.shown[one] for one in night.lists(account, date.min, date.max)}

    def clear_day(self, account: str, on: date, keep: int, tenant: str = "acme") -> None:
        """Delete what is booked on one day, all but *keep* rows."""
        rows = [one for one, row in self.rows_of(account, tenant).items() if day(row, "tradeDate") == on]
        for one in sorted(rows)[keep:]:
            self.change("delete", tenant, id=one)

    def night(self, tenant: str, number: int, within_days: int) -> None:
        """What people do in a night: rows come late, change and vanish."""
        shares = {"late": 0.05, "edited": 0.05, "deleted": 0.03}
        with suppress(ValueError, IndexError):
            self.box.mutate_night(tenant, number, within_days=within_days, **shares)

    def break_down(self, kind: str, place: str) -> None:
        """From now on every request whose URL contains *place* meets a fault."""
        self.persistent = True
        self.box.faults.script(kind, path_contains=place, times=10**9)

    def mend(self) -> None:
        self.persistent = False
        self.box.faults.clear()

    # -- what is run

    def sync(self, *names: str, cut: Cut | None = None) -> Ended:
        return self._run(names, cut=cut)

    def backfill(
        self, first: date, last: date, *names: str, accounts: Iterable[str] = (), cut: Cut | None = None
    ) -> Ended:
        return self._run(names, cut=cut, what="backfill", span=(first, last), accounts=tuple(accounts))

    def _run(self, names: Iterable[str], *, cut: Cut | None, **what: object) -> Ended:
        self.now += timedelta(minutes=1)  # so that every run has an instant of its own
        chosen = [self._tenants[name] for name in names or self.names]
        for one in chosen:
            self.ledgers[one.name].nights[self.now] = self._night(one.name)
        self.box.reset_requests()
        order = Order(
            tenants=tuple(chosen), now=self.now, cut=cut, bug=self.bug, package_rows=self.package_rows, **what
        )
        ended = self._runner.run(order)
        for one in chosen:
            self._note_requests(one.name)
            said = (
                next((each for each in ended.report.tenants if each.tenant == one.name), None) if ended.report else None
            )
            self._look(one, said, order)
        if ended.report:
            _raise(_the_exit_code_is_right(ended.report, cut=bool(cut)))
        return ended

    def verify(self, name: str = "acme") -> object:
        """`verify --all`, held against the truth."""
        order = Order(tenants=(self._tenants[name],), now=self.now, what="verify", bug=self.bug)
        ledger = self.ledgers[name]
        verdict = self._runner.run(order).report.tenants[0]
        if ledger.books and not ledger.pending:
            duty = self._duty(self._tenants[name], order)
            _raise(verdict_is_right(verdict, ledger, self._night(name), duty, set(self.accounts(name))))
        return verdict

    # -- what is looked at

    def _night(self, name: str) -> Night:
        shown = self.box.truth(name)
        return Night(
            at=self.now,
            shown=shown.transactions,
            readable=frozenset(self.box._stores[name].readable()),
            date_filter=self.box.settings.date_filter,
            cap=self.box.settings.row_cap or 10**9,
        )

    def _note_requests(self, name: str) -> None:
        for one in self.box.requests:
            if one.path == "/api/v2/transactions" and one.status == 200 and one.tenant == name:
                asked = (one.query["accountId"], one.query["fromDate"], one.query["toDate"])
                self.ledgers[name].answered[self.now, *asked] += 1

    def _duty(self, tenant: TenantSettings, order: Order) -> Duty:
        return Duty(
            history_start=tenant.history_start,
            look_back_days=tenant.look_back_days,
            look_ahead_days=tenant.look_ahead_days,
            reverify_days=tenant.reverify_days,
            span=order.span,
            accounts=order.accounts,
        )

    def _look(self, tenant: TenantSettings, said, order: Order) -> None:
        """The published copy always; the store too, where the run came to its end."""
        copy = tenant.folder / "warehouse.duckdb"
        if said is None or not said.warehouse:
            if copy.exists():
                books = read(copy)
                _raise(self._rows_are_right(tenant, books, copy)[1])
            self.ledgers[tenant.name].pending = True
            return
        store = tenant.folder / "private" / "store.duckdb"
        books = read(store)
        _raise(_same(books, read(copy)))
        self._settle(tenant, said, order, books, copy)

    def _rows_are_right(self, tenant: TenantSettings, books: Books, file: Path) -> tuple[Rows, list[str]]:
        """What the receipts of *books* make the warehouse hold, and how it differs."""
        ledger = self.ledgers[tenant.name]
        rows = ledger.rows
        for at, claims in self._new_runs(ledger, books):
            rows = rows.after(ledger.nights[at], claims)
        rows = rows.given(books.rows)
        return rows, truth.differences(file, SimpleNamespace(transactions=rows.sure), tables=("transactions",))

    def _new_runs(self, ledger: Ledger, books: Books) -> Iterator[tuple[datetime, list[Claim]]]:
        known = set(ledger.books.claims) if ledger.books else set()
        for run_id, at in sorted(books.runs.items(), key=lambda one: one[1]):
            yield at, [one for one in books.claims if one.run_id == run_id and one not in known]

    def _settle(self, tenant: TenantSettings, said, order: Order, books: Books, copy: Path) -> None:
        """All checks of a run that came to its end, and the new state of the oracle."""
        ledger = self.ledgers[tenant.name]
        before, duty = ledger.books, self._duty(tenant, order)
        new = list(self._new_runs(ledger, books))
        alone = sum(1 for _, claims in new if claims) <= 1
        for at, claims in new:
            night = ledger.nights[at]
            answered = {key[1:]: n for key, n in ledger.answered.items() if key[0] == at}
            _raise(checks.claims_are_true(claims, night))
            _raise(checks.claims_were_asked(claims, answered))
            _raise(checks.claims_tile(claims))
            if at == self.now and not order.cut:
                _raise(checks.quarantines_are_needed(claims, night))
                if alone:
                    _raise(checks.doubts_are_justified(claims, before, night, tenant.max_removed_share))
        rows, faults = self._rows_are_right(tenant, books, copy)
        _raise(faults)
        _raise(checks.receipts_are_append_only(before, books))
        _raise(checks.marks_are_supported(books, ledger.nights, duty))
        _raise(checks.marks_only_grow(before, books))
        unverified = {one for one in self._ever(books) if not _verified(before, one)}
        _raise(checks.feed_replays(before, books, unverified))
        _raise(checks.nothing_of_others(books, self._others(tenant.name)))
        _raise(self._objects(tenant, said, books, copy))
        night = ledger.nights[self.now]
        claims = [one for _, each in new for one in each]
        if said.status != "failed" and not any(one.code == "stopped" for one in said.errors):
            excused = {one.parent_id for one in said.errors}
            if not any(one.resource in CRAWL for one in said.errors):
                _raise(checks.duty_is_done(before, books, claims, night, duty, excused))
        if alone and not order.cut:
            old, now = (dict(before.rows) if before else {}), dict(books.rows)
            big = self.package_rows > 1000
            _raise(checks.counts_agree(said.of("transactions"), old, now, one_package=big))
        _raise(self._status(tenant, said, order, claims))
        ledger.rows, ledger.books, ledger.pending = rows, books, False

    def _ever(self, books: Books) -> set[str]:
        return {owner for row in books.rows.values() for owner in checks.text_owners(row)}

    def _others(self, name: str) -> set[str]:
        return {one for other in self.names if other != name for one in self.box._stores[other].ledgers}

    def _objects(self, tenant: TenantSettings, said, books: Books, copy: Path) -> Iterator[str]:
        """Complete: all objects are as shown. Else: none that is shown counts as gone."""
        shown = self.box.truth(tenant.name)
        if said.status == "complete":
            yield from truth.differences(copy, shown, tables=OBJECTS)
            return
        old = self.ledgers[tenant.name].books
        for table in OBJECTS:
            newly = books.removed[table] - (old.removed[table] if old else frozenset())
            if wrong := newly & getattr(shown, table).keys():
                yield f"{table}: {wrong} are shown, and were marked as gone by a run that was {said.status}"

    def _status(self, tenant: TenantSettings, said, order: Order, claims: Iterable[Claim]) -> Iterator[str]:
        """F3: complete only when nothing is amiss, and not less than complete without a reason."""
        shut = self.box._stores[tenant.name].forbidden & set(self.box.truth(tenant.name).accounts)
        if order.accounts:
            shut &= set(order.accounts)
        if said.status == "complete" and shut:
            yield f"complete, though {shut} answer 403"
        if said.status == "complete" and any(
            one.run_id == said.run_id and one.status == "quarantined" for one in claims
        ):
            yield "complete, though windows are quarantined"
        amiss = shut or self.persistent or order.cut or set(order.accounts) - set(self.accounts(tenant.name))
        quarantined = {one.code for one in said.errors} & {"quarantined", "removals"}
        if said.status != "complete" and not amiss and not quarantined:
            yield f"{said.status} without a reason: {said.errors}"
        if said.status != "complete" and not said.errors:
            yield f"{said.status}, and names nothing"


def _verified(books: Books | None, account: str) -> bool:
    mark = books.marks.get(account) if books else None
    return bool(mark and mark.verified_at)


def _same(store: Books, copy: Books) -> Iterator[str]:
    """C4: what is published is what is committed."""
    for name in ("runs", "statuses", "marks", "rows"):
        if getattr(store, name) != getattr(copy, name):
            yield f"the published {name} are not those of the store"
    for name in ("claims", "changes"):
        if Counter(map(repr, getattr(store, name))) != Counter(map(repr, getattr(copy, name))):
            yield f"the published {name} are not those of the store"


def _the_exit_code_is_right(report, *, cut: bool) -> Iterator[str]:
    for error in (error for one in report.tenants for error in one.errors):
        if error.code in {"defect", "error", "source_error"} or (error.code == "disk" and not cut):
            yield f"{error}"
    expected = {"complete": {0}, "partial": {4}, "failed": {1, 3}}[str(report.status)]
    if int(report.exit) not in expected:
        yield f"{report.status} exits {int(report.exit)}"


def _raise(faults: Iterable[str]) -> None:
    found = list(faults)
    assert not found, "\n".join(found[:10])
