"""The configuration: what is read from where, and every way it can be wrong."""

from __future__ import annotations

import stat
import subprocess
import sys
import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest
from dlt.common.configuration.specs import known_sections

from pipelines.settings import (
    DEFAULTS,
    DLT_SECTIONS,
    KEY_RULES,
    REQUIRED,
    KeySource,
    SettingsError,
    TenantSettings,
    load,
    point_dlt_at,
)

IDENTITY = 'kid = "k1"\niss = "https://acme.example"\nsub = "u1"\n'
ACME = f'[tenants.acme]\n{IDENTITY}private_key_file = "secrets/acme.pem"\n'
BETA = ACME.replace("acme]", "beta]")
SHIPPED = Path(__file__).parents[3] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty configuration folder; its parent is where relative paths start."""
    (tmp_path / "config").mkdir()
    return tmp_path / "config"


def _write(folder: Path, config: str, secrets: str | None = None) -> None:
    (folder / "config.toml").write_text(config)
    if secrets is not None:
        (folder / "secrets.toml").write_text(secrets)
        (folder / "secrets.toml").chmod(0o600)


def _tenant(folder: Path, config: str, secrets: str | None = None, **environ: str) -> TenantSettings:
    _write(folder, config, secrets)
    return load(folder, environ=environ).tenants[0]


def _error(folder: Path, config: str, secrets: str | None = None, **environ: str) -> SettingsError:
    _write(folder, config, secrets)
    with pytest.raises(SettingsError) as refused:
        load(folder, environ=environ)
    return refused.value


def test_a_tenant_gets_every_default(folder: Path) -> None:
    """A tenant with an identity and a key needs nothing else: the contract's defaults hold."""
    tenant = _tenant(folder, ACME)
    assert tenant == TenantSettings(
        name="acme",
        api_url="https://platform.aleta.io",
        auth_url="https://auth.aleta.io",
        audience="https://auth.aleta.io",
        data_dir=folder.parent / "data",
        destination="duckdb",
        publish=("duckdb",),
        resources=("*",),
        history_start=date(1970, 1, 1),
        look_back_days=30,
        look_ahead_days=31,
        reverify_days=30,
        requests_per_minute=1000,
        burst=300,
        workers=8,
        row_cap=0,
        max_window_days=0,
        max_removed_share=0.5,
        kid="k1",
        iss="https://acme.example",
        sub="u1",
        key=KeySource(file=folder / "secrets" / "acme.pem"),
    )


def test_the_shipped_config_shows_exactly_the_defaults() -> None:
    """config/config.toml lists every key of [aleta] with its default, so reading it tells the truth."""
    shown = tomllib.loads((SHIPPED / "config.toml").read_text())["aleta"]
    said = {key: list(value) if isinstance(value, tuple) else value for key, value in DEFAULTS.items()}
    assert shown == said | {"data_dir": "data", "history_start": "1970-01-01"}


def test_the_shipped_examples_are_right_once_uncommented(folder: Path) -> None:
    """The examples in the shipped files name keys that exist."""
    config, secrets = ((SHIPPED / name).read_text() for name in ("config.toml", "secrets.example.toml"))
    uncommented = config.replace("\n# [tenants", "\n[tenants")
    for key in (*REQUIRED, "private_key_file"):
        uncommented = uncommented.replace(f"\n# {key} =", f"\n{key} =")
    assert _tenant(folder, uncommented).key.file == folder / "secrets/acme.pem"
    assert all(f"# {key} =" in secrets for key in ("private_key", "azure_key_vault_key"))


def test_every_key_has_a_rule_that_says_what_is_expected() -> None:
    """No field of a tenant escapes the check."""
    assert {one.name for one in fields(TenantSettings)} == {"name", "key", *DEFAULTS, *REQUIRED}
    assert REQUIRED == ("kid", "iss", "sub")


@pytest.mark.parametrize(
    ("config", "secrets", "environ", "workers"),
    [
        pytest.param("", None, {}, 8, id="default"),
        pytest.param("[aleta]\nworkers = 1", None, {}, 1, id="config"),
        pytest.param("[aleta]\nworkers = 1", "[aleta]\nworkers = 2", {}, 2, id="secrets over config"),
        pytest.param("", "[aleta]\nworkers = 2", {"ALETA__WORKERS": "3"}, 3, id="environment over secrets"),
        pytest.param("[aleta]\nworkers = 1\n[tenants.acme]\nworkers = 4", None, {}, 4, id="tenant over aleta"),
        pytest.param("[tenants.acme]\nworkers = 4", None, {"ALETA__WORKERS": "3"}, 4, id="tenant over all's variable"),
        pytest.param("[tenants.acme]\nworkers = 4", None, {"TENANTS__ACME__WORKERS": "5"}, 5, id="tenant's variable"),
    ],
)
def test_the_nearest_value_wins(
    folder: Path, config: str, secrets: str | None, environ: dict[str, str], workers: int
) -> None:
    """Environment over secrets over config, and a tenant's own over everyone's."""
    merged = config.replace("[tenants.acme]", ACME) if "[tenants.acme]" in config else f"{config}\n{ACME}"
    assert _tenant(folder, merged, secrets, **environ).workers == workers


def test_a_default_may_differ_between_tenants(folder: Path) -> None:
    """[aleta] serves all, a tenant's section only itself."""
    _write(folder, f"[aleta]\nburst = 5\n{ACME}burst = 6\n{BETA}")
    assert [tenant.burst for tenant in load(folder, environ={}).tenants] == [6, 5]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        pytest.param("WORKERS", "3", 3, id="whole number"),
        pytest.param("MAX_REMOVED_SHARE", "0.25", 0.25, id="share"),
        pytest.param("MAX_REMOVED_SHARE", "1", 1.0, id="share without a point"),
        pytest.param("HISTORY_START", "2001-02-03", date(2001, 2, 3), id="day"),
        pytest.param("PUBLISH", "duckdb, parquet", ("duckdb", "parquet"), id="list with commas"),
        pytest.param("PUBLISH", '["parquet"]', ("parquet",), id="list as in TOML"),
        pytest.param("PUBLISH", "[]", (), id="empty list as in TOML"),
        pytest.param("PUBLISH", "", (), id="empty list"),
        pytest.param("RESOURCES", "*", ("*",), id="list of one"),
        pytest.param("DATA_DIR", "/srv/aleta", Path("/srv/aleta"), id="path"),
        pytest.param("API_URL", "http://127.0.0.1:8000/", "http://127.0.0.1:8000", id="address"),
        pytest.param("KID", "42", "42", id="text that looks like a number"),
    ],
)
def test_the_environments_text_becomes_the_keys_type(folder: Path, key: str, text: str, value: object) -> None:
    """An environment variable is text; it is read as what its key holds."""
    tenant = _tenant(folder, ACME, **{f"TENANTS__ACME__{key}": text})
    assert getattr(tenant, key.lower()) == value


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        pytest.param("acme", "TENANTS__ACME__WORKERS", id="plain"),
        pytest.param("north-wind", "TENANTS__NORTH_WIND__WORKERS", id="dash as underscore"),
        pytest.param("north-wind", "TENANTS__NORTH-WIND__WORKERS", id="dash"),
        pytest.param("north_wind", "TENANTS__NORTH_WIND__WORKERS", id="underscore"),
        pytest.param("north__wind", "TENANTS__NORTH__WIND__WORKERS", id="two underscores"),
    ],
)
def test_a_tenants_variables_are_found(folder: Path, name: str, variable: str) -> None:
    """A tenant's name is upper-cased for the environment; a dash may stay or become an underscore."""
    assert _tenant(folder, ACME.replace("acme]", f"{name}]"), **{variable: "3"}).workers == 3


def test_the_longest_name_gets_the_variable(folder: Path) -> None:
    """Where one name begins like another, a variable belongs to the one it names in full."""
    _write(folder, ACME + ACME.replace("acme]", "acme__b]"))
    tenants = load(folder, environ={"TENANTS__ACME__B__WORKERS": "3"}).tenants
    assert [tenant.workers for tenant in tenants] == [8, 3]


def test_identity_and_key_may_come_from_the_environment(folder: Path) -> None:
    """An empty section is enough where the environment gives the rest."""
    names = {"KID": "k", "ISS": "i", "SUB": "s", "PRIVATE_KEY": "-----BEGIN ..."}
    tenant = _tenant(folder, "[tenants.acme]", **{f"TENANTS__ACME__{key}": value for key, value in names.items()})
    assert (tenant.kid, tenant.key) == ("k", KeySource(text="-----BEGIN ..."))


def test_a_tenant_may_stand_in_secrets_alone(folder: Path) -> None:
    """Both files may hold any section."""
    assert _tenant(folder, "", ACME).name == "acme"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        pytest.param('private_key = "-----BEGIN"', {"text": "-----BEGIN"}, id="text"),
        pytest.param('private_key_file = "/keys/a.pem"', {"file": Path("/keys/a.pem")}, id="absolute file"),
        pytest.param('azure_key_vault_key = "https://v.vault.azure.net/keys/k"',
                     {"azure_key_vault": "https://v.vault.azure.net/keys/k"}, id="key vault"),
        pytest.param('azure_key_vault_key = "https://v.vault.azure.net/keys/k/0a1b"',
                     {"azure_key_vault": "https://v.vault.azure.net/keys/k/0a1b"}, id="key vault, one version"),
    ],
)  # fmt: skip
def test_one_key_source_is_taken(folder: Path, line: str, key: dict[str, object]) -> None:
    """Text, file or vault; a file is not looked for here."""
    assert _tenant(folder, "[tenants.acme]\n" + IDENTITY, f"[tenants.acme]\n{line}\n").key == KeySource(**key)


def test_a_key_is_never_shown(folder: Path) -> None:
    """S1: neither the settings nor the key source show the key."""
    _write(folder, "[tenants.acme]\n" + IDENTITY, '[tenants.acme]\nprivate_key = "HIDDEN"\n')
    settings = load(folder, environ={})
    assert "HIDDEN" not in f"{settings!r} {settings} {settings.tenants[0].key}"
    assert "text=***" in repr(settings)


def test_relative_paths_start_beside_the_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`data` is beside `config`, wherever the program is started from and however the folder is named."""
    _write(folder, ACME)
    monkeypatch.chdir(folder)
    for named in (Path(), Path("../config"), folder):
        tenant = load(named, environ={}).tenants[0]
        assert tenant.folder == tmp_path / "data" / "acme"
        assert tenant.key.file == folder / "secrets" / "acme.pem"


def test_a_home_folder_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the operator's home, not a folder of that name."""
    monkeypatch.setenv("HOME", "/home/op")
    assert _tenant(folder, f'[aleta]\ndata_dir = "~/aleta"\n{ACME}').data_dir == Path("/home/op/aleta")


@pytest.mark.parametrize("day", ["2020-05-06", '"2020-05-06"'], ids=["TOML date", "text"])
def test_a_day_may_be_a_date_or_text(folder: Path, day: str) -> None:
    """TOML knows dates; the contract's example writes text."""
    assert _tenant(folder, f"{ACME}history_start = {day}").history_start == date(2020, 5, 6)


@pytest.mark.parametrize(
    "url",
    [
        "https://platform.aleta.io",
        "https://platform.aleta.io:8443/base",
        "https://[2001:db8::1]:8443",
        "http://localhost:8000",
        "http://127.0.0.1",
        "http://127.8.9.1:80",
        "http://[::1]:8000",
    ],
)
def test_an_address_is_kept_without_its_slash(folder: Path, url: str) -> None:
    """https anywhere, http on this machine."""
    assert _tenant(folder, f'{ACME}api_url = "{url}/"').api_url == url


WRONG = [
    ("api_url", '"http://platform.aleta.io"', "an https:// address", "plain http"),
    ("api_url", '"http://localhost.evil.example"', "an https:// address", "like localhost"),
    ("api_url", '"http://127.0.0.1.evil.example"', "an https:// address", "like loopback"),
    ("api_url", '"platform.aleta.io"', "an https:// address", "no scheme"),
    ("api_url", '"https://"', "an https:// address", "no host"),
    ("api_url", '"https://me:pw@platform.aleta.io"', "an https:// address", "credentials"),
    ("api_url", '"https://platform.aleta.io/?x=1"', "an https:// address", "query"),
    ("api_url", '"https://platform.aleta.io\\n"', "an https:// address", "line break"),
    ("auth_url", '"ftp://auth.aleta.io"', "an https:// address", "other scheme"),
    ("auth_url", "3", "an https:// address", "number"),
    ("audience", '" "', "the audience", "blank"),
    ("data_dir", "3", "the path of a folder", "number for a path"),
    ("data_dir", '""', "the path of a folder", "empty path"),
    ("data_dir", '"~nobody-at-all/x"', "the path of a folder", "unknown home"),
    ("destination", '""', "the name of a dlt destination", "empty"),
    ("publish", '"duckdb"', '"duckdb" and "parquet"', "text for a list"),
    ("publish", '["csv"]', '"duckdb" and "parquet"', "unknown copy"),
    ("publish", "[1]", '"duckdb" and "parquet"', "list of numbers"),
    ("resources", "[]", "a list of tables", "empty list"),
    ("resources", '[""]', "a list of tables", "blank name"),
    ("history_start", '"2020-02-30"', "a day from 1900-01-01 to 2099-12-31", "no such day"),
    ("history_start", "1899-12-31", "a day from 1900-01-01 to 2099-12-31", "too early"),
    ("history_start", '"2100-01-01"', "a day from 1900-01-01 to 2099-12-31", "too late"),
    ("history_start", "2020-01-01T00:00:00Z", "a day from 1900-01-01 to 2099-12-31", "instant"),
    ("history_start", '"01/02/2020"', "a day from 1900-01-01 to 2099-12-31", "other notation"),
    ("look_back_days", "-1", "a number of days, 0 to 36500", "negative"),
    ("look_ahead_days", "36501", "a number of days, 0 to 36500", "beyond a century"),
    ("reverify_days", "1.0", "a number of days, 0 to 36500", "float"),
    ("max_window_days", "true", "a number of days, 0 to 36500", "boolean for days"),
    ("requests_per_minute", "-1", "a whole number, 0 or more", "negative rate"),
    ("row_cap", '"0"', "a whole number, 0 or more", "text for a number"),
    ("burst", "0", "a whole number, 1 or more", "no burst"),
    ("workers", "0", "a whole number, 1 or more", "no worker"),
    ("workers", "true", "a whole number, 1 or more", "boolean for a number"),
    ("max_removed_share", "1.1", "a share from 0.0 to 1.0", "above one"),
    ("max_removed_share", "-0.1", "a share from 0.0 to 1.0", "below zero"),
    ("max_removed_share", "nan", "a share from 0.0 to 1.0", "not a number"),
    ("max_removed_share", "true", "a share from 0.0 to 1.0", "boolean for a share"),
]


@pytest.mark.parametrize(("key", "value", "expected", "case"), [pytest.param(*row, id=row[3]) for row in WRONG])
@pytest.mark.parametrize("section", ["aleta", "tenants.acme"])
def test_a_wrong_value_is_refused(folder: Path, section: str, key: str, value: str, expected: str, case: str) -> None:
    """The message names file, path and what is expected, and does not repeat the value."""
    config = f"[aleta]\n{key} = {value}\n{ACME}" if section == "aleta" else f"{ACME}{key} = {value}\n"
    error = _error(folder, config)
    assert (error.file, error.path) == (str(folder / "config.toml"), f"{section}.{key}")
    assert expected in error.expected
    assert all(part in str(error) for part in (error.file, error.path, error.expected, "Correct it there."))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param("workers", "many", id="no number"),
        pytest.param("workers", "", id="empty"),
        pytest.param("workers", "2.5", id="fraction"),
        pytest.param("max_removed_share", "half", id="no share"),
        pytest.param("history_start", "yesterday", id="no day"),
        pytest.param("publish", '["duckdb"', id="list left open"),
        pytest.param("publish", "duckdb,csv", id="unknown copy"),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(folder: Path, key: str, text: str) -> None:
    """The message names the environment variable, and the path that it sets."""
    error = _error(folder, ACME, **{f"ALETA__{key.upper()}": text})
    assert (error.file, error.path) == (f"environment variable ALETA__{key.upper()}", f"aleta.{key}")
    assert error.expected in str(error)


def test_a_wrong_value_is_refused_though_another_wins(folder: Path) -> None:
    """Every value that was written is checked, not only the one that counts."""
    assert _error(folder, f"{ACME}workers = 0", TENANTS__ACME__WORKERS="3").path == "tenants.acme.workers"


@pytest.mark.parametrize("key", ["kid", "iss", "sub"])
@pytest.mark.parametrize("value", ["3", '""', '" "'], ids=["number", "empty", "blank"])
def test_an_identity_is_text(folder: Path, key: str, value: str) -> None:
    """Kid, iss and sub are texts that say something."""
    config = "\n".join(f"{key} = {value}" if line.startswith(key) else line for line in ACME.splitlines())
    assert _error(folder, config).path == f"tenants.acme.{key}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("private_key", "3", id="number"),
        pytest.param("private_key", '""', id="empty text"),
        pytest.param("private_key_file", '""', id="empty path"),
        pytest.param("azure_key_vault_key", '"http://localhost/keys/k"', id="vault over http"),
        pytest.param("azure_key_vault_key", '"https://v.vault.azure.net/secrets/k"', id="vault's secret"),
    ],
)
def test_a_key_source_is_checked(folder: Path, key: str, value: str) -> None:
    """A key source that cannot be one is found before any request."""
    error = _error(folder, f"[tenants.acme]\n{IDENTITY}{key} = {value}")
    assert (error.path, error.expected) == (f"tenants.acme.{key}", KEY_RULES[key].__metadata__[-1].description)


@pytest.mark.parametrize("key", ["kid", "iss", "sub"])
def test_a_missing_identity_is_named(folder: Path, key: str) -> None:
    """Nothing is guessed: the section, the key and what it is."""
    config = "\n".join(line for line in ACME.splitlines() if not line.startswith(key))
    error = _error(folder, config)
    assert (error.file, error.path) == (str(folder / "config.toml"), f"tenants.acme.{key}")
    assert "add it to [tenants.acme]" in str(error)
    assert error.expected in str(error)


def test_a_missing_key_source_is_named(folder: Path) -> None:
    """The message lists the three sources, and how to make a key."""
    error = _error(folder, f"[tenants.acme]\n{IDENTITY}")
    assert (error.file, error.path) == (str(folder / "config.toml"), "tenants.acme")
    assert all(word in str(error) for word in (*KEY_RULES, "keys generate"))


def test_two_key_sources_are_refused(folder: Path) -> None:
    """The message says where each of the two stands."""
    error = _error(folder, ACME, TENANTS__ACME__PRIVATE_KEY="HIDDEN")
    assert error.path == "tenants.acme"
    assert all(
        word in str(error) for word in ("private_key_file", str(folder), "TENANTS__ACME__PRIVATE_KEY", "keep one")
    )
    assert "HIDDEN" not in str(error)


@pytest.mark.parametrize(
    ("config", "path", "meant"),
    [
        pytest.param(f"[aleta]\nlookback_days = 3\n{ACME}", "aleta.lookback_days", "look_back_days", id="aleta"),
        pytest.param(f"{ACME}work = 3", "tenants.acme.work", "workers", id="tenant"),
        pytest.param(f"[aletta]\n{ACME}", "aletta", "aleta", id="section"),
        pytest.param(f"[tenant.b]\n{ACME}", "tenant", "tenants", id="tenants"),
        pytest.param(f"[normalise]\n{ACME}", "normalise", "normalize", id="dlt's section"),
        pytest.param(f'[aleta]\nkid = "k"\n{ACME}', "aleta.kid", "[tenants.NAME]", id="identity for everyone"),
        pytest.param(
            f'[aleta]\nprivate_key = "k"\n{ACME}', "aleta.private_key", "[tenants.NAME]", id="key for everyone"
        ),
    ],
)
def test_an_unknown_name_is_refused(folder: Path, config: str, path: str, meant: str) -> None:
    """A slip of the pen is named, with the nearest thing that exists."""
    error = _error(folder, config)
    assert (error.file, error.path) == (str(folder / "config.toml"), path)
    assert meant in str(error)


def test_an_unknown_variable_is_refused(folder: Path) -> None:
    """A slip in the environment is as bad as one in a file."""
    error = _error(folder, ACME, TENANTS__ACME__LOOKBACK_DAYS="3")
    assert (error.file, error.path) == (
        "environment variable TENANTS__ACME__LOOKBACK_DAYS",
        "tenants.acme.lookback_days",
    )
    assert "Did you mean look_back_days?" in str(error)


def test_nothing_is_proposed_where_nothing_is_near(folder: Path) -> None:
    """A proposal that is far off helps no one."""
    assert "Did you mean" not in str(_error(folder, f"{ACME}zzz = 3"))


@pytest.mark.parametrize("section", sorted({
    name for word, name in vars(known_sections).items() if word.isupper()
} | {"pipeline", "runtime"}))  # fmt: skip
def test_dlts_own_sections_are_left_to_dlt(folder: Path, section: str) -> None:
    """Every section that dlt reads may stand in the same files, with anything in it."""
    assert section in DLT_SECTIONS
    assert _tenant(folder, f"[{section}.any]\nthing = 3\n{ACME}").name == "acme"


@pytest.mark.parametrize(
    ("config", "path"),
    [
        pytest.param(f"aleta = 3\n{ACME}", "aleta", id="aleta"),
        pytest.param("tenants = 3", "tenants", id="tenants"),
        pytest.param("[tenants]\nacme = 3", "tenants.acme", id="tenant"),
        pytest.param("[[tenants.acme]]", "tenants.acme", id="list of tenants"),
    ],
)
def test_a_section_is_a_section(folder: Path, config: str, path: str) -> None:
    """A value where a section belongs is named as such."""
    error = _error(folder, config)
    assert (error.path, error.expected) == (path, "a section")
    assert f"Write it as [{path}]." in str(error)


@pytest.mark.parametrize("name", ["ACME", "-acme", "_acme", '"a b"', '"a.b"', '"../x"', '""', '"acme\\n"'])
def test_a_tenants_name_is_safe_as_a_folder(folder: Path, name: str) -> None:
    """[a-z0-9][a-z0-9_-]*, so that no name leaves the data folder (rule C3)."""
    error = _error(folder, ACME.replace("acme]", f"{name}]"))
    assert error.path.startswith("tenants.")
    assert error.expected.startswith("a name of a-z")


def test_two_names_that_the_environment_cannot_tell_apart_are_refused(folder: Path) -> None:
    """`a-b` and `a_b` would both be TENANTS__A_B__*."""
    error = _error(folder, ACME.replace("acme]", "a-b]") + ACME.replace("acme]", "a_b]"))
    assert error.path == "tenants.a_b"
    assert "from a-b" in error.expected


@pytest.mark.parametrize("config", ["", "[aleta]", "[tenants]"], ids=["empty", "aleta only", "no tenant in tenants"])
def test_a_config_without_tenants_says_how_to_start(folder: Path, config: str) -> None:
    """There is nothing to sync without a tenant."""
    error = _error(folder, config)
    assert (error.path, error.expected) == ("tenants", "at least one [tenants.NAME]")
    assert "--config" in str(error)


@pytest.mark.parametrize("missing", ["absent", "config"], ids=["folder", "file"])
def test_a_missing_config_says_how_to_start(folder: Path, missing: str) -> None:
    """Neither a missing folder nor a missing file is a traceback."""
    file = folder.parent / missing / "config.toml"
    with pytest.raises(SettingsError, match="--config") as refused:
        load(file.parent, environ={})
    assert refused.value.file == str(file)
    assert "No such file" in str(refused.value)


@pytest.mark.parametrize("name", ["config.toml", "secrets.toml"])
@pytest.mark.parametrize(
    "text", [b"[aleta]\nworkers = = 3\n", b"[aleta]\nburst = 1\nburst = 2\n"], ids=["sign", "twice"]
)
def test_a_slip_in_toml_is_named_by_file_and_line(folder: Path, name: str, text: bytes) -> None:
    """The message leads to the line, and holds nothing of what stands there."""
    _write(folder, ACME, "")
    (folder / name).write_bytes(text)
    with pytest.raises(SettingsError, match=r"line [23]") as refused:
        load(folder, environ={})
    assert (refused.value.file, refused.value.expected) == (str(folder / name), "valid TOML")


def test_a_file_that_is_not_text_is_refused(folder: Path) -> None:
    """TOML is UTF-8."""
    (folder / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="valid TOML"):
        load(folder, environ={})


def test_an_error_shows_no_value_even_to_a_debugger(folder: Path) -> None:
    """S1: the cause, which may quote a value, is not chained to what is shown."""
    error = _error(folder, f'{ACME}publish = ["HIDDEN"]')
    assert error.__suppress_context__
    assert "HIDDEN" not in str(error)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660], ids=oct)
def test_secrets_that_others_may_read_are_warned_of(folder: Path, mode: int) -> None:
    """S1: files with keys are their owner's."""
    _write(folder, ACME, "")
    (folder / "secrets.toml").chmod(mode)
    (warning,) = load(folder, environ={}).warnings
    assert f"chmod 600 {folder / 'secrets.toml'}" in warning


def test_private_secrets_are_not_warned_of(folder: Path) -> None:
    """0600 is as it should be."""
    _write(folder, ACME, "")
    assert stat.S_IMODE((folder / "secrets.toml").stat().st_mode) == 0o600
    assert load(folder, environ={}).warnings == ()


def test_a_key_in_the_shared_file_is_warned_of(folder: Path) -> None:
    """S1: config.toml is made to be shared."""
    _write(folder, f'[tenants.acme]\n{IDENTITY}private_key = "HIDDEN"')
    (warning,) = load(folder, environ={}).warnings
    assert "secrets.toml" in warning
    assert "HIDDEN" not in warning


def test_a_variable_for_no_tenant_is_warned_of(folder: Path) -> None:
    """A shell may serve several folders; a name that fits none here is likely a slip, and said so."""
    _write(folder, ACME)
    (warning,) = load(
        folder, environ={"TENANTS__ACMEE__WORKERS": "3", "TENANT": "x", "ALETA_SYNC_CONFIG": "y"}
    ).warnings
    assert "TENANTS__ACMEE__WORKERS" in warning


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        pytest.param([], ["acme", "beta"], id="none is all"),
        pytest.param(["beta"], ["beta"], id="one"),
        pytest.param(["beta", "acme", "beta"], ["acme", "beta"], id="each once, in the file's order"),
    ],
)
def test_tenants_are_selected_by_name(folder: Path, asked: list[str], got: list[str]) -> None:
    """No name means every tenant."""
    _write(folder, ACME + BETA)
    assert [tenant.name for tenant in load(folder, environ={}).select(asked)] == got


def test_an_unknown_tenant_is_refused(folder: Path) -> None:
    """A tenant that is not configured is a slip, with the nearest name proposed."""
    _write(folder, ACME + BETA)
    with pytest.raises(SettingsError) as refused:
        load(folder, environ={}).select(["acmee"])
    assert (refused.value.path, refused.value.expected) == ("tenants.acmee", "one of acme, beta")
    assert "Did you mean acme?" in str(refused.value)


def test_dlt_finds_its_own_sections(folder: Path, tmp_path: Path) -> None:
    """After `point_dlt_at`, dlt reads DIR/config.toml and DIR/secrets.toml, and its telemetry is off."""
    _write(folder, "[normalize]\nworkers = 7\n", '[destination.any]\npassword = "pw"\n')
    script = dedent("""
        import os, sys
        from pathlib import Path
        from pipelines.settings import point_dlt_at
        assert "dlt" not in sys.modules
        point_dlt_at(Path(sys.argv[1]), os.environ)
        import dlt
        from dlt.common.configuration.resolve import resolve_configuration
        from dlt.common.configuration.specs import RuntimeConfiguration
        runtime = resolve_configuration(RuntimeConfiguration())
        print(dlt.config["normalize.workers"], dlt.secrets["destination.any.password"], runtime.dlthub_telemetry)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, "config"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(SHIPPED.parent), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["7", "pw", "False"]


def test_telemetry_stays_as_the_operator_set_it() -> None:
    """Who asks for telemetry gets it."""
    environ = {"RUNTIME__DLTHUB_TELEMETRY": "true", "RUNTIME__LOG_LEVEL": "INFO"}
    point_dlt_at(Path("/etc/aleta"), environ)
    assert environ == {
        "RUNTIME__DLTHUB_TELEMETRY": "true",
        "RUNTIME__LOG_LEVEL": "INFO",
        "DLT_CONFIG_FOLDER": "/etc/aleta",
    }
