"""What the last committed package of a pipeline left as its state: in the store, beside the copy in dlt's own folder.

dlt is imported only where the two differ: it takes half a second, and whoever just looks has no other use for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..package import State
from ..store import DATASET, Store

STATE_TABLE = "_dlt_pipeline_state"
STATES = f"store.{DATASET}.{STATE_TABLE}"
LOADS = f"store.{DATASET}._dlt_loads"
STATE_FILE = "state.json"  # of dlt's own folder
WAITING = ("normalize/extracted/*", "load/new/*", "load/normalized/*")  # where dlt has packages that are not loaded


def kept_state(home: Path) -> State:
    """The copy in *home*, dlt's own folder, which can be read while a run has the store.

    Raises:
        OSError: it is not there.
        KeyError, ValueError: it holds no state of a warehouse.
    """
    return dict(local_state(home)["sources"][DATASET])


def is_lost(store: Path, home: Path) -> bool:
    """Whether *home*, dlt's own folder, knows of packages, and the private file that has them is not there.

    A first package that a kill cut off may wait to be loaded: then no file was ever made.
    """
    if store.exists() or any(any(home.glob(waiting)) for waiting in WAITING):
        return False
    with suppress(OSError, TypeError, ValueError):
        kept = local_state(home)
        return bool(kept.get("sources")) and f"{kept.get('destination_type')}".endswith("duckdb")
    return False


def stored_state(store: Store, home: Path) -> State:
    """The state that the last committed package wrote, whatever dlt's own copy says.

    Args:
        home: dlt's own folder, named as its pipeline; it need not be there.

    Raises:
        DltException: a newer version of dlt wrote it.
    """
    found = states(store, "arg_max(version_hash, version), arg_max(state, version)", home.name)
    if not found or found[0][1] is None:
        return {}
    digest, state = found[0]
    try:
        kept = local_state(home)
    except (OSError, TypeError, ValueError):
        kept = {}
    if kept.get("_version_hash") != digest:
        kept = _unpacked(home.name, state)
    return dict(kept.get("sources", {}).get(DATASET, {}))


def stored_digest(store: Store, name: str) -> str | None:
    """What tells the state that the last committed package of the pipeline *name* wrote from any other."""
    found = states(store, "arg_max(version_hash, version)", name)
    return found[0][0] if found else None


def digest_of(state: Mapping[str, Any]) -> str | None:
    """The same of a *state* as dlt keeps it; None before the first package.

    Its version does not tell it: each destination counts from 0, and one that is changed back to may have the lower.
    """
    return state["_version_hash"] if state.get("sources") else None


def states(store: Store, what: str, name: str) -> list[tuple[Any, ...]]:
    """*what* of the states that a complete load of the pipeline *name* left; nothing where none has a table yet."""
    there = store.sql.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'store' AND schema_name = ? AND table_name = ?",
        [DATASET, STATE_TABLE],
    ).fetchall()
    if not there:
        return []
    complete = f"{STATES} JOIN {LOADS} ON load_id = _dlt_load_id AND status = 0"
    return store.sql.execute(f"SELECT {what} FROM {complete} WHERE pipeline_name = ?", [name]).fetchall()


def local_state(home: Path) -> dict[str, Any]:
    """All that *home*, dlt's own folder, has as its state.

    Raises:
        OSError: it is not there.
        TypeError, ValueError: it is no state.
    """
    return dict(json.loads((home / STATE_FILE).read_bytes()))


def _unpacked(name: str, state: str) -> dict[str, Any]:
    from dlt.common.versioned_state import decompress_state  # noqa: PLC0415 - as above
    from dlt.pipeline.state_sync import migrate_state_to_current  # noqa: PLC0415

    return {**migrate_state_to_current(name, decompress_state(state))}
