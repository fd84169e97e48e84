"""`keys`: private keys, which are made here and never sent anywhere."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sources.aleta.auth.signer import generate as generate_key

from ..invocation.invocation import fail, output
from ..report.report import Exit
from ..settings import reason_of
from ..warehouse.private_file import make_private_folder


@click.group()
def command() -> None:
    """Private keys."""


@command.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Where the key goes.")
def generate(out: Path) -> None:
    """Make a P-256 private key; the public JWK on stdout is what to send to Aleta."""
    pem, jwk = generate_key()
    try:
        make_private_folder(out.parent)
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(pem)
    except FileExistsError:
        fail(Exit.USAGE, f"{out} exists already: a key is never overwritten. Name another file with --out.")
    except OSError as error:
        fail(Exit.FAILED, f"cannot write {out}: {reason_of(error)}")
    output(jwk)
