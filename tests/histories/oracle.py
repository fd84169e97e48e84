"""Looks at all that a run left behind, and compares it with what must be there.

A check yields sentences that say what is wrong; one that yields nothing found no fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from sandbox import Truth
from tests import truth
from tests.histories.books import OBJECTS, Books, read
from tests.histories.checks import contents, duties, feed, marks, receipts
from tests.histories.checks.duties import Duty, elapsed
from tests.histories.model import Claim, Night, Rows, owners

KEPT = timedelta(days=400)  # receipts, by the contract
CRAWL = {"", *OBJECTS}
ONE_PACKAGE = 1000  # rows a package from which on the small worlds of the tests fit into one


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run as seen from outside.

    Args:
        at: the instant its clock showed.
        said: its report for this tenant; None when it was killed.
        duty: what its settings oblige it to.
        cut: whether it was cut short.
        broken: whether something stayed broken while it ran.
        shown: the objects that the API showed.
        shut: accounts that answer 403.
        others: the accounts of other tenants.
        share: `max_removed_share`.
        package_rows: rows a package.
        short: endpoints whose lists were truncated somewhere.
        blind: of these, some may be missing that nothing names; so nobody can know of what hangs below.
        moving: ids of objects that changed while the run read; *denied*: of these, whose own paths refuse them.
        odd_account: the only account whose answers stay odd, if nothing else does.
        undecodable: some of its ids are no text, not all.
        known_cut: tables of which a list shows fewer than were stored and are there, and nothing names all.
        shown_and_moved: rows that an answer showed, before they moved to days that had been read.
    """

    at: datetime
    said: object
    duty: Duty
    cut: bool
    broken: bool
    shown: Truth
    shut: frozenset[str]
    others: frozenset[str]
    share: float
    package_rows: int
    short: frozenset[str] = frozenset()
    blind: bool = False
    moving: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    shown_and_moved: frozenset[str] = frozenset()
    odd_account: str = ""
    undecodable: bool = False
    known_cut: frozenset[str] = frozenset()

    def minds(self, line: str) -> bool:
        """Whether a difference in the objects is to be held against a complete run."""
        missing = line.endswith("is missing")
        excused = self.denied if missing else self.moving
        return not (missing and self.blind) and not any(account in line for account in excused)

    def reads(self, account: str) -> bool:
        """Whether *account* is one of those that were to be read."""
        return not self.duty.accounts or account in self.duty.accounts

    @property
    def stopped(self) -> bool:
        return any(error.code == "stopped" for error in self.said.errors)


@dataclass
class Oracle:
    """What it remembers of one tenant.

    Args:
        folder: the tenant's own.
        rows: what the warehouse must hold, as of *books*.
        books: what was last read from the store, after a run that came to its end.
        pending: a run was cut short since: the store may hold half a package.
        nights: the worlds that runs met, by the instant of the run.
        answered: requests for transactions that were answered, by the instant of the run.
        ever: rows that an account showed in any run, id and account; the warehouse may have them from one that went and
            is back, though it showed nothing since.
        standing: ids with two contents when the last run came to its end.
        seen: rows that an account showed in what was read, id and account, and lists still, if they are still loaded.
    """

    folder: Path
    rows: Rows = field(default_factory=lambda: Rows(sure={}))
    books: Books | None = None
    pending: bool = False
    nights: dict[datetime, Night] = field(default_factory=dict)
    answered: dict[datetime, set[tuple[str, str, str]]] = field(default_factory=dict)
    seen: frozenset[tuple[str, str]] = frozenset()
    ever: frozenset[tuple[str, str]] = frozenset()
    standing: frozenset[str] = frozenset()
    remembered: frozenset[str] = frozenset()  # conflicts that were seen, as long as two accounts list both contents

    @property
    def doubled(self) -> set[str]:
        """Ids that ever had two contents at once."""
        return {row_id for night in self.nights.values() for row_id in night.doubled}

    @property
    def copy(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def store(self) -> Path:
        return self.folder / "private" / "store.duckdb"

    def look(self, run: Run) -> None:
        """After a run that was killed, or that could not write: the published copy is whole. After any other: all.

        Raises:
            AssertionError: what is wrong, in words.
        """
        if run.said is None or not run.said.warehouse:
            self.pending = True
            if self.books or self.copy.exists():
                assert self.copy.exists(), "what was published is gone"
                copy = read(self.copy)
                _none(contents.keys_are_there_once(copy))
                self._rows_are_right(copy)
            return
        books = read(self.store)
        _none(contents.keys_are_there_once(books))
        _none(contents.copy_is_the_store(books, read(self.copy)))
        self._settle(run, books)

    def _settle(self, run: Run, books: Books) -> None:
        if self.books and any("this machine's clock is" in error.message for error in run.said.errors):
            assert (books.marks, books.claims) == (self.books.marks, self.books.claims), "its clock is wrong, it marked"
            self._rows_are_right(books)
            return
        for at, claims in (new := self._new_claims(books)).items():
            self._look_at_claims(run, at, claims, alone=len(new) == 1)
        self.seen = contents.seen_by(new, self.nights, before=self.seen, books=self.books)
        self.ever |= self.seen
        rows = self._rows_are_right(books, cut=run.cut)
        if run.said.status == "complete":  # what an earlier run left open, a sync must settle
            before = self._after(books, without=run.at).open if run.duty.span else frozenset()  # a sync's, and not its
            _none(
                f"{row_id} is left over: a part of its account did not list it, the rest was not read"
                for row_id in rows.sure.keys() & rows.open - before
                if owners(rows.sure[row_id]) & self.nights[run.at].readable
            )
        self._look_at_books(run, books, news := [claim for claims in new.values() for claim in claims])
        self._look_at_report(run, books, news, cut_before=bool(new.keys() - {run.at}))
        self.rows, self.books, self.pending = rows, books, False
        self.standing = frozenset(contents.conflicts(self.seen, self.nights[run.at]))
        self.remembered = (self.remembered | self.standing) & self.nights[run.at].doubled.keys()

    def _new_claims(self, books: Books) -> Mapping[datetime, list[Claim]]:
        """Of this run, and of those that were cut short before it."""
        known = set(self.books.claims) if self.books else set()
        new: dict[datetime, list[Claim]] = {}
        order = list(self.nights)  # not that of the clock, which may have been wrong
        for at, run_id in sorted(
            ((at, run_id) for run_id, at in books.runs.items()), key=lambda run: order.index(run[0])
        ):
            if claims := [claim for claim in books.claims if claim.run_id == run_id and claim not in known]:
                new[at] = claims
        return new

    def _rows_are_right(self, books: Books, *, cut: bool = True) -> Rows:
        """What the receipts of *books* make the published copy hold."""
        rows = self._after(books, cut=cut)
        rows = rows.given(books.rows, holds=self._holds)
        _none(truth.differences(self.copy, SimpleNamespace(transactions=rows.sure), tables=("transactions",)))
        return rows

    def _after(self, books: Books, *, cut: bool = True, without: datetime | None = None) -> Rows:
        """What follows from the receipts that are new, *without* those of one run."""
        rows = self.rows
        for at, claims in self._new_claims(books).items():
            if at != without:
                rows = rows.after(self.nights[at], claims, cut=cut or at != [*self.nights][-1])
        return rows

    def _holds(self, row: Mapping[str, object]) -> bool:
        lines = truth.differences(self.copy, SimpleNamespace(transactions={row["id"]: row}), tables=("transactions",))
        return not any(line.startswith(f"transactions {row['id']}: ") for line in lines)

    def _look_at_claims(self, run: Run, at: datetime, claims: list[Claim], *, alone: bool) -> None:
        night = self.nights[at]
        _none(receipts.claims_are_true(claims, night))
        _none(receipts.claims_were_asked(claims, self.answered[at], overlap=night.overlap))
        _none(receipts.claims_tile(claims, night.reach, cut=run.cut or at != run.at))
        if at == run.at and not run.cut:
            _none(receipts.quarantines_are_needed(claims, night, broken=run.broken, asked=run.duty.span))
            if alone:
                _none(receipts.doubts_are_justified(claims, self.books, night, run.share))

    def _look_at_books(self, run: Run, books: Books, news: Sequence[Claim]) -> None:
        old = run.at - min(self.nights) > KEPT  # by a clock that is ahead
        _none(receipts.receipts_are_append_only(self.books, books, old=old))
        _none(marks.marks_are_supported(books, run.at, run.duty))
        clocks = [at for run_id, at in books.runs.items() if self.books and run_id not in self.books.runs]
        last, failed = min(map(elapsed, [run.at, *clocks])), {error.parent_id for error in run.said.errors}
        _none(marks.marks_only_grow(self.books, books, last, news, failed=failed))
        _none(marks.marks_stop_before_what_is_unread(books, news))
        _none(feed.feed_replays(self.books, books, self.doubled, start=run.duty.history_start))
        if self.books and not run.cut and not self.pending:
            _none(feed.nothing_comes_and_goes(self.books, books, {*self.doubled, *self.nights[run.at].moved}))
        if not run.cut and len(kept := [*self.folder.glob("private/**/load/loaded/*")]) > 1:
            _none([f"C7: {len(kept)} packages that were loaded are kept"])
        _none(contents.nothing_of_others(books, run.others))

    def _look_at_report(self, run: Run, books: Books, claims: Sequence[Claim], *, cut_before: bool) -> None:
        _none(self._status(run, claims))
        _none(self._names_what_is_odd(run, claims))
        _none(self._is_in_the_books(run, books))
        _none(self._objects(run, books))
        crawl_failed = any(error.resource in CRAWL for error in run.said.errors)
        if run.said.status != "failed" and not run.stopped and not crawl_failed:
            excused = {error.parent_id for error in run.said.errors} | run.denied
            excused |= self.nights[run.at].readable - books.accounts if run.blind else set()
            own = [claim for claim in claims if claim.run_id == run.said.run_id]
            _none(duties.look_back_is_read(own, self.nights[run.at], run.duty, excused))
            _none(duties.who_was_away_is_read_whole(self.books, own, self.nights[run.at], run.duty, excused))
            _none(duties.duty_is_done(self.books, books, claims, self.nights[run.at], run.duty, excused))
        if run.said.status == "complete":
            _none(f"{row_id} was shown, and is missing" for row_id in run.shown_and_moved - books.rows.keys())
            _none(contents.what_is_left_of_conflicts(self.standing, books, self.nights[run.at]))
            if not (run.broken or self.nights[run.at].overlap):
                answered = [asked for asked in self.answered[run.at] if run.reads(asked[0])]
                night = self.nights[run.at]
                _none(contents.what_was_shown_is_there(self._after(books), night, books, answered))
        if run.said.status == "complete" and not (run.duty.span or run.duty.reverify_days or run.blind):
            _none(contents.all_is_there(books, self.nights[run.at], run.duty))
        if not (run.cut or cut_before):
            one_package = run.package_rows >= ONE_PACKAGE
            old = self.books.rows if self.books else {}
            lately = [*self.nights.values()][-2:]
            to_and_fro = any(night.doubled for night in lately) or self.nights[run.at].moved
            if not to_and_fro:  # in one run
                _none(feed.counts_agree(run.said.of("transactions"), old, books.rows, one_package=one_package))
            _none(contents.what_is_shown_stays(old, books.rows, self.nights[run.at]))
            if one_package:
                _none(contents.removals_are_guarded(old, books.rows, run.share))

    def _status(self, run: Run, claims: Iterable[Claim]) -> Iterator[str]:
        """F3: complete only when nothing is amiss, and not less than complete without a reason."""
        said = run.said
        quarantined = any(claim.run_id == said.run_id and claim.status == "quarantined" for claim in claims)
        unknown = set(run.duty.accounts) - run.shown.accounts.keys()
        conflicts = contents.conflicts(self.seen, self.nights[run.at])
        # Its row may be gone by now, and the day that showed it is known:
        known = conflicts | self.remembered & self.nights[run.at].doubled.keys()
        known |= contents.conflicts(self.ever, self.nights[run.at])
        named = " ".join(error.message for error in said.errors if error.code == "conflict")
        silent = {row_id for row_id in conflicts - self.nights[run.at].moved.keys() if row_id not in named}
        if silent and said.status != "failed" and not run.stopped:
            yield f"{silent} came with two contents, and nobody says so"
        if said.status == "complete":
            shut = run.shut & set(run.duty.accounts) if run.duty.accounts else run.shut
            if shut or quarantined or unknown or said.errors:
                yield f"complete, with 403 for {shut}, quarantine {quarantined}, unknown {unknown}, {said.errors}"
        elif not said.errors:
            yield f"{said.status}, and names nothing"
        elif not (run.shut or quarantined or unknown or run.broken or run.cut or known or self._tells_of_lists(run)):
            yield f"{said.status} without a reason: {said.errors}"

    def _names_what_is_odd(self, run: Run, claims: Sequence[Claim]) -> Iterator[str]:
        """F6, F8, L3, D9: what is odd is named, and costs no more than itself."""
        said, own = run.said, [claim for claim in claims if claim.run_id == run.said.run_id]
        ended = said.status == "failed" or any(error.code == "unreachable" for error in said.errors)
        if ended and run.odd_account and not run.cut:
            yield f"ended for the answers to {run.odd_account}; nothing else was odd: {said.errors}"
        read = run.reads(run.odd_account) and not run.cut
        if run.undecodable and read and not any(c.loads for c in own if c.account == run.odd_account):
            yield f"{run.odd_account}: some of its ids are no text, and no day of it was read"
        told = {error.resource for error in said.errors if error.code == "truncated"}
        if said.status != "failed" and not run.broken and not run.cut and (silent := run.known_cut - told):
            yield f"{set(silent)}: nobody says that the list was truncated"
        if (odd := contents.mistyped(own, self.nights[run.at])) and not said.drift["transactions.accountAmount"]:
            yield f"the amounts of {odd} are of another type, and nobody says so"

    def _tells_of_lists(self, run: Run) -> bool:
        """L3: nothing but lists is amiss: truncated, hiding who was named, or an account went from one to another."""
        short = run.short | ({"accounts"} if run.moving else set())
        hidden = {"accounts"} if short & CRAWL else set()
        codes = {"truncated": short, "unknown": hidden}
        return all(error.resource in codes.get(error.code, ()) for error in run.said.errors)

    def _is_in_the_books(self, run: Run, books: Books) -> Iterator[str]:
        expected = "stopped" if run.stopped else run.said.status
        if books.statuses.get(run.said.run_id) != expected:
            yield f"sync_runs calls run {run.said.run_id} {books.statuses.get(run.said.run_id)}, it was {expected}"

    def _objects(self, run: Run, books: Books) -> Iterator[str]:
        """Complete: all objects are as shown. Else: none that is shown counts as gone."""
        if run.said.status == "complete":
            yield from (line for line in truth.differences(self.copy, run.shown, tables=OBJECTS) if run.minds(line))
        for table in OBJECTS:
            newly = books.removed[table] - (self.books.removed[table] if self.books else frozenset())
            if wrong := newly & getattr(run.shown, table).keys() - run.denied:
                yield f"{table}: {wrong} are shown, and were marked as gone by a run that was {run.said.status}"


def the_exit_code_is_right(report, *, cut: bool) -> None:
    """As the contract has it; and nothing that ends a run is a surprise."""
    expected = {"complete": {0}, "partial": {4}, "failed": {1, 3}}[str(report.status)]
    assert int(report.exit) in expected, f"{report.status} exits {int(report.exit)}"
    for error in (error for tenant in report.tenants for error in tenant.errors):
        unforeseen = error.code in {"defect", "error", "source_error"}
        assert not unforeseen, f"{error}"
        assert cut or error.code != "disk", f"{error}"


def _none(faults: Iterable[str]) -> None:
    found = list(faults)
    assert not found, "\n".join(found[:10])
