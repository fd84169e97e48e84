"""The program with its warehouse in PostgreSQL."""

from __future__ import annotations

from tests import truth
from tests.e2e.program import Program
from tests.postgres import PASSWORD, Database

DATASET = "aleta_acme"
CHANGES = {"late": 0.05, "edited": 0.05, "deleted": 0.02}


class Remote:
    """The program with `destination = "postgres"`, and the database it fills."""

    def __init__(self, program: Program, database: Database) -> None:
        self.program = program
        self.box = program.box
        self.database = database
        secrets = program.config / "secrets.toml"
        secrets.write_text(f'[destination.postgres]\ncredentials = "{database.url}"\n')
        secrets.chmod(0o600)

    def run(self, *args: str):
        ended = self.program.run(*args)
        assert PASSWORD not in ended.out + ended.err
        return ended

    def sync(self, expect: int = 0):
        ended = self.run("sync", "--json")
        assert ended.exit == expect, f"exit {ended.exit}\n{ended.out}\n{ended.err}"
        return ended

    def differences(self) -> list[str]:
        copy = self.database.copy(DATASET, self.program.folder / "copy.duckdb")
        return truth.differences(copy, self.box.truth("acme"))

    def column(self, sql: str) -> list:
        return [row[0] for row in self.database.run(sql)]

    @property
    def private(self):
        return self.program.tenant_folder() / "private"


def whole_histories(box) -> int:
    """Requests for all of an account's days, since the last reset."""
    return sum(request.query.get("fromDate") == "1970-01-01" for request in box.requests)
