"""`status`: how fresh and how complete each warehouse is."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ..status.standing import run
from .invocation import Invocation, json_option, output, tenants_argument
from .tenants import chosen


@click.command()
@tenants_argument
@json_option
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str], *, as_json: bool) -> None:
    """Freshness, coverage, last runs, quarantined windows; no request is sent."""
    report = run(chosen(invocation, tenants))
    output(report.to_json() if as_json else report.text())
    sys.exit(report.exit)
