"""`sandbox`: a local Aleta to try things with."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from ..invocation.invocation import fail, output, stop_on_signals
from ..report.report import Exit


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any that is free.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--accounts", type=click.IntRange(1), default=40, show_default=True)
@click.option("--rows", type=click.IntRange(0), default=4000, show_default=True, help="Transactions of the tenant.")
@click.option(
    "--profile",
    type=click.Choice(["hostile", "ordinary"]),
    default="hostile",
    show_default=True,
    help="ordinary: names, days and amounts as a real office has them.",
)
def command(port: int, seed: int, accounts: int, rows: int, profile: str) -> None:
    """Serve the local Aleta; prints one JSON line with its URL and a config folder that points to it."""
    from sandbox import Sandbox, SandboxSettings, announce

    stop, stopped = stop_on_signals()
    settings = SandboxSettings(seed=seed, accounts=accounts, rows=rows, ordinary=profile == "ordinary")
    try:
        made = Sandbox(settings, port=port)
    except OSError as error:
        fail(Exit.FAILED, f"cannot listen on 127.0.0.1:{port} ({error.strerror or error}): name another with --port")
    with made as box:
        config = box.write_config(Path(tempfile.mkdtemp(prefix="aleta-sandbox-")) / "config")
        output(announce(box, config))
        stop.wait()
    sys.exit(stopped())
