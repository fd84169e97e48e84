"""`verify`: reads windows again and compares them with the warehouse."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import click
from click.core import ParameterSource

from ..invocation.invocation import Invocation, clients_option, json_option, output, tenants_argument
from ..invocation.tenants import chosen
from ..invocation.tools import tools
from ..verification.verify import run


@click.command()
@tenants_argument
@click.option("--sample", type=click.IntRange(1), default=20, show_default=True, help="Windows to read of each table.")
@click.option("--all", "everything", is_flag=True, help="Read every account's whole history.")
@clients_option
@click.option("--track", type=click.Choice(["v1", "v2"]), help="Read that track, whatever `track` says.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    tenants: Sequence[str],
    *,
    sample: int,
    everything: bool,
    clients: Sequence[str],
    track: Literal["v1", "v2"] | None,
    as_json: bool,
) -> None:
    """Read windows again and compare them with the warehouse; changes nothing."""
    if everything and click.get_current_context().get_parameter_source("sample") is not ParameterSource.DEFAULT:
        raise click.UsageError("--all reads whole histories, --sample some windows: name one of them.")
    settings = [replace(tenant, track=track or tenant.track) for tenant in chosen(invocation, tenants, keys=True)]
    with tools() as (given, stopped):
        verdict = run(settings, given, sample=None if everything else sample, clients=clients)
    output(verdict.to_json() if as_json else verdict.text())
    sys.exit(stopped() or verdict.exit)
