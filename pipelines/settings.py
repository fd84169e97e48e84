"""Typed settings, resolved once: the only reader of the configuration files and of the environment.

`TenantSettings` is the table of what may be configured: each annotated field is a key, with its rule and its default.
A value may stand in `config.toml`, `secrets.toml` or the environment; the later of these wins. From whichever of the
three, a value for `[tenants.NAME]` beats one for `[aleta]`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeAlias, get_origin, get_type_hints

import msgspec
from msgspec import Meta

DLT_SECTIONS = frozenset({
    *("dashboard", "data_writer", "datasets", "dbt_cloud", "dbt_package_runner", "destination", "destinations"),
    *("extract", "load", "normalize", "pipeline", "pipelines", "providers", "runtime", "schema", "sources"),
    "workspace",
})  # fmt: skip
START = "Copy config/ from the project and fill in a [tenants.NAME], or name another folder with --config."

HTTPS = r"https://([\w.-]+|\[[\da-fA-F:]+\])(:\d+)?"
LOOPBACK = r"http://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?"  # rule S1
URL = rf"\A({HTTPS}|{LOOPBACK})(/[\w.~%/-]*)?\Z"
VAULT_KEY = rf"\A{HTTPS}/keys/[\w-]+(/\w+)?\Z"
Text: TypeAlias = Annotated[str, Meta(pattern=r"\S")]
Url: TypeAlias = Annotated[str, Meta(pattern=URL, description="an https:// address, or http:// on this machine")]
Copy: TypeAlias = Literal["duckdb", "parquet"]
Count: TypeAlias = Annotated[int, Meta(ge=0, description="a whole number, 0 or more")]
Positive: TypeAlias = Annotated[int, Meta(ge=1, description="a whole number, 1 or more")]
Days: TypeAlias = Annotated[int, Meta(ge=0, le=36_500, description="a number of days, 0 to 36500")]


class SettingsError(Exception):
    """A configuration that no run can start from (exit 2): where, what is expected, never what was read (rule S1)."""

    def __init__(self, *, file: str, path: str, expected: str, remedy: str) -> None:
        super().__init__(": ".join(part for part in (file, path, f"expected {expected}. {remedy}") if part))
        self.file, self.path, self.expected = file, path, expected


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySource:
    """Where a tenant's private key is. Exactly one is set; none is ever shown."""

    text: str | None = None
    file: Path | None = None
    azure_key_vault: str | None = None

    def __repr__(self) -> str:
        return f"KeySource({', '.join(f'{one.name}=***' for one in fields(self) if getattr(self, one.name))})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """What one tenant's runs need to know: `[tenants.NAME]` over `[aleta]`, every value checked.

    Addresses end without a slash; paths are absolute once loaded.
    """

    name: str
    api_url: Url = "https://platform.aleta.io"
    auth_url: Url = "https://auth.aleta.io"
    audience: Annotated[Text, Meta(description="the audience of a token")] = "https://auth.aleta.io"
    data_dir: Annotated[Path, Meta(description="the path of a folder")] = Path("data")
    destination: Annotated[Text, Meta(description="the name of a dlt destination")] = "duckdb"
    publish: Annotated[tuple[Copy, ...], Meta(description='a list of "duckdb" and "parquet", or []')] = ("duckdb",)
    resources: Annotated[tuple[Text, ...], Meta(min_length=1, description='a list of tables, or ["*"]')] = ("*",)
    history_start: Annotated[date, Meta(description="a day from 1900-01-01 to 2099-12-31")] = date(1970, 1, 1)
    look_back_days: Days = 30
    look_ahead_days: Days = 31
    reverify_days: Days = 30
    snapshot_days: Days = 7
    requests_per_minute: Count = 1000  # 0: no limit
    burst: Positive = 300
    workers: Positive = 8
    row_cap: Count = 0  # 0: learn it
    max_window_days: Days = 0  # 0: no limit
    max_removed_share: Annotated[float, Meta(ge=0, le=1, description="a share from 0.0 to 1.0")] = 0.5
    kid: Annotated[Text, Meta(description="the id of the key at Aleta")]
    iss: Annotated[Text, Meta(description="the issuer that Aleta knows you by")]
    sub: Annotated[Text, Meta(description="the subject that Aleta gives tokens to")]
    key: KeySource

    @property
    def folder(self) -> Path:
        """All of this tenant's files, and no other's (rule C3)."""
        return self.data_dir / self.name


KEY_RULES: dict[str, Any] = {
    "private_key": Annotated[Text, Meta(description="a private key, PEM or JWK")],
    "private_key_file": Annotated[Path, Meta(description="the path of a private key, PEM or JWK")],
    "azure_key_vault_key": Annotated[str, Meta(pattern=VAULT_KEY, description="https://VAULT/keys/NAME")],
}
HINTS = get_type_hints(TenantSettings, include_extras=True)
RULES: dict[str, Any] = {name: hint for name, hint in HINTS.items() if get_origin(hint) is Annotated} | KEY_RULES
EXPECTED: dict[str, str] = {name: rule.__metadata__[-1].description for name, rule in RULES.items()}
DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(TenantSettings) if one.default is not MISSING}
REQUIRED = tuple(name for name in RULES if name not in DEFAULTS and name not in KEY_RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One configuration folder, read and checked. *warnings* are sentences for the operator."""

    folder: Path
    tenants: tuple[TenantSettings, ...]
    warnings: tuple[str, ...]

    def select(self, names: Sequence[str]) -> tuple[TenantSettings, ...]:
        """The tenants named, in the order of the file; all when none is named.

        Raises:
            SettingsError: a name that no tenant has.
        """
        known = [tenant.name for tenant in self.tenants]
        for name in names:
            if name not in known:
                _refuse(self.folder / "config.toml", _section(name), f"one of {', '.join(known)}", _meant(name, known))
        return tuple(tenant for tenant in self.tenants if not names or tenant.name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """One value as it was written, and where; *text* when it is an environment variable's."""

    file: str
    section: str
    key: str
    value: object
    text: bool = False


def load(folder: Path, *, environ: Mapping[str, str]) -> Settings:
    """Read `config.toml`, `secrets.toml` and the environment's `ALETA__*` and `TENANTS__*`.

    Relative paths start at the folder that holds *folder*; that of `private_key_file` at *folder*.

    Raises:
        SettingsError: the first thing found wrong; nothing was sent or written.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100  (resolve() would go where a link points)
    config, secrets = folder / "config.toml", folder / "secrets.toml"
    files = {file: _sections(file) for file in (config, secrets) if file == config or file.exists()}
    names = _tenant_names(config, files.values())
    given = [*_from_files(files), *_from_environment(environ, names)]
    read: dict[str, dict[str, Any]] = {section: {} for section in ("aleta", *map(_section, names))}
    for one in given:
        read[one.section][one.key] = _read(one)
    tenants = tuple(_tenant(name, read["aleta"] | read[_section(name)], given, config=config) for name in names)
    return Settings(folder=folder, tenants=tenants, warnings=tuple(_warnings(config, secrets, given, environ)))


def point_dlt_at(folder: Path, environ: MutableMapping[str, str]) -> None:
    """Let dlt find its own sections in *folder*, without telemetry unless asked for; call it before dlt is imported."""
    environ["DLT_CONFIG_FOLDER"] = str(folder.absolute())
    environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")  # it warns of every JSON column, each time


def _sections(file: Path) -> dict[str, dict[str, object]]:
    """Our sections of one file by their path (`tenants.acme`); dlt's own are left to dlt."""
    document = _toml(file)
    known = {"aleta", "tenants", *DLT_SECTIONS}
    for name in sorted(document.keys() - known):
        _refuse(file, name, "a section of aleta-sync or of dlt", f"This one is unknown.{_meant(name, known)}")
    tenants = _table(file, "tenants", document.get("tenants", {}))
    ours = {"aleta": document.get("aleta", {})} | {_section(name): table for name, table in tenants.items()}
    return {path: _table(file, path, table) for path, table in ours.items()}


def _toml(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        _refuse(file, "", "a file that can be read", f"{error.strerror}. {START}")
    except ValueError as error:  # not TOML, or not UTF-8; it names a line, never a value
        _refuse(file, "", "valid TOML", f"{error}.")


def _table(file: Path, path: str, value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else _refuse(file, path, "a section", f"Write it as [{path}].")


def _section(tenant: str) -> str:
    return f"tenants.{tenant}"


def _tenant_names(config: Path, files: Collection[Mapping[str, object]]) -> tuple[str, ...]:
    sections = dict.fromkeys(section for file in files for section in file if section != "aleta")
    variables: dict[str, str] = {}
    for section in sections:
        name = section.removeprefix("tenants.")
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
            _refuse(config, section, "a name of a-z, 0-9, - and _, not led by - or _", "Rename the tenant.")
        twin = variables.setdefault(_variable(name), name)
        if twin != name:
            _refuse(config, section, f"a name that the environment can tell from {twin}", "Rename one of the two.")
    return tuple(variables.values()) or _refuse(config, "tenants", "at least one [tenants.NAME]", START)


def _variable(tenant: str) -> str:
    return tenant.upper().replace("-", "_")


def _from_files(files: Mapping[Path, Mapping[str, Mapping[str, object]]]) -> Iterator[_Given]:
    for file, sections in files.items():
        for section, table in sections.items():
            yield from (_Given(file=str(file), section=section, key=key, value=value) for key, value in table.items())


def _from_environment(environ: Mapping[str, str], names: Sequence[str]) -> Iterator[_Given]:
    """The variables that dlt would name so; a `-` in a tenant's name may stay or be written `_`."""
    prefixes = {f"TENANTS__{word}__": _section(name) for name in names for word in (name.upper(), _variable(name))}
    prefixes["ALETA__"] = "aleta"
    for name, value in sorted(environ.items()):
        prefix = max((one for one in prefixes if name.startswith(one)), key=len, default=None)
        if prefix:
            key, file = name.removeprefix(prefix).lower(), f"environment variable {name}"
            yield _Given(file=file, section=prefixes[prefix], key=key, value=value, text=True)


def _read(given: _Given) -> object:
    path, known = f"{given.section}.{given.key}", DEFAULTS if given.section == "aleta" else RULES
    if given.key not in known:
        elsewhere = " It goes under [tenants.NAME]." if given.key in RULES else _meant(given.key, known)
        _refuse(given.file, path, "a known key", f"This one is unknown here.{elsewhere}")
    rule = RULES[given.key]
    try:
        value = _listed(str(given.value)) if given.text and get_origin(rule.__origin__) is tuple else given.value
        return _bounded(msgspec.convert(value, rule, strict=not given.text, dec_hook=_path))
    except (ValueError, RuntimeError, msgspec.ValidationError):  # RuntimeError: `~` is nobody's home
        _refuse(given.file, path, EXPECTED[given.key], "Correct it there.")


def _listed(text: str) -> object:
    if text.lstrip().startswith("["):
        return tomllib.loads(f"it = {text}")["it"]
    return [name.strip() for name in text.split(",") if name.strip()]


def _path(_: type, value: object) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return Path(value).expanduser()


def _bounded(value: object) -> object:
    if isinstance(value, date) and not date(1900, 1, 1) <= value < date(2100, 1, 1):
        raise ValueError
    return value


def _tenant(name: str, read: Mapping[str, Any], given: Sequence[_Given], *, config: Path) -> TenantSettings:
    section = _section(name)
    for key in REQUIRED:
        if key not in read:
            _refuse(config, f"{section}.{key}", EXPECTED[key], f"It is missing: add it to [{section}].")
    values = DEFAULTS | {key: value for key, value in read.items() if key not in KEY_RULES}
    values["data_dir"] = config.parent.parent / values["data_dir"]
    values |= {key: values[key].rstrip("/") for key in ("api_url", "auth_url")}
    return TenantSettings(name=name, key=_key(section, read, given, config=config), **values)


def _key(section: str, read: Mapping[str, Any], given: Sequence[_Given], *, config: Path) -> KeySource:
    found = {one.key: one.file for one in given if one.section == section and one.key in KEY_RULES}
    if len(found) != 1:
        places = " and ".join(f"{key} ({file})" for key, file in found.items())
        remedy = f"Found {places}: keep one." if found else "Found none; `aleta-sync keys generate` makes a key."
        _refuse(config, section, f"one of {', '.join(KEY_RULES)}", remedy)
    file = config.parent / read["private_key_file"] if "private_key_file" in found else None
    return KeySource(text=read.get("private_key"), file=file, azure_key_vault=read.get("azure_key_vault_key"))


def _warnings(config: Path, secrets: Path, given: Sequence[_Given], environ: Mapping[str, str]) -> Iterator[str]:
    if secrets.exists() and secrets.stat().st_mode & 0o077:
        yield f"{secrets}: others on this machine may read it. Run: chmod 600 {secrets}"
    if any(one.key == "private_key" and one.file == str(config) for one in given):
        yield f"{config}: holds a private key. Move it to {secrets.name} or to the environment."
    used = {one.file for one in given}
    for name in sorted(environ):
        if name.startswith("TENANTS__") and f"environment variable {name}" not in used:
            yield f"environment variable {name}: not used, {config} names no such tenant."


def _meant(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _refuse(file: Path | str, path: str, expected: str, remedy: str) -> NoReturn:
    raise SettingsError(file=str(file), path=path, expected=expected, remedy=remedy) from None  # may quote a value
