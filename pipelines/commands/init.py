"""`init`: a configuration to begin with, and a tenant's key; what is there already stays as it is."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import click

from sources.aleta.auth.signer import LocalSigner
from sources.aleta.auth.signer import generate as generate_key
from sources.aleta.errors import KeyUnusableError

from ..report.report import Exit
from ..settings import TENANT_NAME, reason_of, section, template
from ..settings.template import GITIGNORE
from .invocation import Invocation, fail, output


@click.command()
@click.option("--tenant", metavar="NAME", default="", help="Also a section and a key for this tenant.")
@click.pass_obj
def command(invocation: Invocation, tenant: str) -> None:
    """A commented config.toml, .gitignore and a tenant's key, in the folder that --config names."""
    if tenant and not TENANT_NAME.fullmatch(tenant):
        fail(Exit.USAGE, f"--tenant {tenant}: expected a name of a-z, 0-9, - and _, not led by - or _")
    folder = invocation.config
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_new = _make(folder / "config.toml", template(tenant))
        _make(folder / ".gitignore", GITIGNORE)
        jwk = _key(folder / "secrets" / f"{tenant}.pem") if tenant else None
    except OSError as error:
        fail(Exit.FAILED, f"cannot write {error.filename or folder}: {reason_of(error)}")
    except (KeyUnusableError, UnicodeDecodeError) as error:
        fail(Exit.USAGE, f"{folder / 'secrets' / f'{tenant}.pem'} is there already and is no key: {error}")
    output(_steps(folder, tenant, jwk, is_new=is_new))


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
    return LocalSigner.parse(file.read_text(), key_id="").public_jwk


def _steps(folder: Path, tenant: str, jwk: dict[str, str] | None, *, is_new: bool) -> str:
    program = f"aleta-sync --config {shlex.quote(f'{folder}')}"
    if not jwk:
        return "\n".join([
            "\nNext:",
            f"  1. {program} init --tenant NAME  (makes a key, and shows its section)",
            f"  2. put that section into {folder / 'config.toml'}, with what Aleta tells you",
            f"  3. {program} check, then {program} sync",
        ])  # fmt: skip
    place = f"fill in kid, iss and sub, as Aleta tells you them, in {folder / 'config.toml'}"
    shown = "" if is_new else f", where this section belongs unless it is there:\n\n{section(tenant)}"
    return "\n".join([
        "\nThe public key:",
        json.dumps(jwk),
        "\nNext:",
        "  1. send the line above to Aleta (it is the public half; the file never leaves this machine)",
        f"  2. {place}{shown}",
        f"  3. {program} check, then {program} sync",
    ])  # fmt: skip
