"""`sync`: the nightly run."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ..invocation.invocation import Invocation, clients_option, json_option, output, tenants_argument


@click.command()
@tenants_argument
@clients_option
@json_option
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str], *, clients: Sequence[str], as_json: bool) -> None:
    """The nightly run: everything new, changed or gone since the last run.

    With --client, of these clients alone: what the API lists below their own ids. Their children are clients of their
    own; name them too to have them read. Nothing else is read, marked or removed.
    """
    from ..invocation.stdout import writing
    from ..invocation.tenants import chosen
    from ..invocation.tools import tools
    from ..report.text import show
    from ..run.job import sync_of
    from ..run.sync import run

    settings = chosen(invocation, tenants, keys=True)
    with tools() as (given, stopped):
        report = run(settings, given, job=sync_of(clients))
    if as_json:
        output(report.to_json())
    else:
        with writing() as stdout:
            show(report, stdout)
    sys.exit(stopped() or report.exit)
