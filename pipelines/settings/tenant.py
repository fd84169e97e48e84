"""The table of what may be configured: each annotated field of `TenantSettings` is a key, with its rule and default."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_origin, get_type_hints

from msgspec import Meta

HTTPS = r"https://([\w.-]+|\[[\da-fA-F:]+\])(:\d+)?"
LOOPBACK = r"http://(localhost|127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}|\[::1\])(:\d+)?"  # rule S1
URL = rf"\A({HTTPS}|{LOOPBACK})(/[\w.~%/-]*)?\Z"
VAULT_KEY = rf"\A{HTTPS}/keys/[\w-]+(/\w+)?\Z"
Text: TypeAlias = Annotated[str, Meta(pattern=r"\S")]
Word: TypeAlias = Annotated[str, Meta(pattern=r"\A(?=.*\S)[^\x00-\x1f\x7f]+\Z")]  # on one line
Url: TypeAlias = Annotated[str, Meta(pattern=URL, description="an https:// address, or http:// on this machine")]
STORE = r"\A((s3|az|gs)://[\w.-]+(/[\w.~%=-]+)*/?)?\Z"
Copy: TypeAlias = Literal["duckdb", "parquet", "delta"]
NotifyUrl: TypeAlias = Annotated[str, Meta(pattern=r"\A[A-Za-z][\w+.-]*://\S+\Z")]  # may hold a password
Count: TypeAlias = Annotated[int, Meta(ge=0, description="a whole number, 0 or more")]
Positive: TypeAlias = Annotated[int, Meta(ge=1, description="a whole number, 1 or more")]
Parallel: TypeAlias = Annotated[
    int, Meta(ge=1, le=1000, description="a whole number, 1 to 1000")
]  # that run side by side
Seconds: TypeAlias = Annotated[int, Meta(ge=1, le=86_400, description="a number of seconds, 1 to 86400")]
Megabytes: TypeAlias = Annotated[int, Meta(ge=1, le=65_536, description="a number of megabytes, 1 to 65536")]
Days: TypeAlias = Annotated[int, Meta(ge=0, le=36_500, description="a number of days, 0 to 36500")]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySource:
    """Where a tenant's private key is. Exactly one is set; none is ever shown."""

    text: str | None = None
    file: Path | None = None
    azure_key_vault: str | None = None

    def __repr__(self) -> str:
        return f"KeySource({', '.join(f'{field.name}=***' for field in fields(self) if getattr(self, field.name))})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """What one tenant's runs need to know: `[tenants.NAME]` over `[aleta]`, every value checked.

    Addresses end without a slash; paths are absolute once loaded.
    """

    name: str
    api_url: Url = "https://platform.aleta.io"
    auth_url: Url = "https://auth.aleta.io"
    audience: Annotated[Word, Meta(description="the audience of a token")] = "https://auth.aleta.io"
    data_dir: Annotated[Path, Meta(description="the path of a folder")] = Path("data")
    destination: Annotated[Word, Meta(description="the name of a dlt destination")] = "duckdb"
    publish: Annotated[tuple[Copy, ...], Meta(description='a list of "duckdb", "parquet" and "delta", or []')] = (
        "duckdb",
    )
    publish_url: Annotated[str, Meta(pattern=STORE, description="an address s3://…, az://… or gs://…, or nothing")] = ""
    duckdb_storage: Annotated[Word, Meta(description="a version that DuckDB knows, such as v1.0.0")] = "v1.0.0"
    resources: Annotated[tuple[Word, ...], Meta(min_length=1, description='a list of tables, or ["*"]')] = ("*",)
    history_start: Annotated[date, Meta(description="a day from 1900-01-01 to 2099-12-31")] = date(1970, 1, 1)
    look_back_days: Days = 30
    look_ahead_days: Days = 31
    reverify_days: Days = 30
    snapshot_days: Days = 7
    requests_per_minute: Count = 1000  # 0: no limit
    burst: Positive = 300
    workers: Parallel = 8
    row_cap: Count = 0  # 0: learn it
    max_window_days: Days = 0  # 0: no limit
    read_timeout_s: Seconds = 300  # one answer, headers and body in all (rule F7)
    max_answer_mb: Megabytes = 256  # one answer, unpacked
    notify: Annotated[tuple[NotifyUrl, ...], Meta(description="a list of Apprise URLs, or []")] = field(
        default=(), repr=False
    )
    tenants_at_once: Parallel = 4
    keep_windows_days: Days = 400  # 0: for ever
    track: Annotated[Literal["v1", "v2"], Meta(description='"v1" or "v2"')] = "v2"  # where lists are read from first
    v1_url: Url = "https://api.aleta.io"
    writes: Annotated[bool, Meta(description="true or false")] = False  # `upload` may change what the API has
    max_removed_share: Annotated[float, Meta(ge=0, le=1, description="a share from 0.0 to 1.0")] = 0.5
    kid: Annotated[Word, Meta(description="the id of the key at Aleta")]
    iss: Annotated[Word, Meta(description="the issuer that Aleta knows you by")]
    sub: Annotated[Word, Meta(description="the subject that Aleta gives tokens to")]
    key: KeySource
    budget_dir: Path | None = None  # of the request budget of its `sub` (rule R4); None: data_dir

    @property
    def folder(self) -> Path:
        """All of this tenant's files, and no other's (rule C3)."""
        return self.data_dir / self.name


KEY_RULES: dict[str, Any] = {
    "private_key": Annotated[Text, Meta(description="a private key, PEM or JWK")],
    "private_key_file": Annotated[Path, Meta(description="the path of a private key, PEM or JWK")],
    "azure_key_vault_key": Annotated[str, Meta(pattern=VAULT_KEY, description="https://VAULT/keys/NAME")],
}
FOR_ALL = frozenset({"tenants_at_once"})  # of the process, not of a tenant: only under [aleta]
HINTS = get_type_hints(TenantSettings, include_extras=True)
RULES: dict[str, Any] = {name: hint for name, hint in HINTS.items() if get_origin(hint) is Annotated} | KEY_RULES
EXPECTED: dict[str, str] = {name: rule.__metadata__[-1].description for name, rule in RULES.items()}
DEFAULTS: dict[str, Any] = {
    known.name: known.default
    for known in fields(TenantSettings)
    if known.default is not MISSING and known.name in RULES
}
REQUIRED = tuple(name for name in RULES if name not in DEFAULTS and name not in KEY_RULES)
