"""Someone else's pipeline: how it reads, and what is in it afterwards."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from sources.aleta import aleta_source
from tests import truth

SMALL = {"accounts": 8, "rows": 240, "years": 2, "row_cap": 40, "today": datetime.now(UTC).date()}
CHANGES = {"late": 0.05, "edited": 0.05, "deleted": 0.03}
GUIDE = Path(__file__).parents[3] / "docs" / "dlt-source.md"


def source(known, **options):
    return aleta_source(**known | {"requests_per_minute": 0, "resources": truth.CRAWL} | options)


def load(pipeline, what) -> None:
    pipeline.run(what).raise_on_failed_jobs()


def differences(file: Path, box) -> list[str]:
    """Every way in which the tables in *file* are not what the API shows."""
    copy = Path(shutil.copy(file, file.with_name("looked_at.duckdb")))
    with duckdb.connect(f"{copy}") as connection:
        with_fetch_time = connection.execute(
            "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'aleta' AND column_name = 'fetched_at'"
        )
        for (table,) in with_fetch_time.fetchall():
            connection.execute(f"ALTER TABLE aleta.{table} DROP COLUMN fetched_at")
        for links in truth.LINKS.values():
            for table, *_ in links.values():
                connection.execute(f"ALTER TABLE aleta.{table} ADD COLUMN removed_at TIMESTAMPTZ")
    return truth.differences(copy, box.truth("acme"))


def ids(pipeline, sql: str) -> set:
    with pipeline.sql_client() as client:
        return {row[0] for row in client.execute_sql(sql)}


def examples(language: str) -> list[str]:
    """The code of the documentation."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def shown(pipeline, *, and_: str = "") -> set:
    """The ids of the transactions that are still there, by the documented query, with its condition *and_*."""
    assert and_ in GUIDE.read_text()
    (current,) = examples("sql")
    current = current.replace("AND t.fetched_at", f"{and_} AND t.fetched_at")
    return ids(pipeline, f"SELECT id FROM ({current}) still_there")


def asked_whole(box) -> int:
    return sum(request.query.get("fromDate") == "1970-01-01" for request in box.requests)
