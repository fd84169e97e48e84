"""`sandbox`: a local Aleta to try things with."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from ..invocation.invocation import output, stop_on_signals


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

    stop, _ = stop_on_signals()
    settings = SandboxSettings(seed=seed, accounts=accounts, rows=rows, ordinary=profile == "ordinary")
    with Sandbox(settings, port=port) as box:
        config = box.write_config(Path(tempfile.mkdtemp(prefix="aleta-sandbox-")) / "config")
        output(announce(box, config))
        stop.wait()
