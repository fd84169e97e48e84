"""`plan`: what `sync` would do now."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import click

from sources.aleta.clock import SystemClock

from ..estimate.estimate import run
from ..invocation.invocation import Invocation, json_option, output, tenants_argument
from ..invocation.tenants import chosen
from ..settings import load

log = logging.getLogger(__name__)


@click.command()
@tenants_argument
@json_option
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str], *, as_json: bool) -> None:
    """What sync would do now: accounts, windows, expected requests, minutes at the rate budget."""
    named = chosen(invocation, tenants, keys=True)
    everyone = load(invocation.config, environ=os.environ).tenants
    plans = run(named, others=everyone, now=SystemClock().now())
    for plan in plans.tenants:
        if plan.error:
            log.error("%s: %s", plan.tenant, plan.error, extra={"tenant": plan.tenant})
    output(plans.to_json() if as_json else plans.text())
    sys.exit(plans.exit)
