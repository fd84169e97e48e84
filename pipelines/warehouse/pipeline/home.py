"""dlt's folder of a tenant, named as its pipeline: a tenant that was renamed keeps the name that its store knows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

PREFIX = "aleta_"
DLT = "dlt"
NAMES = "SELECT DISTINCT pipeline_name FROM aleta._dlt_pipeline_state"


def pipeline_home(store: Path, *, tenant: str) -> Path:
    """The folder of the pipeline that loads to the file *store*; it need not be there yet.

    The state of the last package is stored under the pipeline's name (rule M5). Under another one dlt would not find
    it, and everything would be read again.
    """
    private = store.parent
    own = private / DLT / f"{PREFIX}{tenant}"
    if own.exists():
        return own
    names = _names_in(private) or _stored_names(store)
    return private / DLT / names[0] if len(names) == 1 else own


def is_of_former_name(home: Path, *, tenant: str) -> bool:
    """Whether *home*, as `pipeline_home` found it, was made before the tenant was renamed."""
    return home.name != f"{PREFIX}{tenant}"


def not_renamed(place: str, home: Path) -> str:
    """What to say of a remote dataset that is not there, because it was not renamed with its tenant."""
    return (
        f"{place}: it is not there, and {home} is of the tenant's former name. "
        'Rename the dataset as well: docs/runbook.md, "Rename a tenant", has the statements'
    )


def _names_in(private: Path) -> Sequence[str]:
    """The pipelines whose files are in *private*."""
    return sorted(home.name for home in (private / DLT).glob(f"{PREFIX}*") if home.is_dir())


def _stored_names(store: Path) -> Sequence[str]:
    """The names in the store itself; none where it cannot be read, which is said by who opens it to work with it."""
    if not store.exists():
        return ()
    with suppress(duckdb.Error), duckdb.connect(f"{store}", read_only=True) as connection:
        return [name for (name,) in connection.execute(NAMES).fetchall()]
    return ()
