"""`init`: from an empty folder to a sync, and nothing that is there is touched."""

from __future__ import annotations

import json
import re
import stat
import tomllib
from dataclasses import replace

import pytest

from pipelines.settings import DEFAULTS, load, template
from pipelines.settings.template import GITIGNORE
from tests.documented import ROOT


def jwk_of(out: str) -> dict[str, str]:
    [line] = [line for line in out.splitlines() if line.startswith("{")]
    return json.loads(line)


def test_from_an_empty_folder_to_a_sync(program):
    """As the three steps say: the key goes to Aleta, kid, iss and sub come back, and check and sync work."""
    known = program.known()
    program.cold = True
    folder = program.folder / "fresh" / "config"

    made = program.run("--config", f"{folder}", "init", "--tenant", "acme", config=False)

    key = folder / "secrets" / "acme.pem"
    assert made.exit == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert all(f"  {step}. " in made.out for step in (1, 2, 3))
    assert key.read_text().splitlines()[1] not in made.out
    ignored = (folder / ".gitignore").read_text().splitlines()
    assert {"/secrets/", "/secrets.toml"} <= set(ignored)

    incomplete = program.run("--config", f"{folder}", "check", config=False)
    assert incomplete.exit == 2
    assert "tenants.acme.kid" in incomplete.out

    registered = program.box._issuer.registered
    registered["kid-acme"] = replace(registered["kid-acme"], jwk=jwk_of(made.out))
    config = folder / "config.toml"
    text = config.read_text()
    for name in ("kid", "iss", "sub"):
        text = re.sub(rf'^{name} = ""', f'{name} = "{known[name]}"', text, flags=re.MULTILINE)
    theirs = tomllib.loads((program.config / "config.toml").read_text())["aleta"]
    for name in ("api_url", "auth_url", "audience"):
        text = re.sub(rf"^# {name} = .*$", f'{name} = "{theirs[name]}"', text, flags=re.MULTILINE)
    config.write_text(text)

    assert program.run("--config", f"{folder}", "check", config=False).exit == 0
    few = {"ALETA__RESOURCES": "users"}
    assert program.run("--config", f"{folder}", "sync", config=False, **few).exit == 0
    assert (folder.parent / "data" / "acme" / "warehouse.duckdb").exists()


def test_init_overwrites_nothing(program):
    """Every byte of what is there stays; the JWK is that of the key that is there."""
    folder = program.folder / "mine"
    first = program.run("--config", f"{folder}", "init", "--tenant", "acme", config=False)
    (folder / "config.toml").write_text("# mine\n")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    again = program.run("--config", f"{folder}", "init", "--tenant", "acme", config=False)

    assert again.exit == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert jwk_of(again.out) == jwk_of(first.out)
    assert 'private_key_file = "secrets/acme.pem"' in again.out  # its section, which is not there
    assert again.out.count("left as it is") == 3


@pytest.mark.parametrize("name", ["", "Acme", "../acme", "-acme", "a b"])
def test_a_tenant_needs_a_name_that_can_be_a_folder(program, name):
    """Exit 2, and nothing is made."""
    ended = program.run("--config", "mine", "init", f"--tenant={name}", config=False)

    assert ended.exit == 2
    assert not (program.folder / "mine").exists()


def test_a_key_that_cannot_be_read_is_a_configuration_error(program, tmp_path):
    """Exit 2, as `sync` has it, and no word of writing."""
    key = tmp_path / "new" / "secrets" / "acme.pem"
    key.mkdir(parents=True)

    ended = program.run("--config", f"{tmp_path / 'new'}", "init", "--tenant", "acme", config=False)

    assert ended.exit == 2
    assert f"{key} is there already and cannot be read: Is a directory" in ended.err


def test_the_new_configuration_says_every_default_as_it_is(tmp_path):
    """Each commented line can be uncommented, and changes nothing."""
    text = template("acme").replace('= ""', '= "x"').replace('publish_url = "x"', 'publish_url = ""')
    plain, full = tmp_path / "plain", tmp_path / "full"
    for folder, content in ((plain, text), (full, re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE))):
        folder.mkdir()
        (folder / "config.toml").write_text(content)

    [before], [after] = load(plain, environ={}).tenants, load(full, environ={}).tenants

    assert replace(before, key=after.key) == after
    assert all(f"# {name} = " in text for name in DEFAULTS)


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        pytest.param("[tenants.acme]\n", False, id="there"),
        pytest.param("[tenants.bolt]\n", True, id="another tenant's"),
        pytest.param("# [tenants.acme]\n", True, id="commented out"),
        pytest.param("[tenants.acme", True, id="no TOML"),
    ],
)
def test_the_section_is_shown_only_where_it_is_missing(program, there, shown):
    """Pasted a second time, it would be a mistake: TOML has no section twice."""
    folder = program.folder / "mine"
    folder.mkdir()
    (folder / "config.toml").write_text(there)

    ended = program.run("--config", f"{folder}", "init", "--tenant", "acme", config=False)

    assert ended.exit == 0
    assert ('kid = ""' in ended.out) is shown
    assert f"  2. {'put this section into' if shown else 'fill in kid, iss and sub'}" in ended.out
    assert f"  3. aleta-sync --config {folder} check, then aleta-sync --config {folder} sync\n" in ended.out


def test_init_in_the_clone_leaves_nothing_for_git():
    """Of what it writes into the folder that is shipped, all but `config.toml`, which is git's already."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"config/.gitignore", *(f"config{line}" for line in GITIGNORE.splitlines()[1:])} <= set(ignored)
