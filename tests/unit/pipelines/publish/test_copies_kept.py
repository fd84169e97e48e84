"""Which copies of a tenant are kept up to date, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.publish.places import copies
from pipelines.settings import KeySource, TenantSettings


@pytest.mark.parametrize(
    ("destination", "publish", "kept", "said"),
    [
        (
            "duckdb",
            ("duckdb", "delta"),
            ["duckdb"],
            ["parquet/current is no longer written: publish asks"],
        ),
        ("duckdb", ("duckdb", "parquet"), ["duckdb", "parquet"], []),
        (
            "postgres",
            ("duckdb",),
            [],
            [
                "warehouse.duckdb is no longer written: no copies are made of postgres",
                "parquet/current is no longer written: no copies are made of postgres",
            ],
        ),
    ],
)
def test_a_copy_that_nobody_writes_any_more_is_named(tmp_path: Path, destination, publish, kept, said) -> None:
    """Also where rows go to another destination now: analysts may still open what the folder has."""
    tenant = TenantSettings(
        name="acme",
        data_dir=tmp_path,
        destination=destination,
        publish=publish,
        kid="k",
        iss="i",
        sub="s",
        key=KeySource(),
    )
    (tenant.folder / "parquet" / "current").mkdir(parents=True)
    (tenant.folder / "warehouse.duckdb").touch()

    there, stale = copies(tenant)

    assert [*there] == kept
    assert len(stale) == len(said)
    assert all(words in warning for words, warning in zip(said, stale, strict=True))
