"""`publish` of a tenant whose rows are kept elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.commands.publish import run
from pipelines.report.report import Exit
from pipelines.settings import KeySource, TenantSettings


@pytest.mark.parametrize(
    ("publish", "said", "code", "ended"),
    [
        pytest.param((), "nothing written", None, Exit.COMPLETE, id="no-copy-asked-for"),
        pytest.param(("duckdb",), "not published", "publish", Exit.FAILED, id="a-copy-asked-for"),
    ],
)
def test_no_copy_is_made_of_another_destination(
    tmp_path: Path, publish: tuple, said: str, code: str | None, ended: Exit
) -> None:
    """That is an error only where a copy is asked for; `publish = []`, which it advises, is well."""
    tenant = TenantSettings(
        name="acme",
        data_dir=tmp_path,
        destination="postgres",
        publish=publish,
        kid="k",
        iss="i",
        sub="s",
        key=KeySource(),
    )
    [(name, line, problem, code_of)] = run([tenant])
    assert (name, line, problem.code if problem else None, code_of) == ("acme", said, code, ended)
