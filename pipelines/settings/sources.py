"""Where values stand: the sections of `config.toml` and `secrets.toml`, and the environment's variables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..program import command
from .errors import SettingsError, did_you_mean, refuse
from .owners import DENIED, reason_of

DLT_SECTIONS = frozenset({
    *("dashboard", "data_writer", "datasets", "dbt_cloud", "dbt_package_runner", "destination", "destinations"),
    *("extract", "load", "normalize", "pipeline", "pipelines", "providers", "runtime", "schema", "sources"),
    "workspace",
})  # fmt: skip
TENANT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One value as it was written, and where; *text* when it is an environment variable's."""

    file: str
    section: str
    key: str
    value: object
    text: bool = False


def sections_of(file: Path) -> dict[str, dict[str, object]]:
    """Our sections of one file by their path (`tenants.acme`); dlt's own are left to dlt."""
    document = _toml(file)
    known = {"aleta", "tenants", *DLT_SECTIONS}
    for name in sorted(document.keys() - known):
        refuse(file, name, "a section of aleta-sync or of dlt", f"This one is unknown.{did_you_mean(name, known)}")
    tenants = _table(file, "tenants", document.get("tenants", {}))
    ours = {"aleta": document.get("aleta", {})} | {section_of(name): table for name, table in tenants.items()}
    return {path: _table(file, path, table) for path, table in ours.items()}


def _toml(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        refuse(file, "", "a file that can be read", f"{reason_of(error)}.{'' if error.errno in DENIED else _start()}")
    except ValueError as error:  # not TOML, or not UTF-8; it names a line, never a value
        refuse(file, "", "valid TOML", f"{error}.")


def _start() -> str:
    return f" `{command('init --tenant NAME')}` makes one; or name another folder with --config."


def _table(file: Path, path: str, value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else refuse(file, path, "a section", f"Write it as [{path}].")


def has_section(file: Path, tenant: str) -> bool:
    """Whether *file* can be read and has the section of *tenant*."""
    try:
        return section_of(tenant) in sections_of(file)
    except SettingsError:
        return False


def section_of(tenant: str) -> str:
    return f"tenants.{tenant}"


def tenant_names(config: Path, files: Collection[Mapping[str, object]]) -> tuple[str, ...]:
    sections = dict.fromkeys(section for file in files for section in file if section != "aleta")
    variables: dict[str, str] = {}
    for section in sections:
        name = section.removeprefix("tenants.")
        if not TENANT_NAME.fullmatch(name):
            refuse(config, section, "a name of a-z, 0-9, - and _, not led by - or _", "Rename the tenant.")
        twin = variables.setdefault(variable_of(name), name)
        if twin != name:
            refuse(config, section, f"a name that the environment can tell from {twin}", "Rename one of the two.")
    return tuple(variables.values()) or refuse(config, "tenants", "at least one [tenants.NAME]", _start())


def variable_of(tenant: str) -> str:
    return tenant.upper().replace("-", "_")


def from_files(files: Mapping[Path, Mapping[str, Mapping[str, object]]]) -> Iterator[Given]:
    for file, sections in files.items():
        for section, table in sections.items():
            yield from (Given(file=str(file), section=section, key=key, value=value) for key, value in table.items())


def from_environment(environ: Mapping[str, str], names: Sequence[str]) -> Iterator[Given]:
    """The variables that dlt would name so; a `-` in a tenant's name may stay or be written `_`."""
    prefixes = {
        f"TENANTS__{variable}__": section_of(name) for name in names for variable in (name.upper(), variable_of(name))
    }
    prefixes["ALETA__"] = "aleta"
    for name, value in sorted(environ.items()):
        prefix = max((prefix for prefix in prefixes if name.startswith(prefix)), key=len, default=None)
        if prefix:
            key, file = name.removeprefix(prefix).lower(), f"environment variable {name}"
            yield Given(file=file, section=prefixes[prefix], key=key, value=value, text=True)
