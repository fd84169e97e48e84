"""One publication: what is published, from where, to where. Each format is written from the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from .snapshot import Snapshot, fingerprints


class PublishError(Exception):
    """A copy could not be written: why and where. What was published before is whole."""

    code = "publish"


class ObjectStoreError(PublishError):
    """An object store refused or broke off: what is on this machine is up to date, what is there is older."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What the formats are written from.

    Args:
        connection: where the private store is attached as `store`.
        folder: the tenant's own, where the copies are.
        scratch: a folder on the same file system, for what is unfinished.
    """

    connection: duckdb.DuckDBPyConnection
    content: Snapshot
    folder: Path
    scratch: Path

    @cached_property
    def fingerprints(self) -> Mapping[str, str]:
        """Of every table. Reads all rows, once for all formats that ask."""
        return fingerprints(self.connection, self.content.tables)
