"""What may happen between two runs, as a history draws it: to the world, the server, the clock, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tests.histories.model import owners
from tests.histories.scene import Scene


@dataclass(frozen=True, slots=True)
class Happenings:
    """Each changes *scene*; nothing where the world has nothing to change."""

    scene: Scene

    # -- the world

    def night(self, number: int, within_days: int) -> None:
        for tenant in self.scene.names:
            self.scene.night(tenant, number, within_days)

    def rows(self, kind: str, count: int, within_days: int) -> None:
        self.scene.change(kind, count=count, within_days=within_days)

    def odd(self, kind: str, count: int, within_days: int, value: str) -> None:
        """Rows whose dates are far off or none, twice, of other types."""
        name = {"trade": "valueDate", "value": "tradeDate"}[self.scene.box.settings.date_filter]
        more = {"far_date": {"name": name, "date": value}, "dateless": {"value": value}}.get(kind, {})
        self.scene.change(kind, count=count, within_days=within_days, **more)

    def account(self, kind: str) -> None:
        self.scene.change(kind)

    def object(self, kind: str) -> None:
        self.scene.change(kind)

    def renamed(self, collection: str) -> None:
        self.scene.change("rename", collection=collection)

    def busy_day(self, ago: int, count: int) -> None:
        for account in self.scene.accounts()[:1]:
            self.scene.change("late", account=account, date=f"{self._day(ago)}", count=count)

    def cleared_day(self, ago: int, keep: int) -> None:
        for account in self.scene.accounts()[:1]:
            self.scene.clear_day(account, self._day(ago), keep=keep)

    def account_moves(self, skip: int) -> None:
        """To another legal entity, while the next run reads the lists."""
        owners = sorted(self.scene.box.truth("acme").legal_entities)
        if len(owners) > 1:
            for account in self.scene.accounts()[:1]:
                self.scene.moves_meanwhile(account, owners[skip % len(owners)], skip=skip)

    def row_meanwhile(self, kind: str, skip: int, days: int) -> None:
        """A row changes while the next run reads."""
        accounts = self.scene.accounts()
        rows = {row_id: row for account in accounts for row_id, row in self.scene.rows_of(account).items()}
        movable = sorted(row_id for row_id, row in rows.items() if len(owners(row)) == 1)
        if kind == "late" and accounts:
            self.scene.rows_change_meanwhile(kind, skip=skip, account=accounts[0], date=f"{self._day(days)}")
        elif kind != "late" and movable and (kind != "move" or len(accounts) > 1):
            more = {"days": days} if kind == "redate" else {}
            self.scene.rows_change_meanwhile(kind, skip=skip, id=movable[days % len(movable)], **more)

    def _day(self, ago: int) -> date:
        return self.scene.now.date() - timedelta(days=ago)

    # -- the server

    def cap(self, rows: int) -> None:
        self.scene.box.set(row_cap=rows)

    def widest(self, days: int) -> None:
        self.scene.box.set(max_window_days=days)

    def lists(self, caps: dict[str, int], keep: str) -> None:
        """How many objects a list shows."""
        self.scene.box.set(list_caps=caps, keep=keep)

    def parents(self, say: str, cut: int) -> None:
        """What they say of their members."""
        self.scene.box.set(relationships=say, relationships_cut=cut)

    def weather(self, share: float, kinds: tuple[str, ...]) -> None:
        self.scene.box.set(fault_share=share, fault_kinds=kinds)

    def mishap(self, kind: str, times: int) -> None:
        """Not on top of others that no request has met yet: as many in a row as a read has attempts are an outage."""
        faults = self.scene.box.faults
        if all(waiting.path_contains for waiting in faults._script):
            faults.script(kind, times=times)

    def breakdown(self, kind: str, place: str) -> None:
        """Of one account, where no *place* is given."""
        self.scene.break_down(kind, place or next(iter(self.scene.accounts()), "nobody"))

    def repair(self) -> None:
        self.scene.mend()

    def revoked(self) -> None:
        self.scene.box.revoke_tokens()

    # -- here

    def time(self, hours: float) -> None:
        self.scene.pass_time(hours=hours)

    def packages(self, rows: int) -> None:
        self.scene.package_rows = rows

    def settings(self, look_back: int, reverify: int) -> None:
        self.scene.configure(look_back_days=look_back, reverify_days=reverify)
