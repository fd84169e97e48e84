"""How dlt finds its own sections, which stand in the same files as ours."""

from __future__ import annotations

import codecs
import json
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path

from .sources import DLT_SECTIONS

NOWHERE = "no-files-of-dlt"
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
"""Unless the files or the environment say otherwise: dlt warns of every JSON column in every load."""


def point_dlt_at(folder: Path, environ: MutableMapping[str, str]) -> None:
    """Let dlt find its own sections in *folder*, without telemetry unless asked for; call it before dlt is imported.

    dlt refuses a file that begins with a byte order mark, as some editors write it. Then it gets its sections as
    variables of this process's environment; one that is set already counts more, as it would over a file.
    """
    environ["DLT_CONFIG_FOLDER"] = str(folder.absolute())
    files = [folder / "config.toml", folder / "secrets.toml"]  # a secret counts more
    given = {name: value for file in files for name, value in _variables(file)}
    unsaid = {name: value for name, value in QUIET.items() if name not in given}
    if any(_is_marked(file) for file in files):
        environ["DLT_CONFIG_FOLDER"] = str(folder.absolute() / NOWHERE)
        unsaid |= given
    for name, value in unsaid.items():
        environ.setdefault(name, value)


def _is_marked(file: Path) -> bool:
    with suppress(OSError), file.open("rb") as opened:
        return opened.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    return False


def _variables(file: Path) -> Iterator[tuple[str, str]]:
    with suppress(OSError, ValueError):  # `load` says what is wrong with it
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        yield from _leaves({name: table for name, table in document.items() if name in DLT_SECTIONS}, ())


def _leaves(table: Mapping[str, object], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        place = (*path, name.upper())
        if isinstance(value, dict):
            yield from _leaves(value, place)
        else:
            yield "__".join(place), value if isinstance(value, str) else json.dumps(value, default=str)
