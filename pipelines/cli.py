"""The click group: knows the commands by name, and imports a command's module when it is called."""

from __future__ import annotations

import importlib
import os
import resource
import signal
import sys
from pathlib import Path

import click
from click.core import ParameterSource

from . import program
from .invocation.invocation import Invocation, fail
from .invocation.usage import refuse
from .report import logs
from .report.report import OUT_OF_MEMORY, Exit
from .settings import did_you_mean, point_dlt_at

COMMANDS = {
    "init": "A configuration to begin with, and a tenant's key.",
    "sync": "The nightly run: everything new, changed or gone since the last run.",
    "backfill": "Read a span again, both ends included.",
    "plan": "What sync would do now: windows, expected requests, minutes.",
    "verify": "Read windows again and compare them with the warehouse.",
    "status": "Freshness, coverage, last runs, quarantined windows.",
    "report": "The same as status with charts, as one HTML page.",
    "publish": "Write the analyst's copy from what is committed.",
    "check": "A doctor: config, key, clock, token, API, disk, locks.",
    "upload": "Send a file of historical holdings to Aleta, or delete what was sent.",
    "keys": "Private keys.",
    "serve": "Receive webhooks, and sync the clients they name.",
    "sandbox": "Serve a local Aleta to try things with.",
    "demo": "Start the sandbox, sync it, and show what is there.",
}
"""In the order of the help, which is shown without importing any of them."""
LEAST_MEMORY = 1400 << 20  # bytes of address space: a small sync takes that much, most of which it never touches


class Guarded(click.Group):
    """A group whose commands never end in a traceback, unless asked for; each mistake in a call is one line."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            check_memory()
            return super().invoke(ctx)
        except click.ClickException as error:
            refuse(error)
        except (click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt as stop:  # a command that does not listen to signals itself
            fail(Exit(128 + next(iter(stop.args), signal.SIGINT)), "stopped")
        except MemoryError:  # what could say more may not be imported any more
            fail(Exit.FAILED, OUT_OF_MEMORY)
        except Exception as error:
            if ctx.params["debug"]:
                raise
            errors = importlib.import_module(".run.errors.failures", __package__)  # heavy: `--help` does without
            fail(Exit.FAILED, f"{errors.as_problem(error)}")


def check_memory() -> None:
    """Refuse a limit under which the libraries abort, or wait for ever for a thread that could not be started.

    Raises:
        MemoryError: there is such a limit.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed != resource.RLIM_INFINITY and allowed < LEAST_MEMORY:
        raise MemoryError


class Commands(Guarded):
    """Imports a command's module when the command is called; what may be wrong before that is logged, too."""

    def make_context(
        self,
        info_name: str | None,  # noqa: ARG002 - a message names the program as who reads it can type it
        args: list[str],
        parent: click.Context | None = None,
        **extra: object,
    ) -> click.Context:
        form = logs.LogFormat.JSON if program.asks_for_json_log(args) else logs.LogFormat.TEXT
        try:
            return super().make_context(program.NAME, args, parent, **extra)
        except click.ClickException as error:
            logs.set_up(debug=False, stream=sys.stderr, form=form)
            refuse(error)

    def invoke(self, ctx: click.Context) -> object:
        logs.set_up(debug=ctx.params["debug"], stream=sys.stderr, form=logs.LogFormat(ctx.params["log_format"]))
        return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not (ctx.resilient_parsing or args[0] in COMMANDS or args[0].startswith("-")):
            ctx.fail(f"No such command {args[0]!r}.{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if "config" in ctx.params:  # dlt reads where its configuration is as it is imported
            point_dlt_at(ctx.params["config"], os.environ)
        command = importlib.import_module(f".commands.{cmd_name}", __package__).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="aleta-sync")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=lambda: Path(os.environ.get("ALETA_SYNC_CONFIG") or "config"),
    help="Folder with config.toml and secrets.toml.  [default: $ALETA_SYNC_CONFIG, else config]",
)
@click.option("--debug", is_flag=True, help="Log more, and show tracebacks.")
@click.option(
    "--log-format",
    type=click.Choice([form.value for form in logs.LogFormat]),
    default=logs.LogFormat.TEXT.value,
    show_default=True,
    help="How the log on stderr is written; json: one object a record.",
)
@click.pass_context
def main(context: click.Context, config: Path, *, debug: bool, log_format: str) -> None:
    """Every morning, a warehouse that equals what Aleta's API would say, with proof."""
    os.umask(0o077)  # rule S1: files with data or keys are the owner's only
    if context.get_parameter_source("config") is ParameterSource.COMMANDLINE:
        context.with_resource(program.called_with(config))
    context.obj = Invocation(config=config, debug=debug, log_format=log_format)
