"""Mistakes in the configuration: exit 2, the file and the place in it, before any request."""

from __future__ import annotations

import pytest


@pytest.mark.long
def test_files_with_a_byte_order_mark_are_read(program):
    """As some editors write them, by us and by dlt."""
    program.cold = True  # dlt notes as it is imported where its files are
    for name in ("config.toml", "secrets.toml"):
        file = program.config / name
        text = file.read_text() if file.exists() else "[normalize]\nstart_new_jobs_on_signal = false\n"
        file.write_text(text, encoding="utf-8-sig")

    program.sync()

    assert program.differences() == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("[aleta]", "[aleta]\nlookback_days = 3", "aleta.lookback_days", id="unknown-key"),
        pytest.param("[aleta]", '[aleta]\nworkers = "many"', "aleta.workers: expected a whole number", id="type"),
        pytest.param("[aleta]", "[alta]", "alta", id="unknown-section"),
        pytest.param('iss = "iss-acme"', "", "tenants.acme.iss", id="missing-value"),
        pytest.param(
            'iss = "iss-acme"',
            'iss = "iss-acme"\nazure_key_vault_key = "https://v.vault.azure.net/keys/a"',
            "tenants.acme: expected one of private_key",
            id="two-keys",
        ),
        pytest.param('"transactions"]', '"transaction"]', "config.toml: aleta.resources: expected", id="unknown-table"),
        pytest.param("[tenants.acme]", "[tenants.Acme]", "tenants.Acme", id="tenant-name"),
        pytest.param("[aleta]", "[aleta", "valid TOML", id="no-toml"),
        pytest.param('api_url = "http://127.0.0.1', 'api_url = "http://10.0.0.1', "aleta.api_url", id="plain-http-s1"),
    ],
)
def test_a_configuration_mistake_is_named_before_any_request(program, old, new, expected):
    """Exit 2: the file, the path in it and what was expected; nothing was sent and nothing written."""
    program.rewrite(old, new)

    ended = program.run("sync", "--json")

    assert (ended.exit, ended.out) == (2, "")
    [line] = ended.err.splitlines()
    assert " ERROR " in line
    assert f"{program.config / 'config.toml'}" in ended.err
    assert expected in ended.err
    assert "expected" in ended.err
    assert program.box.requests == []
    assert not (program.folder / "data").exists()


@pytest.mark.parametrize(
    ("section", "said"),
    [
        pytest.param("", "its credentials are missing or incomplete", id="none"),
        pytest.param('credentials = "sqlite:///x.db"', "cannot hold secret values", id="in-the-wrong-file"),
    ],
)
def test_a_destination_without_credentials_is_a_configuration_mistake(start, section, said):
    """Exit 2 before any request: the key, what is wrong, and where they belong."""
    program = start(aleta={"destination": "sqlalchemy"})
    program.cold = True  # dlt notes as it is imported where its files are
    file = program.config / "config.toml"
    file.write_text(f"{file.read_text()}\n[destination.sqlalchemy]\n{section}\n")

    ended = program.run("sync", "--json")

    assert (ended.exit, ended.out) == (2, "")
    assert said in ended.err
    assert "config.toml: aleta.destination: expected a destination" in ended.err
    assert "secrets.toml, as [destination.sqlalchemy.credentials]" in ended.err
    assert program.box.requests == []


def test_an_address_whose_host_is_part_of_a_password_is_a_configuration_mistake(start):
    """S1: its driver would name it in each message."""
    program = start(aleta={"destination": "postgres"})
    program.cold = True
    address = "postgresql://loader:s3cr@tTail@127.0.0.1:1/x"

    ended = program.run("sync", "--json", DESTINATION__POSTGRES__CREDENTIALS=address)

    assert ended.exit == 2
    assert "Write the @ of a password as %40" in ended.err
    assert "tTail" not in ended.err


def test_a_folder_without_a_configuration_is_named(program):
    """Exit 2, where it was looked for, and how to begin."""
    ended = program.run("--config", "nowhere", "sync", config=False)

    assert ended.exit == 2
    assert f"{program.folder / 'nowhere' / 'config.toml'}" in ended.err


def test_an_unknown_tenant_is_named_with_those_there_are(program):
    """Exit 2, and what was probably meant."""
    ended = program.run("sync", "acne")

    assert ended.exit == 2
    assert "one of acme" in ended.err
    assert "Did you mean acme?" in ended.err
    assert program.box.requests == []


def test_a_mistake_in_the_environment_is_named_by_its_variable(program):
    """The environment overrides the files, and is checked as they are."""
    ended = program.run("sync", ALETA__WORKERS="many")

    assert ended.exit == 2
    assert "environment variable ALETA__WORKERS" in ended.err
    assert "many" not in ended.err.replace("how many", "")


def test_the_environment_overrides_the_files(program):
    """`TENANTS__ACME__PRIVATE_KEY` may hold the key, and `ALETA__RESOURCES` what to read."""
    pem = (program.config / "secrets" / "acme.pem").read_text()
    program.rewrite('private_key_file = "secrets/acme.pem"', "")

    ended = program.run(
        "sync", "--json", TENANTS__ACME__PRIVATE_KEY=pem, ALETA__RESOURCES="users", ALETA_SYNC_CONFIG="elsewhere"
    )

    assert ended.exit == 0
    assert ended.tenant()["resources"].keys() == {"clients", "users"}
