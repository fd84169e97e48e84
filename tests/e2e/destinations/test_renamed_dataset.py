"""A tenant whose rows are in a database is renamed: refused until its dataset is, by the statements of the runbook."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests import sqlite
from tests.e2e.destinations.kept import InPostgres, InSqlite, Kept
from tests.e2e.destinations.remote import whole_histories

pytestmark = pytest.mark.long

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
NEW = "aleta_zurich"


def statements(language: str, first: str) -> str:
    """The block in *language* that begins with *first*."""
    [block] = re.findall(rf"```{language}\n({first} .*?)```", RUNBOOK.read_text(), re.DOTALL)
    return block.replace("OLD", "acme").replace("NEW", "zurich").replace("_NAME", "_acme")


class Postgres(InPostgres):
    """A schema, renamed and dropped by SQL; its rows are looked at once it is renamed."""

    dataset = NEW

    def rename(self) -> None:
        self.database.run(statements("sql", "ALTER"))

    def remove(self) -> None:
        self.database.run(statements("sql", "DROP"))

    def datasets(self) -> list[str]:
        return [name for (name,) in self.database.run("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%aleta%'")]


class Sqlite(InSqlite):
    """Files, moved and removed by a shell; the rows are looked at once they are renamed."""

    dataset = NEW

    def rename(self) -> None:
        self._play(statements("sh", "mv"))

    def remove(self) -> None:
        self._play(statements("sh", "rm -f"))

    def datasets(self) -> list[str]:
        return sorted(file.stem.removeprefix("aleta__") for file in self.database.folder.glob("aleta__*.db"))

    def _play(self, lines: str) -> None:
        script = lines.replace("/srv/aleta", f"{self.database.folder}")
        subprocess.run(["sh", "-eu", "-c", script], check=True)


@pytest.fixture(params=[Postgres, Sqlite])
def kept(request: pytest.FixtureRequest, start, tmp_path: Path) -> Kept:
    """The program and its database after the first sync."""
    if request.param is Postgres:
        synced = request.getfixturevalue("synced")
        return Kept(synced.program, Postgres(synced.database))
    home = tmp_path / "sqlite"
    home.mkdir()
    kept = Kept(start(aleta={"destination": "sqlalchemy"}), Sqlite(sqlite.Database(home)))
    kept.sync()
    return kept


def test_the_dataset_is_renamed_by_the_statements_of_the_runbook(kept: Kept) -> None:
    """Until then nothing is sent and nothing written; after it, nothing is read again."""
    program = kept.program
    program.rewrite("[tenants.acme]", "[tenants.zurich]")
    program.tenant_folder().rename(program.tenant_folder("zurich"))
    dlt = program.tenant_folder("zurich") / "private" / "dlt"

    for _ in range(2):  # what the first one leaves changes nothing
        [error] = kept.sync(expect=1).errors("zurich")
        assert f"{dlt / 'aleta_acme'} is of the tenant's former name" in error["message"]
        assert "dataset aleta_zurich: it is not there" in error["message"]
    assert "aleta_zurich" not in kept.place.datasets()
    unwell = program.run("check", "zurich")
    assert (unwell.exit, "dataset aleta_zurich: it is not there" in unwell.out) == (1, True)
    unplanned = program.run("plan", "zurich")
    assert (unplanned.exit, "dataset aleta_zurich: it is not there" in unplanned.out) == (1, True)

    kept.place.rename()
    assert program.run("check", "zurich").exit == 0
    kept.box.requests.clear()
    quiet = kept.sync().counts(tenant="zurich")
    assert whole_histories(kept.box) <= 1  # the largest answer, asked again as a proof of the cap
    assert (quiet["added"], quiet["modified"], quiet["removed"]) == (0, 0, 0)

    kept.box.mutate("acme", "edit", count=2, within_days=20)
    kept.sync()
    assert {*kept.place.datasets()} - {"staging_aleta_zurich"} == {"aleta_zurich"}
    assert kept.differences() == []


def test_the_dataset_is_removed_by_the_statements_of_the_runbook(kept: Kept) -> None:
    """With its views and its staging; nothing of the tenant is left."""
    assert "aleta_acme" in kept.place.datasets()

    kept.place.remove()

    assert kept.place.datasets() == []
