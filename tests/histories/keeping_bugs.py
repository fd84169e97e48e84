"""Planted bugs of what keeps: marks, differences, packages, copies (rules W4, M, D, F3, C)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.histories.planting import bug


@bug
def quarantined_day_marked() -> None:
    """A day that could not be read whole is marked as if it had been."""
    from pipelines.run.loading.followed import FollowedParents
    from sources.aleta.reading.rows.fetch import Status

    mark = FollowedParents.mark

    def marked(self, endpoint, receipts, suspected, **more):
        taken = [
            replace(receipt, status=Status.COMPLETE) if receipt.status is Status.QUARANTINED else receipt
            for receipt in receipts
        ]
        return mark(self, endpoint, taken, suspected, **more)

    FollowedParents.mark = marked


@bug
def mark_grows_over_a_gap() -> None:
    """A window that does not touch the mark makes it grow all the same."""
    from pipelines.ledger import marks

    marks.touches = lambda *_: True


@bug
def mark_outruns_the_day() -> None:
    """Today counts as elapsed as soon as it has begun."""
    from pipelines.ledger.readings import Horizon

    Horizon.elapsed = property(lambda self: self.now.date())


@bug
def new_account_starts_at_the_look_back() -> None:
    """An account that has no mark is read from the look-back on, as the others are."""
    from pipelines.ledger.marks import Mark
    from pipelines.ledger.readings import Horizon
    from sources.aleta.planning.windows import Window

    whole = Horizon.whole

    def shortened(self, mark):
        back = self.now.date() - timedelta(days=self.look_back_days)
        return Window(back, self.end) if mark == Mark() else whole(self, mark)

    Horizon.whole = shortened


@bug
def state_written_before_rows() -> None:
    """Marks and receipts are one load, rows the next."""
    from pipelines.warehouse.warehouse import Warehouse
    from schemas.table import name_of

    write = Warehouse.write

    def in_two(self, package, state):
        write(self, [rows for rows in package if name_of(rows.schema).startswith("sync_")], state)
        write(self, [rows for rows in package if not name_of(rows.schema).startswith("sync_")], state)

    Warehouse.write = in_two


@bug
def look_back_left_out() -> None:
    """A night begins where the mark ends."""
    from pipelines.ledger.readings import Horizon

    nightly = Horizon.nightly
    Horizon.nightly = lambda self, mark: nightly(replace(self, look_back_days=0), mark)


@bug
def nothing_read_again() -> None:
    """Whole histories are never due."""
    from pipelines.ledger import readings

    readings.due = lambda *_: []


@bug
def removal_by_one_date() -> None:
    """A row is missed where its first date is proven; the second is not looked at."""
    from pipelines.compare.rows import differences

    missed = differences.missed_rows

    def careless(endpoint, *, elsewhere):
        sql = missed(endpoint, elsewhere=elsewhere)
        if not endpoint.dates or not endpoint.dates.columns:
            return sql
        last = f"greatest({', '.join(f'k.{column}' for column in endpoint.dates.columns)})"
        assert f"{last} <= p.last" in sql
        return sql.replace(f"{last} <= p.last", "true")

    differences.missed_rows = careless


@bug
def ghosts_of_empty_windows() -> None:
    """Rows are removed only where others of their account came; as a merge on a window key has it."""
    from pipelines.compare.rows import differences

    missed = differences.missed_rows

    def haunted(endpoint, *, elsewhere):
        sql = missed(endpoint, elsewhere=elsewhere)
        assert " GROUP BY 1, 2" in sql
        return sql.replace(" GROUP BY 1, 2", " AND p.parent_id IN (SELECT account_id FROM fresh) GROUP BY 1, 2")

    differences.missed_rows = haunted


@bug
def straddling_rows_forgotten() -> None:
    """A row that an earlier package brought, and whose dates reach into the next, counts as missed there."""
    from pipelines.compare.proven_days import ProvenDays

    ProvenDays._remember = lambda *_: None


@bug
def one_row_loaded_twice() -> None:
    """A row that two accounts list is not made one."""
    from pipelines.compare.rows import differences

    stage = differences._Comparison._stage

    def doubled(self, *args):
        stage(self, *args)
        self.sql.execute("INSERT INTO fresh SELECT * FROM fresh")

    differences._Comparison._stage = doubled


@bug
def mass_removal_believed() -> None:
    """`max_removed_share` is not looked at."""
    from pipelines.compare.rows.differences import _Comparison

    losses = _Comparison._losses

    def trusting(self, proven):
        self.run = replace(self.run, max_removed_share=1.0)
        return losses(self, proven)

    _Comparison._losses = trusting


@bug
def failed_account_passed_over() -> None:
    """An account that could not be read is not named."""
    from pipelines.run.loading import packages as load

    load.problems.of_receipt = lambda receipt: receipt
    tell = load.Loader._report_package

    def silent(self, endpoint, receipts, found):
        known = len(self._report.errors)
        tell(self, endpoint, receipts, found)
        del self._report.errors[known:]

    load.Loader._report_package = silent


@bug
def pending_package_skipped() -> None:
    """What a crash left half written is left as it is, and the next package goes first."""
    from pipelines.warehouse.warehouse import Warehouse

    Warehouse.recover = lambda _: False


@bug
def rows_appended() -> None:
    """What a package brings is added to what is there, and replaces nothing; so a job done twice doubles its rows."""
    from pipelines.warehouse.duckdb import merge as merging

    sql = merging.merge_sql
    merging.merge_sql = lambda *args, **given: sql(*args, **given)[1:]


@bug
def copy_written_in_place() -> None:
    """The old copy is taken away before the new one is there."""
    from pipelines.publish import duckdb

    write = duckdb.write

    def in_place(publication, *, storage):
        (publication.folder / duckdb.FILE).unlink()
        return write(publication, storage=storage)

    duckdb.write = in_place


@bug
def left_out_means_removed() -> None:
    """An object that no list shows is gone; nobody asks for it by its id."""
    from pipelines.compare import objects
    from sources.aleta.reading.objects.members import Census

    Census.unlisted = lambda *_: []
    objects._is_gone = lambda *_: True


@bug
def back_and_not_read_whole() -> None:
    """Nobody notes that an account was away for a night."""
    from pipelines.ledger.ledger import Ledger

    Ledger.note_away = lambda *_: None


@bug
def missed_in_part_means_removed() -> None:
    """A row that a part of the history does not list is gone; nobody looks for it in the rest."""
    from pipelines.compare.proven_days import Scope
    from pipelines.run.loading import followed

    followed.Scope = lambda **given: Scope(**given | {"settles": True})


@bug
def dateless_ghosts() -> None:
    """Rows without days, or with far ones, are judged by no reading."""
    from pipelines.compare.proven_days import Scope
    from pipelines.run.loading import followed

    followed.Scope = lambda **given: Scope(**given | {"ends": None})


@bug
def mark_ahead_believed() -> None:
    """What a clock that was ahead has marked counts as read."""
    from pipelines.ledger.ledger import Ledger

    Ledger.clamp = lambda *_, **__: 0


@bug
def first_304_believed() -> None:
    """Of a list on v1 whose first page is answered 304, the other pages are taken as they were kept."""
    from sources.aleta.reading.cursor_lists import CursorLists

    following = CursorLists._next

    def believing(self, wanted, chain, etag):
        return following(self, wanted, chain, etag) if not chain.kept or not etag else False

    CursorLists._next = believing


@bug
def gone_before_the_end() -> None:
    """What one part of a whole history does not show counts as gone, before the rest is read; nor are stamps kept."""
    from pipelines.compare.proven_days import ProvenDays
    from pipelines.compare.rows import differences

    stamped = differences.stamped
    ProvenDays._waits = lambda *_: False
    differences.stamped = lambda sql, key, _: stamped(sql, key, ())


@bug
def loaded_packages_kept() -> None:
    """dlt's copies of what it loaded stay for ever."""
    from pipelines.warehouse import warehouse

    warehouse.forget_packages = lambda _: None
