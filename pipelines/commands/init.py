"""`init`: a configuration to begin with, and a tenant's key; what is there already stays as it is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from sources.aleta.auth.signer import LocalSigner
from sources.aleta.auth.signer import generate as generate_key
from sources.aleta.errors import KeyUnusableError

from ..invocation.invocation import Invocation, fail, output
from ..program import command as called
from ..report.report import Exit
from ..settings import TENANT_NAME, has_section, reason_of, section, template
from ..settings.template import GITIGNORE


@click.command()
@click.option("--tenant", metavar="NAME", help="Also a section and a key for this tenant.")
@click.pass_obj
def command(invocation: Invocation, tenant: str | None) -> None:
    """A commented config.toml, .gitignore and a tenant's key, in the folder that --config names."""
    if tenant is not None and not TENANT_NAME.fullmatch(tenant):
        fail(Exit.USAGE, f"--tenant {tenant}: expected a name of a-z, 0-9, - and _, not led by - or _")
    folder, tenant = invocation.config, tenant or ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make(folder / "config.toml", template(tenant))
        _make(folder / ".gitignore", GITIGNORE)
        jwk = _key(folder / "secrets" / f"{tenant}.pem") if tenant else None
    except OSError as error:
        fail(Exit.FAILED, f"cannot write {error.filename or folder}: {reason_of(error)}")
    except (KeyUnusableError, UnicodeDecodeError) as error:
        fail(Exit.USAGE, f"{folder / 'secrets' / f'{tenant}.pem'} is there already and is no key: {error}")
    output(_steps(folder / "config.toml", tenant, jwk))


def _make(file: Path, text: str) -> bool:
    """Write a file that is not there yet, and say which it was; whether it was made."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        output(f"{file} is there already: left as it is")
        return False
    output(f"{file} written")
    return True


def _key(file: Path) -> dict[str, str]:
    """The public half of the key in *file*, which is made where there is none."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    pem, jwk = generate_key()
    if _make(file, pem):
        return jwk
    try:
        there = file.read_text()
    except OSError as error:  # a configuration error as it is for every other command, and nothing that was written
        fail(Exit.USAGE, f"{file} is there already and cannot be read: {reason_of(error)}")
    return LocalSigner.parse(there, key_id="").public_jwk


def _steps(config: Path, tenant: str, jwk: dict[str, str] | None) -> str:
    last = f"  3. {called('check')}, then {called('sync')}"
    if not jwk:
        return "\n".join([
            "\nNext:",
            f"  1. {called('init --tenant NAME')}  (makes a key, and shows its section)",
            f"  2. put that section into {config}, with what Aleta tells you",
            last,
        ])  # fmt: skip
    return "\n".join([
        "\nThe public key:",
        json.dumps(jwk),
        "\nNext:",
        "  1. send the line above to Aleta (it is the public half; the file never leaves this machine)",
        f"  2. {_to_fill_in(config, tenant)}",
        last,
    ])  # fmt: skip


def _to_fill_in(config: Path, tenant: str) -> str:
    if has_section(config, tenant):
        return f"fill in kid, iss and sub, as Aleta tells you them, in [tenants.{tenant}] of {config}"
    return f"put this section into {config}, with kid, iss and sub as Aleta tells you them:\n\n{section(tenant)}"
