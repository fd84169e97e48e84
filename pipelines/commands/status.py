"""`status`: how fresh and how complete each warehouse is."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Sequence
from datetime import timedelta

import click

from ..invocation.invocation import Invocation, json_option, output, tenants_argument
from ..invocation.tenants import chosen
from ..status.prometheus import metrics
from ..status.standing import run
from ..status.text import text

log = logging.getLogger(__name__)


def _no_nan(_: click.Context, __: click.Parameter, hours: float | None) -> float | None:
    """Refuse what is neither too small nor too large for any range."""
    if hours is not None and math.isnan(hours):
        raise click.BadParameter("nan is no number of hours")
    return hours


@click.command()
@tenants_argument
@click.option(
    "--max-age",
    type=click.FloatRange(0, 1_000_000),
    callback=_no_nan,
    metavar="HOURS",
    help="Exit 1 when a tenant never completed, or not for so many hours.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "prometheus"]),
    default="text",
    show_default=True,
    help="prometheus: for the textfile collector of node_exporter.",
)
@json_option
@click.pass_obj
def command(invocation: Invocation, tenants: Sequence[str], *, max_age: float | None, form: str, as_json: bool) -> None:
    """Freshness, coverage, last runs, quarantined windows; no request is sent."""
    if as_json and form == "prometheus":
        raise click.UsageError("--json and --format prometheus: only one of the two can be printed")
    allowed = None if max_age is None else timedelta(hours=max_age)
    report = run(chosen(invocation, tenants), max_age=allowed)
    for tenant, why in report.failures.items():
        log.error("%s: %s", tenant, why, extra={"tenant": tenant})
    if as_json or form == "json":
        output(report.to_json())
    else:
        output(metrics(report).rstrip("\n") if form == "prometheus" else text(report))
    sys.exit(report.exit)
