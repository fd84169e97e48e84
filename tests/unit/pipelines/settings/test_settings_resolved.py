"""The configuration: what is read from where, and which value wins."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from pipelines.settings import (
    DEFAULTS,
    REQUIRED,
    KeySource,
    TenantSettings,
    load,
)
from tests.unit.pipelines.settings.configs import ACME, BETA, IDENTITY, SHIPPED, tenant_of, write


def test_a_tenant_gets_every_default(folder: Path) -> None:
    """A tenant with an identity and a key needs nothing else: the contract's defaults hold."""
    tenant = tenant_of(folder, ACME)
    assert tenant == TenantSettings(
        name="acme",
        api_url="https://platform.aleta.io",
        auth_url="https://auth.aleta.io",
        audience="https://auth.aleta.io",
        data_dir=folder.parent / "data",
        budget_dir=folder.parent / "data",
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
        read_timeout_s=300,
        max_answer_mb=256,
        tenants_at_once=4,
        keep_windows_days=400,
        writes=False,
        max_removed_share=0.5,
        kid="k1",
        iss="https://acme.example",
        sub="u1",
        key=KeySource(file=folder / "secrets" / "acme.pem"),
    )


def test_tenants_of_one_sub_keep_one_budget_wherever_their_data_are_r4(folder: Path) -> None:
    """R4: that of the first of them in the file; another `sub` has its own."""
    own = BETA.replace("beta]", "gamma]").replace('"u1"', '"u2"')
    write(folder, f'{ACME}data_dir = "/srv/a"\n{BETA}data_dir = "/srv/b"\n{own}data_dir = "/srv/c"\n')
    kept = {tenant.name: f"{tenant.budget_dir}" for tenant in load(folder, environ={}).tenants}
    assert kept == {"acme": "/srv/a", "beta": "/srv/a", "gamma": "/srv/c"}


def test_tenants_of_one_sub_have_the_lowest_of_their_rates_r4(folder: Path) -> None:
    """R4: whoever begins; `0` is no limit, and no rate. Whose rate is lowered is told."""
    own = BETA.replace("beta]", "gamma]").replace('"u1"', '"u2"')
    slow = "requests_per_minute = 100\nburst = 10\n"
    write(folder, f"[aleta]\nrequests_per_minute = 0\n{ACME}{BETA}{slow}{own}")

    settings = load(folder, environ={})

    rates = {tenant.name: (tenant.requests_per_minute, tenant.burst) for tenant in settings.tenants}
    assert rates == {"acme": (100, 10), "beta": (100, 10), "gamma": (0, 300)}
    [told] = settings.warnings
    assert "acme has its sub with other tenants" in told


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
    assert tenant_of(folder, uncommented).key.file == folder / "secrets/acme.pem"
    assert all(f"# {key} =" in secrets for key in ("private_key", "azure_key_vault_key"))


def test_every_key_has_a_rule_that_says_what_is_expected() -> None:
    """No field of a tenant escapes the check."""
    assert {field.name for field in fields(TenantSettings)} == {"name", "key", "budget_dir", *DEFAULTS, *REQUIRED}
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
    assert tenant_of(folder, merged, secrets, **environ).workers == workers


def test_a_default_may_differ_between_tenants(folder: Path) -> None:
    """[aleta] serves all, a tenant's section only itself."""
    write(folder, f"[aleta]\nworkers = 5\n{ACME}workers = 6\n{BETA}")
    assert [tenant.workers for tenant in load(folder, environ={}).tenants] == [6, 5]


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
    tenant = tenant_of(folder, ACME, **{f"TENANTS__ACME__{key}": text})
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
    assert tenant_of(folder, ACME.replace("acme]", f"{name}]"), **{variable: "3"}).workers == 3


def test_the_longest_name_gets_the_variable(folder: Path) -> None:
    """Where one name begins like another, a variable belongs to the one it names in full."""
    write(folder, ACME + ACME.replace("acme]", "acme__b]"))
    tenants = load(folder, environ={"TENANTS__ACME__B__WORKERS": "3"}).tenants
    assert [tenant.workers for tenant in tenants] == [8, 3]


def test_identity_and_key_may_come_from_the_environment(folder: Path) -> None:
    """An empty section is enough where the environment gives the rest."""
    names = {"KID": "k", "ISS": "i", "SUB": "s", "PRIVATE_KEY": "-----BEGIN ..."}
    tenant = tenant_of(folder, "[tenants.acme]", **{f"TENANTS__ACME__{key}": value for key, value in names.items()})
    assert (tenant.kid, tenant.key) == ("k", KeySource(text="-----BEGIN ..."))


def test_a_tenant_may_stand_in_secrets_alone(folder: Path) -> None:
    """Both files may hold any section."""
    assert tenant_of(folder, "", ACME).name == "acme"


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
    assert tenant_of(folder, "[tenants.acme]\n" + IDENTITY, f"[tenants.acme]\n{line}\n").key == KeySource(**key)


def test_a_key_is_never_shown(folder: Path) -> None:
    """S1: neither the settings nor the key source show the key."""
    write(folder, "[tenants.acme]\n" + IDENTITY, '[tenants.acme]\nprivate_key = "HIDDEN"\n')
    settings = load(folder, environ={})
    assert "HIDDEN" not in f"{settings!r} {settings} {settings.tenants[0].key}"
    assert "text=***" in repr(settings)


def test_relative_paths_start_beside_the_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`data` is beside `config`, wherever the program is started from and however the folder is named."""
    write(folder, ACME)
    monkeypatch.chdir(folder)
    for named in (Path(), Path("../config"), folder):
        tenant = load(named, environ={}).tenants[0]
        assert tenant.folder == tmp_path / "data" / "acme"
        assert tenant.key.file == folder / "secrets" / "acme.pem"


def test_a_home_folder_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the operator's home, not a folder of that name."""
    monkeypatch.setenv("HOME", "/home/op")
    assert tenant_of(folder, f'[aleta]\ndata_dir = "~/aleta"\n{ACME}').data_dir == Path("/home/op/aleta")


@pytest.mark.parametrize("day", ["2020-05-06", '"2020-05-06"'], ids=["TOML date", "text"])
def test_a_day_may_be_a_date_or_text(folder: Path, day: str) -> None:
    """TOML knows dates; the contract's example writes text."""
    assert tenant_of(folder, f"{ACME}history_start = {day}").history_start == date(2020, 5, 6)


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
    assert tenant_of(folder, f'{ACME}api_url = "{url}/"').api_url == url


@pytest.mark.parametrize("version", ["v1.4.0", "v1.5.0", "latest"])
def test_a_storage_is_what_duckdb_knows(folder: Path, version: str) -> None:
    """`duckdb_storage` may be any version that DuckDB writes for."""
    assert tenant_of(folder, f'{ACME}duckdb_storage = "{version}"').duckdb_storage == version


def test_an_address_of_a_store_ends_without_a_slash(folder: Path) -> None:
    """The tenant's name comes behind it."""
    config = f'{ACME}publish = ["delta"]\npublish_url = "s3://bucket/aleta/"'
    assert tenant_of(folder, config).publish_url == "s3://bucket/aleta"
