"""`check`, a doctor: each line says ok, or what is wrong and what to do."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import click

from sources.aleta.clock import SystemClock
from sources.aleta.safe_text import printable
from sources.aleta.transport.pacing.retry import RetryPolicy

from ..doctor.doctor import run
from ..invocation.invocation import Invocation, json_option, output, stop_on_signals, tenants_argument
from ..report.progress import Screen
from ..run.connect import Connector

IMPATIENT = RetryPolicy(attempts=2, unreachable_for_s=5.0, rate_limited_for_s=30.0)

log = logging.getLogger(__name__)


@click.command()
@tenants_argument
@json_option
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str], *, as_json: bool) -> None:
    """A doctor: config, key, clock, token, API, disk, locks; each line ok, problem, what to do."""
    stop, stopped = stop_on_signals()
    clock = SystemClock(stop)
    screen = Screen(sys.stderr, clock)
    report = run(
        invocation.config,
        tenants,
        Connector(clock=clock, policy=IMPATIENT, shares=False),
        lambda tenant: screen.tenant(tenant.name, requests_per_minute=tenant.requests_per_minute),
        environ=os.environ,
    )
    for finding in report.findings:
        if not finding.ok:
            parts = {"tenant": finding.tenant, "code": finding.what}
            log.error(
                "%s", printable(f"{finding.tenant or 'configuration'}: {finding.what}: {finding.text}"), extra=parts
            )
    output(report.to_json() if as_json else report.text())
    sys.exit(stopped() or report.exit)
