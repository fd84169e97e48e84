"""What a copy holds, written beside it: how the next publish knows what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import msgspec

from .files import State, seal, state_of
from .snapshot import Snapshot, digest


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy holds.

    Args:
        store: size and time of change, in ns, of the store it was made from.
        storage: the DuckDB version whose format it has, where it is a DuckDB file.
        complete: when the last complete run in it ended, where somebody wants to know; empty before the first.
        forms: of each table.
        views: a fingerprint of each.
        files: size and time of each file, by its relative path.
        fingerprints: of each table's form and rows, where somebody wants to know which tables changed.
    """

    store: State = (-2, -2)
    storage: str = ""
    complete: str = ""
    forms: dict[str, str] = {}
    views: dict[str, str] = {}
    files: dict[str, State] = {}
    fingerprints: dict[str, str] = {}

    @classmethod
    def read(cls, file: Path) -> Self:
        """An empty one, which describes no copy, where *file* is missing or damaged."""
        try:
            return msgspec.json.decode(file.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return cls()

    @classmethod
    def of(
        cls,
        content: Snapshot,
        files: Iterable[str],
        root: Path,
        *,
        fingerprints: Mapping[str, str] | None = None,
        storage: str = "",
        complete: str = "",
    ) -> Self:
        return cls(
            store=content.state,
            storage=storage,
            complete=complete,
            forms=_forms(content),
            views=_views(content),
            files={name: state_of(root / name) for name in files},
            fingerprints=dict(fingerprints or {}),
        )

    def holding(self, files: Iterable[str], root: Path) -> Self:
        """The same with *files*, as they are now."""
        return msgspec.structs.replace(self, files={name: state_of(root / name) for name in files})

    def interrupted(self, *, fingerprints: Mapping[str, str] | None = None) -> Self:
        """The same, of no store: not all that it should hold is there; *fingerprints*: of what surely is."""
        kept = self.fingerprints if fingerprints is None else dict(fingerprints)
        return msgspec.structs.replace(self, store=(-2, -2), fingerprints=kept)

    def put(self, name: str, folder: Path, *, scratch: Path) -> None:
        """Write it as *name* into *folder* in one step, by way of *scratch*."""
        self.write(scratch / name)
        (scratch / name).replace(folder / name)
        seal(folder)

    def write(self, file: Path) -> None:
        file.write_bytes(msgspec.json.encode(self))
        seal(file)

    def describes(self, content: Snapshot, root: Path) -> bool:
        """Whether the copy below *root* holds just this, in files that nobody touched since."""
        return self.store == content.state and self.fits(content, root)

    def fits(self, content: Snapshot, root: Path) -> bool:
        """Whether its tables and views are defined as those of *content*, in files that nobody touched since."""
        return self.forms == _forms(content) and self.views == _views(content) and self.whole(root)

    def whole(self, root: Path) -> bool:
        """Whether nobody touched its files."""
        return all(self.intact(name, root) for name in self.files)

    def intact(self, name: str, root: Path) -> bool:
        return name in self.files and self.files[name] == state_of(root / name)


def _forms(content: Snapshot) -> dict[str, str]:
    return {table.name: table.form for table in content.tables}


def _views(content: Snapshot) -> dict[str, str]:
    return {view.name: digest(view.statements()) for view in content.views}
