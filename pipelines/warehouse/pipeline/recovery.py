"""A package that was cut off is loaded again, from its first job (rule C1), where it belongs (rule M5).

dlt would go on where it stopped. But a kill can fall between a job's commit and dlt's note of it; then the job is done
twice, and where a database has unique columns, its rows collide with themselves: in a staging table, or among the
states. Every later run would stumble over the same job. From the first job on nothing collides, as dlt empties the
staging tables first, and merges rows on their keys.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from dlt import Pipeline
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema.typing import C_DLT_LOAD_ID, LOADS_TABLE_NAME, PIPELINE_STATE_TABLE_NAME
from dlt.common.storages import LoadStorage, PackageStorage

from ..destinations.connection import connected
from ..duckdb.merge import outdated_sql
from ..store import DATASET
from .stored_state import STATE_FILE, digest_of, local_state

MADE_WHILE_LOADING = {"sql", "reference"}  # dlt makes these jobs anew, once those that they follow are done


def make_anew(pipeline: Pipeline) -> Pipeline:
    """Drop what dlt keeps in its folder, with all that waits to be loaded. May be cut off, too.

    The state goes first: dlt wipes a folder that has none, but believes one whose schema, or half of whose rows, went
    before it.
    """
    Path(pipeline.working_dir, STATE_FILE).unlink(missing_ok=True)
    return pipeline.drop()


def finish_making_anew(home: Path) -> None:
    """Have dlt wipe its folder where a kill took the schema that the state still names, as older versions left it.

    The state is read only then: it may have the marks of a hundred thousand accounts. One that cannot be read is left
    to be named as damaged.
    """
    if (home / "schemas" / f"{DATASET}.schema.json").exists():
        return
    with suppress(OSError, TypeError, ValueError):
        if local_state(home).get("default_schema_name"):
            (home / STATE_FILE).unlink()


def continues(pipeline: Pipeline, stored: str | None) -> bool:
    """Whether what waits to be loaded was made on top of the state *stored* in the destination, or has written it.

    What was meant for another destination, or on top of a state that another machine has replaced since, has no place
    there: its rows are what was new elsewhere, and its marks would be believed. Of what was only extracted nothing was
    loaded yet, and dlt may not have saved the schema that it needs.

    Args:
        stored: its digest, as `digest_of` makes it.
    """
    if pipeline.list_extracted_load_packages():
        return False
    packages = (_folder(pipeline, load_id) for load_id in pipeline.list_normalized_load_packages())
    made_on = [digest_of(state) for package in packages if (state := _state_before(package)) is not None]
    return stored in {digest_of(pipeline.state), *made_on}


def _state_before(package: Path) -> dict[str, Any] | None:
    """The state that *package* was made on top of; None where that is not known."""
    with suppress(OSError, TypeError, ValueError):
        file = package / PackageStorage.RESTORE_FOLDER / PackageStorage.RESTORE_STATE_FILE_NAME
        return dict(json.loads(file.read_bytes()))
    return None


def digest_in(pipeline: Pipeline) -> str | None:
    """The digest of the state in the destination: of the last package that is complete.

    Raises:
        DestinationException: the destination cannot be used.
    """
    with connected(pipeline.sql_client()) as client, suppress(DestinationUndefinedEntity):  # no table was made yet
        states, loads = map(client.make_qualified_table_name, (PIPELINE_STATE_TABLE_NAME, LOADS_TABLE_NAME))
        found = client.execute_sql(
            f"SELECT version, load_id, version_hash FROM {states} "
            f"JOIN {loads} ON load_id = _dlt_load_id AND status = 0 WHERE pipeline_name = %s",
            pipeline.pipeline_name,
        )
        return max(map(tuple, found))[-1] if found else None
    return None


def rewind(pipeline: Pipeline) -> None:
    """Put every package that waits to be loaded back to where nothing of it is loaded yet. May be cut off, too.

    Raises:
        DestinationException: the destination cannot be used.
    """
    for load_id in pipeline.list_normalized_load_packages():
        _forget_state(pipeline, load_id)
        rewind_folder(_folder(pipeline, load_id))


def _folder(pipeline: Pipeline, load_id: str) -> Path:
    return Path(pipeline.working_dir, "load", LoadStorage.NORMALIZED_FOLDER, load_id)


def rewind_folder(package: Path) -> None:
    """Take away all that says what was done of the *package*, and bring its jobs back to those that are new.

    A job that was being written has no dot in its name yet.
    """
    for job in package.glob("*_jobs/*"):
        if not job.suffix or job.suffix.removeprefix(".") in MADE_WHILE_LOADING:
            job.unlink()
        else:
            job.rename(package / PackageStorage.NEW_JOBS_FOLDER / job.name)
    for note in package.glob(f"{PackageStorage.PENDING_TRANSITIONS_FOLDER}/*"):
        note.unlink()
    (package / PackageStorage.PACKAGE_COMPLETED_FILE_NAME).unlink(missing_ok=True)
    (package / PackageStorage.SCHEMA_UPDATES_FILE_NAME).write_text("{}")  # its being there has dlt prepare all tables
    (package / PackageStorage.APPLIED_SCHEMA_UPDATES_FILE_NAME).unlink(missing_ok=True)


def forget_outdated(pipeline: Pipeline) -> None:
    """Leave each pipeline the last of its states, before dlt takes the one whose load id is the highest.

    Raises:
        DestinationException: the destination cannot be used.
    """
    with connected(pipeline.sql_client()) as client, suppress(DestinationUndefinedEntity):  # no table was made yet
        named = client.make_qualified_table_name
        client.execute_sql(outdated_sql(named(PIPELINE_STATE_TABLE_NAME), named(LOADS_TABLE_NAME)))


def _forget_state(pipeline: Pipeline, load_id: str) -> None:
    """States are appended by dlt, where rows are merged."""
    with connected(pipeline.sql_client()) as client, suppress(DestinationUndefinedEntity):  # no table was made yet
        states, column = client.make_qualified_table_name(PIPELINE_STATE_TABLE_NAME), C_DLT_LOAD_ID
        client.execute_sql(f"DELETE FROM {states} WHERE {client.escape_column_name(column)} = %s", load_id)
