"""A value as it was written becomes one of the type that its key has, or is refused."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import get_origin

import msgspec

from .errors import did_you_mean, refuse
from .sources import Given
from .tenant import DEFAULTS, EXPECTED, FOR_ALL, RULES

TOMORROW = timedelta(days=1)  # somewhere it has come


def checked(given: Given) -> object:
    """The value, of the type of its key.

    Raises:
        SettingsError: an unknown key, or a value that its rule forbids.
    """
    path, known = f"{given.section}.{given.key}", DEFAULTS if given.section == "aleta" else RULES.keys() - FOR_ALL
    if given.key not in known:
        other = "[aleta]" if given.key in FOR_ALL else "[tenants.NAME]"
        elsewhere = f" It goes under {other}." if given.key in RULES else did_you_mean(given.key, known)
        refuse(given.file, path, "a known key", f"This one is unknown here.{elsewhere}")
    rule = RULES[given.key]
    try:
        value = _listed(str(given.value)) if given.text and get_origin(rule.__origin__) is tuple else given.value
        read = _bounded(msgspec.convert(value, rule, strict=not given.text, dec_hook=_path))
        if given.key == "duckdb_storage" and read != DEFAULTS[given.key]:
            _ask_duckdb(str(read))
    except (ValueError, RuntimeError, msgspec.ValidationError):  # RuntimeError: `~` is nobody's home
        refuse(given.file, path, EXPECTED[given.key], "Correct it there.")
    if isinstance(read, date) and read > datetime.now(UTC).date() + TOMORROW:
        refuse(given.file, path, "a day that has come", "A history that begins later has no row. Correct it there.")
    if given.key == "publish" and isinstance(read, tuple) and "delta" in read and not find_spec("deltalake"):
        refuse(given.file, path, "formats that are installed", 'For "delta", in the clone: pip install ".[delta]".')
    return read


def _ask_duckdb(version: str) -> None:
    """Raise ValueError for a version that DuckDB does not know."""
    import duckdb  # noqa: PLC0415 - a tenth of a second, which the default does not cost

    if not re.fullmatch(r"v\d+(\.\d+)+|latest", version):
        raise ValueError
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"ATTACH ':memory:' AS probe (STORAGE_VERSION '{version}')")
    except duckdb.Error:
        raise ValueError from None


def _listed(text: str) -> object:
    if text.lstrip().startswith("["):
        return tomllib.loads(f"it = {text}")["it"]
    return [name.strip() for name in text.split(",") if name.strip()]


def _path(_: type, value: object) -> Path:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError
    return Path(value).expanduser()


def _bounded(value: object) -> object:
    if isinstance(value, date) and not date(1900, 1, 1) <= value < date(2100, 1, 1):
        raise ValueError
    return value
