"""One configuration folder, and the environment over it, as checked settings.

A value may stand in `config.toml`, `secrets.toml` or the environment; the later of these wins. From whichever of the
three, a value for `[tenants.NAME]` beats one for `[aleta]`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from .errors import did_you_mean, refuse
from .sources import Given, from_environment, from_files, section_of, sections_of, tenant_names
from .tenant import DEFAULTS, EXPECTED, KEY_RULES, REQUIRED, KeySource, TenantSettings
from .values import checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One configuration folder, read and checked. *warnings* are sentences for the operator.

    Args:
        places: of each section and key that is written anywhere, the file or the variable that counts.
    """

    folder: Path
    tenants: tuple[TenantSettings, ...]
    warnings: tuple[str, ...]
    places: Mapping[tuple[str, str], str] = field(repr=False)

    def select(self, names: Sequence[str]) -> tuple[TenantSettings, ...]:
        """The tenants named, in the order of the file; all when none is named.

        Raises:
            SettingsError: a name that no tenant has.
        """
        known = [tenant.name for tenant in self.tenants]
        for name in names:
            if name not in known:
                refuse(
                    self.folder / "config.toml",
                    section_of(name),
                    f"one of {', '.join(known)}",
                    did_you_mean(name, known),
                )
        return tuple(tenant for tenant in self.tenants if not names or tenant.name in names)

    def refuse(self, tenant: str, key: str, expected: str, remedy: str) -> NoReturn:
        """Refuse the value of a tenant's *key* where it is written, be that in `[aleta]`, for all tenants.

        Raises:
            SettingsError: always.
        """
        sections = section_of(tenant), "aleta"
        section = next((section for section in sections if (section, key) in self.places), sections[0])
        refuse(self.places.get((section, key), self.folder / "config.toml"), f"{section}.{key}", expected, remedy)


def load(folder: Path, *, environ: Mapping[str, str]) -> Settings:
    """Read `config.toml`, `secrets.toml` and the environment's `ALETA__*` and `TENANTS__*`.

    Relative paths start at the folder that holds *folder*; that of `private_key_file` at *folder*.

    Raises:
        SettingsError: the first thing found wrong; nothing was sent or written.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100  (resolve() would go where a link points)
    config, secrets = folder / "config.toml", folder / "secrets.toml"
    files = {file: sections_of(file) for file in (config, secrets) if file == config or file.exists()}
    names = tenant_names(config, files.values())
    given = [*from_files(files), *from_environment(environ, names)]
    read: dict[str, dict[str, Any]] = {section: {} for section in ("aleta", *map(section_of, names))}
    for value in given:
        read[value.section][value.key] = checked(value)
    tenants = tuple(_tenant(name, read["aleta"] | read[section_of(name)], given, config=config) for name in names)
    shared = _one_budget_a_sub(tenants)
    warnings = (
        *_warnings(config, secrets, given, environ),
        *_unused(config, tenants),
        *_lowered(config, tenants, shared),
    )
    return Settings(
        folder=folder,
        tenants=shared,
        warnings=warnings,
        places={(value.section, value.key): value.file for value in given},
    )


def _one_budget_a_sub(tenants: Sequence[TenantSettings]) -> tuple[TenantSettings, ...]:
    """Whose `sub` is the same keep its budget in the data_dir of the first of them, where that is there to write.

    It has one rate, the lowest that any of them has (rule R4): else it would be that of whoever begins.
    """
    of = defaultdict[str, list[TenantSettings]](list)
    for each in tenants:
        of[each.sub].append(each)
    budgets: dict[str, dict[str, Any]] = {
        sub: {
            "budget_dir": those[0].data_dir,
            "requests_per_minute": min(filter(None, (each.requests_per_minute for each in those)), default=0),
            "burst": min(each.burst for each in those),
        }
        for sub, those in of.items()
    }
    return tuple(replace(each, **budgets[each.sub]) for each in tenants)


def _tenant(name: str, read: Mapping[str, Any], given: Sequence[Given], *, config: Path) -> TenantSettings:
    section = section_of(name)
    for key in REQUIRED:
        if key not in read:
            refuse(config, f"{section}.{key}", EXPECTED[key], f"It is missing: add it to [{section}].")
    values = DEFAULTS | {key: value for key, value in read.items() if key not in KEY_RULES}
    values["data_dir"] = config.parent.parent / values["data_dir"]
    _check_path(values["data_dir"], values["publish"], config, f"{section}.data_dir")
    values |= {key: values[key].rstrip("/") for key in ("api_url", "auth_url", "v1_url", "publish_url")}
    return TenantSettings(name=name, key=_key(section, read, given, config=config), **values)


def _check_path(path: Path, publish: Collection[str], config: Path, key: str) -> None:
    """The libraries that write there take these for more than letters: dlt, DuckDB, and delta-rs the last four."""
    odd = f"%?\\{'[]|^' if 'delta' in publish else ''}"
    if {*f"{path}"} & {*odd}:
        refuse(config, key, f"a path without any of {' '.join(odd)}", "Keep the data in another folder.")


def _key(section: str, read: Mapping[str, Any], given: Sequence[Given], *, config: Path) -> KeySource:
    found = {value.key: value.file for value in given if value.section == section and value.key in KEY_RULES}
    if len(found) != 1:
        places = " and ".join(f"{key} ({file})" for key, file in found.items())
        remedy = f"Found {places}: keep one." if found else "Found none; `aleta-sync keys generate` makes a key."
        refuse(config, section, f"one of {', '.join(KEY_RULES)}", remedy)
    file = config.parent / read["private_key_file"] if "private_key_file" in found else None
    return KeySource(text=read.get("private_key"), file=file, azure_key_vault=read.get("azure_key_vault_key"))


def _warnings(config: Path, secrets: Path, given: Sequence[Given], environ: Mapping[str, str]) -> Iterator[str]:
    if secrets.exists() and secrets.stat().st_mode & 0o077:
        yield f"{secrets}: others on this machine may read it. Run: chmod 600 {secrets}"
    if any(value.key == "private_key" and value.file == str(config) for value in given):
        yield f"{config}: holds a private key. Move it to {secrets.name} or to the environment."
    used = {value.file for value in given}
    for name in sorted(environ):
        if name.startswith("TENANTS__") and f"environment variable {name}" not in used:
            yield f"environment variable {name}: not used, {config} names no such tenant."


def _lowered(config: Path, read: Sequence[TenantSettings], shared: Sequence[TenantSettings]) -> Iterator[str]:
    for before, now in zip(read, shared, strict=True):
        was, rate = (before.requests_per_minute, before.burst), (now.requests_per_minute, now.burst)
        if was != rate:
            yield (
                f"{config}: {now.name} has its sub with other tenants, and with it their budget: requests_per_minute "
                f"{rate[0]}, burst {rate[1]}, the lowest of theirs."
            )


def _unused(config: Path, tenants: Sequence[TenantSettings]) -> Iterator[str]:
    for tenant in tenants:
        if tenant.publish_url and "delta" not in tenant.publish:
            yield f'{config}: publish_url of {tenant.name} is not used: only "delta" goes there, and publish has none.'
