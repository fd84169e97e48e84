"""Every way in which a configuration can be wrong, and what is said of it."""

from __future__ import annotations

from json import dumps
from pathlib import Path

import pytest
from dlt.common.configuration.specs import known_sections

from pipelines.settings import (
    DLT_SECTIONS,
    KEY_RULES,
    SettingsError,
    load,
)
from tests.unit.pipelines.settings.configs import ACME, IDENTITY, error_of, tenant_of, write

WRONG = [
    ("api_url", '"http://platform.aleta.io"', "an https:// address", "plain http"),
    ("api_url", '"http://localhost.evil.example"', "an https:// address", "like localhost"),
    ("api_url", '"http://127.0.0.1.evil.example"', "an https:// address", "like loopback"),
    ("api_url", '"http://127.300.1.1"', "an https:// address", "no address of this machine"),
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
    ("publish", '"duckdb"', 'a list of "duckdb", "parquet" and "delta"', "text for a list"),
    ("publish", '["csv"]', 'a list of "duckdb", "parquet" and "delta"', "unknown copy"),
    ("publish", "[1]", 'a list of "duckdb", "parquet" and "delta"', "list of numbers"),
    ("publish_url", '"https://bucket/x"', "an address s3://…, az://… or gs://…", "not an object store"),
    ("publish_url", '"s3://key:secret@bucket"', "an address s3://…, az://… or gs://…", "credentials of a store"),
    ("publish_url", '"s3://"', "an address s3://…, az://… or gs://…", "no bucket"),
    ("duckdb_storage", '"v1.99.0"', "a version that DuckDB knows", "unknown version"),
    ("duckdb_storage", '"1.0.0"', "a version that DuckDB knows", "version without a v"),
    ("duckdb_storage", "1.0", "a version that DuckDB knows", "number for a version"),
    ("duckdb_storage", '"v1.0.0\'); DROP TABLE x"', "a version that DuckDB knows", "SQL for a version"),
    ("resources", "[]", "a list of tables", "empty list"),
    ("resources", '[""]', "a list of tables", "blank name"),
    ("history_start", '"2020-02-30"', "a day from 1900-01-01 to 2099-12-31", "no such day"),
    ("history_start", "1899-12-31", "a day from 1900-01-01 to 2099-12-31", "too early"),
    ("history_start", '"2100-01-01"', "a day from 1900-01-01 to 2099-12-31", "too late"),
    ("history_start", '"2099-01-01"', "a day that has come", "in the future"),
    ("history_start", "2020-01-01T00:00:00Z", "a day from 1900-01-01 to 2099-12-31", "instant"),
    ("history_start", '"01/02/2020"', "a day from 1900-01-01 to 2099-12-31", "other notation"),
    ("look_back_days", "-1", "a number of days, 0 to 36500", "negative"),
    ("look_ahead_days", "36501", "a number of days, 0 to 36500", "beyond a century"),
    ("reverify_days", "1.0", "a number of days, 0 to 36500", "float"),
    ("max_window_days", "true", "a number of days, 0 to 36500", "boolean for days"),
    ("read_timeout_s", "0", "a number of seconds, 1 to 86400", "no time at all"),
    ("read_timeout_s", "1.5", "a number of seconds, 1 to 86400", "part of a second"),
    ("max_answer_mb", "0", "a number of megabytes, 1 to 65536", "no size at all"),
    ("max_answer_mb", '"256"', "a number of megabytes, 1 to 65536", "size as text"),
    ("requests_per_minute", "-1", "a whole number, 0 or more", "negative rate"),
    ("row_cap", '"0"', "a whole number, 0 or more", "text for a number"),
    ("burst", "0", "a whole number, 1 or more", "no burst"),
    ("workers", "0", "a whole number, 1 to 1000", "no worker"),
    ("workers", "true", "a whole number, 1 to 1000", "boolean for a number"),
    ("workers", "99999999999999999999999", "a whole number, 1 to 1000", "more threads than there are"),
    ("keep_windows_days", "-1", "a number of days, 0 to 36500", "negative days"),
    ("writes", "1", "true or false", "number for a boolean"),
    ("writes", '"yes"', "true or false", "text for a boolean"),
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
    error = error_of(folder, config)
    assert (error.file, error.path) == (str(folder / "config.toml"), f"{section}.{key}")
    assert expected in error.expected
    assert all(part in str(error) for part in (error.file, error.path, error.expected, "Correct it there."))


@pytest.mark.parametrize(
    ("data_dir", "publish", "refused"),
    [
        pytest.param("100% a", "duckdb", True, id="dlt fills it in"),
        pytest.param("a?b", "duckdb", True, id="DuckDB takes it for a query"),
        pytest.param("a\\b", "duckdb", True, id="DuckDB takes it for a slash"),
        pytest.param("data [prod]", "delta", True, id="delta-rs takes it for part of an address"),
        pytest.param("data [prod]", "duckdb", False, id="which nobody asks"),
        pytest.param("my data's 'é' {a} #1 *", "delta", False, id="all else"),
    ],
)
def test_a_folder_that_libraries_read_otherwise_is_refused(folder: Path, data_dir, publish, refused) -> None:
    """Before anything is read: the night would end in their words."""
    config = f'[aleta]\ndata_dir = {dumps(data_dir)}\npublish = ["{publish}"]\n{ACME}'
    if not refused:
        assert tenant_of(folder, config).data_dir.name == data_dir
        return
    error = error_of(folder, config)
    assert error.path == "tenants.acme.data_dir"
    assert error.expected.startswith("a path without any of % ?")


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
    error = error_of(folder, ACME, **{f"ALETA__{key.upper()}": text})
    assert (error.file, error.path) == (f"environment variable ALETA__{key.upper()}", f"aleta.{key}")
    assert error.expected in str(error)


def test_a_wrong_value_is_refused_though_another_wins(folder: Path) -> None:
    """Every value that was written is checked, not only the one that counts."""
    assert error_of(folder, f"{ACME}workers = 0", TENANTS__ACME__WORKERS="3").path == "tenants.acme.workers"


@pytest.mark.parametrize("key", ["kid", "iss", "sub"])
@pytest.mark.parametrize(
    "value", ["3", '""', '" "', dumps("a\0b"), dumps("a\n")], ids=["number", "empty", "blank", "NUL", "two lines"]
)
def test_an_identity_is_text(folder: Path, key: str, value: str) -> None:
    """Kid, iss and sub are texts that say something, on one line."""
    config = "\n".join(f"{key} = {value}" if line.startswith(key) else line for line in ACME.splitlines())
    assert error_of(folder, config).path == f"tenants.acme.{key}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("private_key", "3", id="number"),
        pytest.param("private_key", '""', id="empty text"),
        pytest.param("private_key_file", '""', id="empty path"),
        pytest.param("private_key_file", dumps("a\0b"), id="NUL in a path"),
        pytest.param("azure_key_vault_key", '"http://localhost/keys/k"', id="vault over http"),
        pytest.param("azure_key_vault_key", '"https://v.vault.azure.net/secrets/k"', id="vault's secret"),
    ],
)
def test_a_key_source_is_checked(folder: Path, key: str, value: str) -> None:
    """A key source that cannot be one is found before any request."""
    error = error_of(folder, f"[tenants.acme]\n{IDENTITY}{key} = {value}")
    assert (error.path, error.expected) == (f"tenants.acme.{key}", KEY_RULES[key].__metadata__[-1].description)


@pytest.mark.parametrize("key", ["kid", "iss", "sub"])
def test_a_missing_identity_is_named(folder: Path, key: str) -> None:
    """Nothing is guessed: the section, the key and what it is."""
    config = "\n".join(line for line in ACME.splitlines() if not line.startswith(key))
    error = error_of(folder, config)
    assert (error.file, error.path) == (str(folder / "config.toml"), f"tenants.acme.{key}")
    assert "add it to [tenants.acme]" in str(error)
    assert error.expected in str(error)


def test_a_missing_key_source_is_named(folder: Path) -> None:
    """The message lists the three sources, and how to make a key."""
    error = error_of(folder, f"[tenants.acme]\n{IDENTITY}")
    assert (error.file, error.path) == (str(folder / "config.toml"), "tenants.acme")
    assert all(word in str(error) for word in (*KEY_RULES, "keys generate"))


def test_two_key_sources_are_refused(folder: Path) -> None:
    """The message says where each of the two stands."""
    error = error_of(folder, ACME, TENANTS__ACME__PRIVATE_KEY="HIDDEN")
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
    error = error_of(folder, config)
    assert (error.file, error.path) == (str(folder / "config.toml"), path)
    assert meant in str(error)


def test_an_unknown_variable_is_refused(folder: Path) -> None:
    """A slip in the environment is as bad as one in a file."""
    error = error_of(folder, ACME, TENANTS__ACME__LOOKBACK_DAYS="3")
    assert (error.file, error.path) == (
        "environment variable TENANTS__ACME__LOOKBACK_DAYS",
        "tenants.acme.lookback_days",
    )
    assert "Did you mean look_back_days?" in str(error)


def test_nothing_is_proposed_where_nothing_is_near(folder: Path) -> None:
    """A proposal that is far off helps no one."""
    assert "Did you mean" not in str(error_of(folder, f"{ACME}zzz = 3"))


@pytest.mark.parametrize("section", sorted({
    name for word, name in vars(known_sections).items() if word.isupper()
} | {"pipeline", "runtime"}))  # fmt: skip
def test_dlts_own_sections_are_left_to_dlt(folder: Path, section: str) -> None:
    """Every section that dlt reads may stand in the same files, with anything in it."""
    assert section in DLT_SECTIONS
    assert tenant_of(folder, f"[{section}.any]\nthing = 3\n{ACME}").name == "acme"


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
    error = error_of(folder, config)
    assert (error.path, error.expected) == (path, "a section")
    assert f"Write it as [{path}]." in str(error)


@pytest.mark.parametrize("name", ["ACME", "-acme", "_acme", '"a b"', '"a.b"', '"../x"', '""', '"acme\\n"'])
def test_a_tenants_name_is_safe_as_a_folder(folder: Path, name: str) -> None:
    """[a-z0-9][a-z0-9_-]*, so that no name leaves the data folder (rule C3)."""
    error = error_of(folder, ACME.replace("acme]", f"{name}]"))
    assert error.path.startswith("tenants.")
    assert error.expected.startswith("a name of a-z")


def test_two_names_that_the_environment_cannot_tell_apart_are_refused(folder: Path) -> None:
    """`a-b` and `a_b` would both be TENANTS__A_B__*."""
    error = error_of(folder, ACME.replace("acme]", "a-b]") + ACME.replace("acme]", "a_b]"))
    assert error.path == "tenants.a_b"
    assert "from a-b" in error.expected


@pytest.mark.parametrize("config", ["", "[aleta]", "[tenants]"], ids=["empty", "aleta only", "no tenant in tenants"])
def test_a_config_without_tenants_says_how_to_start(folder: Path, config: str) -> None:
    """There is nothing to sync without a tenant."""
    error = error_of(folder, config)
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
    write(folder, ACME, "")
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
    error = error_of(folder, f'{ACME}publish = ["HIDDEN"]')
    assert error.__suppress_context__
    assert "HIDDEN" not in str(error)


def test_what_the_process_shares_goes_under_aleta(folder: Path) -> None:
    """`tenants_at_once` is no tenant's own; the message says where it goes, in a file and in the environment."""
    error = error_of(folder, f"{ACME}tenants_at_once = 2\n")
    assert error.path == "tenants.acme.tenants_at_once"
    assert "It goes under [aleta]." in str(error)
    assert "a whole number, 1 to 1000" in error_of(folder, f"[aleta]\ntenants_at_once = 0\n{ACME}").expected
