"""A new `config.toml`: every key with its default, commented out, as the table of settings has it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from .sources import section_of
from .tenant import DEFAULTS, EXPECTED

HEAD = """\
# The configuration of aleta-sync, in dlt's own format. A line without # counts; the values shown are the defaults.
# Any of them may also stand in secrets.toml beside this file, or in the environment: ALETA__WORKERS=4,
# TENANTS__ACME__LOOK_BACK_DAYS=90. A relative path starts at the folder that holds this one.

[aleta]  # for every tenant; each key may be set again in [tenants.NAME]
"""
EXAMPLE = """
# One section a tenant; `aleta-sync init --tenant NAME` makes its key.
# [tenants.acme]
# kid = ""
# iss = ""
# sub = ""
# private_key_file = "secrets/acme.pem"
"""
GITIGNORE = "# What no repository should have.\n/secrets.toml\n/secrets/\n"
MEANINGS = {
    "auth_url": "tokens: auth_url + /oauth/token",
    "data_dir": "a relative path starts at the folder that holds this one",
    "destination": "or any dlt destination, with its section [destination.NAME]",
    "publish": 'what the analysts get: "duckdb", "parquet", "delta" (docs/published.md)',
    "publish_url": 'where "delta" goes besides the folder: s3://..., az://..., gs://...',
    "duckdb_storage": "the oldest DuckDB that can open the published file",
    "resources": "names of tables; a child brings its parents along",
    "history_start": "the first day that may hold a transaction",
    "look_back_days": "so many days before the mark are read again every night",
    "look_ahead_days": "so many days after today are read, and not yet relied on",
    "reverify_days": "every account's whole history is read again at least this often",
    "snapshot_days": "what is asked for day by day begins so many days before the first sync",
    "requests_per_minute": "per `sub`; less, where another program shares it. 0: no limit",
    "burst": "so many may go at once after a rest",
    "workers": "requests under way at the same time",
    "row_cap": "rows in a cut answer, where known. 0: learn it",
    "max_window_days": "widest span to ask for. 0: no limit",
    "read_timeout_s": "the longest that one answer may take, headers and body in all",
    "max_answer_mb": "the largest answer, unpacked; a larger one is a failed read",
    "notify": "Apprise URLs told of a run that is not complete, and of the first that is again",
    "tenants_at_once": "so many run side by side in one process; not in [tenants.NAME]",
    "keep_windows_days": "receipts that no mark rests on any more go after so many days. 0: never",
    "writes": "true: `upload` may write to the API",
    "track": '"v1": lists are read by cursor from v1_url, from v2/v3 where it has none',
    "max_removed_share": "more of an account than this gone at once: quarantined, not removed",
}
"""What a key does, where its name does not say it; as in `config/config.toml`."""


def template(tenant: str = "") -> str:
    """The text of the file, with a section for *tenant* where one is named."""
    return HEAD + "".join(_defaults()) + (f"\n{section(tenant)}" if tenant else EXAMPLE)


def section(tenant: str) -> str:
    """What Aleta tells is empty, so that a run without it is refused with the path of what is missing."""
    return (
        f"[{section_of(tenant)}]\n"
        f'kid = ""  # {EXPECTED["kid"]}\n'
        f'iss = ""  # {EXPECTED["iss"]}\n'
        f'sub = ""  # {EXPECTED["sub"]}\n'
        f'private_key_file = "secrets/{tenant}.pem"  # relative to this folder; the file itself goes nowhere\n'
    )


def _defaults() -> Iterator[str]:
    for name, value in DEFAULTS.items():
        yield f"{f'# {name} = {_toml(value)}':<48}  # {MEANINGS.get(name, EXPECTED[name])}\n"


def _toml(value: object) -> str:
    """As TOML writes it, which for these is as JSON does."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, default=_text)


def _text(value: object) -> str:
    assert isinstance(value, (Path, date))
    return f"{value}"
