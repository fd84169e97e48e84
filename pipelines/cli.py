"""The commands: parse, call one run, print its report, map it to an exit code. Imports nothing heavy at the top."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from .report import logs
from .report.report import Exit
from .settings import Settings, SettingsError, TenantSettings, load, point_dlt_at

if TYPE_CHECKING:  # these bring dlt and pyarrow: half a second that `--help` need not wait
    from .report.report import Json
    from .run.sync import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the options before the command say."""

    config: Path
    debug: bool


class Guarded(click.Group):
    """A group whose commands never end in a traceback, unless asked for."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:  # before a command listens to signals itself: nothing was begun
            _fail(Exit.SIGINT, "stopped before anything was begun")
        except Exception as error:
            if ctx.params["debug"]:
                raise
            from .run.failures import as_problem  # noqa: PLC0415

            _fail(Exit.FAILED, f"{as_problem(error)}")


@click.group(cls=Guarded, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="aleta-sync")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=lambda: Path(os.environ.get("ALETA_SYNC_CONFIG") or "config"),
    help="Folder with config.toml and secrets.toml.  [default: $ALETA_SYNC_CONFIG, else config]",
)
@click.option("--debug", is_flag=True, help="Log more, and show tracebacks.")
@click.pass_context
def main(context: click.Context, config: Path, *, debug: bool) -> None:
    """Every morning, a warehouse that equals what Aleta's API would say, with proof."""
    os.umask(0o077)  # rule S1: files with data or keys are the owner's only
    logs.set_up(debug=debug, stream=sys.stderr)
    context.obj = Context(config=config, debug=debug)


tenants_argument = click.argument("tenants", nargs=-1, metavar="[TENANT]...")
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, and nothing else.")


@main.command()
@tenants_argument
@json_option
@click.pass_obj
def sync(context: Context, tenants: Sequence[str], *, as_json: bool) -> None:
    """The nightly run: everything new, changed or gone since the last run."""
    chosen = _chosen(context, tenants)
    from .run import sync as runs  # noqa: PLC0415

    with _tools() as (tools, stopped):
        report = runs.run(chosen, tools)
    _print_run(report.to_json(), report, as_json=as_json)
    sys.exit(stopped() or report.exit)


day = click.DateTime(formats=["%Y-%m-%d"])


@main.command()
@click.option("--from", "first", type=day, required=True, help="First day to read.")
@click.option("--to", "last", type=day, required=True, help="Last day to read; it is read too.")
@click.option("--account", "accounts", multiple=True, metavar="ID", help="Only this account; may be given again.")
@click.option("--resource", "resources", multiple=True, metavar="TABLE", help="Only this table; may be given again.")
@tenants_argument
@json_option
@click.pass_obj
def backfill(  # its options
    context: Context,
    tenants: Sequence[str],
    *,
    first: datetime,
    last: datetime,
    accounts: Sequence[str],
    resources: Sequence[str],
    as_json: bool,
) -> None:
    """Read a span again, both ends included."""
    if first > last:
        _fail(Exit.USAGE, f"--from {first:%Y-%m-%d} lies after --to {last:%Y-%m-%d}: swap them")
    chosen = _chosen(context, tenants)
    from sources.aleta.catalogue.catalogue import CATALOGUE  # noqa: PLC0415
    from sources.aleta.planning.windows import Window  # noqa: PLC0415

    for name in resources:
        if name not in CATALOGUE or not CATALOGUE[name].dates:
            dated = ", ".join(one.name for one in CATALOGUE.values() if one.dates)
            _fail(Exit.USAGE, f"--resource {name} has no days to read again: name one of {dated}")

    from .commands import backfill as backfills  # noqa: PLC0415
    from .run import sync as runs  # noqa: PLC0415

    with _tools() as (tools, stopped):
        job = backfills.job(Window(first.date(), last.date()), accounts=accounts, resources=resources)
        report = runs.run(chosen, tools, job=job)
    _print_run(report.to_json(), report, as_json=as_json)
    sys.exit(stopped() or report.exit)


@main.command()
@tenants_argument
@json_option
@click.pass_obj
def plan(context: Context, tenants: Sequence[str], *, as_json: bool) -> None:
    """What sync would do now: accounts, windows, expected requests, minutes at the rate budget."""
    chosen = _chosen(context, tenants)
    from sources.aleta.clock import SystemClock  # noqa: PLC0415

    from .commands import plan as planning  # noqa: PLC0415

    plans = planning.run(chosen, now=SystemClock().now())
    _print(plans.to_json() if as_json else plans.text())
    sys.exit(plans.exit)


@main.command()
@tenants_argument
@click.option("--sample", type=click.IntRange(1), default=20, show_default=True, help="Windows to read of each tenant.")
@click.option("--all", "everything", is_flag=True, help="Read every account's whole history.")
@json_option
@click.pass_obj
def verify(context: Context, tenants: Sequence[str], *, sample: int, everything: bool, as_json: bool) -> None:
    """Read windows again and compare them with the warehouse; changes nothing."""
    chosen = _chosen(context, tenants)
    from .commands import verify as verifying  # noqa: PLC0415

    with _tools() as (tools, stopped):
        verdict = verifying.run(chosen, tools, sample=None if everything else sample)
    _print(verdict.to_json() if as_json else verdict.text())
    sys.exit(stopped() or verdict.exit)


@main.command()
@tenants_argument
@click.pass_obj
def publish(context: Context, tenants: Sequence[str]) -> None:
    """Write the analyst's copy from what is committed."""
    chosen = _chosen(context, tenants)
    from .commands import publish as republish  # noqa: PLC0415

    exits = {Exit.COMPLETE}
    for line, problem in republish.run(chosen):
        _print(line)
        if problem:
            click.echo(f"error: {problem}", err=True)
            exits.add(Exit.FAILED)
    sys.exit(max(exits))


@main.group()
def keys() -> None:
    """Private keys."""


@keys.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Where the key goes.")
def generate(out: Path) -> None:
    """Make a P-256 private key; the public JWK on stdout is what to send to Aleta."""
    from sources.aleta.auth.signer import generate as generate_key  # noqa: PLC0415

    pem, jwk = generate_key()
    try:
        out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(pem)
    except FileExistsError:
        _fail(Exit.USAGE, f"{out} exists already: a key is never overwritten. Name another file with --out.")
    except OSError as error:
        _fail(Exit.FAILED, f"cannot write {out}: {error.strerror}")
    click.echo(json.dumps(jwk))


@main.command()
@tenants_argument
@json_option
@click.pass_obj
def status(context: Context, tenants: Sequence[str], *, as_json: bool) -> None:
    """Freshness, coverage, last runs, quarantined windows; no request is sent."""
    chosen = _chosen(context, tenants)
    from .commands import status as statuses  # noqa: PLC0415

    report = statuses.run(chosen)
    _print(report.to_json() if as_json else report.text())
    sys.exit(report.exit)


@main.command()
@tenants_argument
@click.option("--html", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The page.")
@click.pass_obj
def report(context: Context, tenants: Sequence[str], *, file: Path) -> None:
    """The same as status with charts, as one self-contained page; no request is sent."""
    chosen = _chosen(context, tenants)
    from sources.aleta.clock import SystemClock  # noqa: PLC0415

    from .page import page as html  # noqa: PLC0415

    page = html.run(chosen, now=SystemClock().now())
    for error in page.errors:
        click.echo(f"error: {error}", err=True)
    try:
        page.write(file)
    except OSError as error:
        _fail(Exit.FAILED, f"cannot write {file}: {error.strerror}")
    _print(f"{file} written")
    sys.exit(page.exit)


@main.command()
@tenants_argument
@json_option
@click.pass_obj
def check(context: Context, tenants: Sequence[str], *, as_json: bool) -> None:
    """A doctor: config, key, clock, token, API, disk, locks; each line ok, problem, what to do."""
    point_dlt_at(context.config, os.environ)
    from sources.aleta.clock import SystemClock  # noqa: PLC0415

    from .commands import check as doctor  # noqa: PLC0415
    from .report.progress import Screen  # noqa: PLC0415
    from .run.connect import Connector  # noqa: PLC0415

    stop, stopped = _stop_on_signals()
    clock = SystemClock(stop)
    screen = Screen(sys.stderr, clock)
    report = doctor.run(
        context.config,
        tenants,
        Connector(clock=clock, policy=doctor.IMPATIENT),
        lambda tenant: screen.tenant(tenant.name, requests_per_minute=tenant.requests_per_minute),
        environ=os.environ,
    )
    _print(report.to_json() if as_json else report.text())
    sys.exit(stopped() or report.exit)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any that is free.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--accounts", type=click.IntRange(1), default=40, show_default=True)
@click.option("--rows", type=click.IntRange(0), default=4000, show_default=True, help="Transactions of the tenant.")
def sandbox(port: int, seed: int, accounts: int, rows: int) -> None:
    """Serve the local Aleta; prints one JSON line with its URL and a config folder that points to it."""
    from .commands import demo  # noqa: PLC0415

    demo.serve(port=port, seed=seed, accounts=accounts, rows=rows, stop=_stop_on_signals()[0])


@main.command()
@click.pass_obj
def demo(context: Context) -> None:
    """Start the sandbox, sync it, and show what is in the warehouse."""
    folder = Path("demo")
    from .commands import demo as demonstration  # noqa: PLC0415

    with demonstration.world(folder) as config:
        chosen = _chosen(Context(config=config, debug=context.debug), ())
        from .run import sync as runs  # noqa: PLC0415

        with _tools() as (tools, stopped):
            report = runs.run(chosen, tools)
        _print_run(report.to_json(), report, as_json=False)
        if report.exit is Exit.COMPLETE:
            demonstration.show(folder)
    sys.exit(stopped() or report.exit)


def _chosen(context: Context, names: Sequence[str]) -> Sequence[TenantSettings]:
    """The tenants named, checked before any request; dlt finds its own sections in the same folder."""
    try:
        settings: Settings = load(context.config, environ=os.environ)
        chosen = settings.select(names)
        _check_resources(settings, chosen)
    except SettingsError as error:
        _fail(Exit.USAGE, str(error))
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)
    point_dlt_at(context.config, os.environ)
    return chosen


def _check_resources(settings: Settings, chosen: Sequence[TenantSettings]) -> None:
    from sources.aleta.catalogue.catalogue import CATALOGUE  # noqa: PLC0415

    for tenant in chosen:
        for name in tenant.resources:
            if name != "*" and name not in CATALOGUE:
                raise SettingsError(
                    file=f"{settings.folder / 'config.toml'}",
                    path=f"tenants.{tenant.name}.resources",
                    expected=f"names of tables, not {name!r}",
                    remedy=f"Known are {', '.join(CATALOGUE)}.",
                )


@contextmanager
def _tools() -> Iterator[tuple[Tools, Callable[[], Exit | None]]]:
    """Clock, screen and connections of one command; a signal stops them, and names the exit code."""
    from sources.aleta.clock import SystemClock  # noqa: PLC0415

    from .report.progress import Screen  # noqa: PLC0415
    from .run.connect import Connector  # noqa: PLC0415
    from .run.sync import Tools  # noqa: PLC0415

    stop, stopped = _stop_on_signals()
    clock = SystemClock(stop)
    with Screen(sys.stderr, clock) as screen:
        yield Tools(connect=Connector(clock=clock), screen=screen, clock=clock, stop=stop), stopped


def _stop_on_signals() -> tuple[threading.Event, Callable[[], Exit | None]]:
    """An event that SIGINT and SIGTERM set, and the exit code of the one that came. A second one ends at once."""
    stop = threading.Event()
    came: list[Exit] = []

    def handle(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        came.append(Exit(128 + number))
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    return stop, lambda: came[0] if came else None


def _print_run(document: Json, report: object, *, as_json: bool) -> None:
    if as_json:
        _print(document)
        return
    from .report.report import RunReport  # noqa: PLC0415
    from .report.text import show  # noqa: PLC0415

    assert isinstance(report, RunReport)
    show(report, sys.stdout)


def _print(document: Json | str) -> None:
    click.echo(document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, default=str))


def _fail(code: Exit, message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(code)
