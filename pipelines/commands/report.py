"""`report`: how each tenant stands, as one HTML page."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from sources.aleta.clock import SystemClock

from ..invocation.invocation import Invocation, fail, output, tenants_argument
from ..invocation.tenants import chosen
from ..page.page import run
from ..report.report import Exit
from ..settings import reason_of

log = logging.getLogger(__name__)


@click.command()
@tenants_argument
@click.option(
    "--html",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    required=True,
    help="The page, in a folder that is there.",
)
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str], *, file: Path) -> None:
    """The same as status with charts, as one self-contained page; no request is sent."""
    if not file.parent.is_dir():
        fail(Exit.USAGE, f"cannot write {file}: there is no folder {file.parent}; make it first, or name another file")
    page = run(chosen(invocation, tenants), now=SystemClock().now())
    for error in page.errors:
        log.error("%s", error)
    try:
        page.write(file)
    except OSError as error:
        fail(Exit.FAILED, f"cannot write {file}: {reason_of(error)}")
    output(f"{file} written")
    sys.exit(page.exit)
