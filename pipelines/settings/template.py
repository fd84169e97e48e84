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
        yield f"{f'# {name} = {_toml(value)}':<48}  # {EXPECTED[name]}\n"


def _toml(value: object) -> str:
    """As TOML writes it, which for these is as JSON does."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, default=_text)


def _text(value: object) -> str:
    assert isinstance(value, (Path, date))
    return f"{value}"
