"""`plan`: what `sync` would do now."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from sources.aleta.clock import SystemClock

from .forecast import run
from .invocation import Invocation, json_option, output, tenants_argument
from .tenants import chosen


@click.command()
@tenants_argument
@json_option
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str], *, as_json: bool) -> None:
    """What sync would do now: accounts, windows, expected requests, minutes at the rate budget."""
    plans = run(chosen(invocation, tenants), now=SystemClock().now())
    output(plans.to_json() if as_json else plans.text())
    sys.exit(plans.exit)
