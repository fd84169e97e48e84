"""The reference, written from the code: commands, settings, exit codes, error codes.

`make docs` runs it; `tests/unit/docs/test_reference.py` fails when a page is not what it writes, and when a code that
the program has is not explained here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import click

from pipelines.cli import COMMANDS, main
from pipelines.report.report import Exit
from pipelines.settings.tenant import DEFAULTS, EXPECTED, FOR_ALL, KEY_RULES, REQUIRED
from pipelines.uploads.columns import Form
from schemas.dictionary import row

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
WRITTEN = "\n*Written by `make docs` from the code.*\n"

EXITS: Mapping[Exit, tuple[str, str]] = {
    Exit.COMPLETE: ("complete", "nothing"),
    Exit.FAILED: (
        "failed; from `verify`: differences, or nothing could be compared; from `status --max-age`: too old",
        "read the ERROR lines: each says what failed and what to do. What is committed is intact",
    ),
    Exit.USAGE: ("the command or the configuration is wrong", "the message names file, path and what was expected"),
    Exit.AUTH: ("Aleta refused the credentials, or the key is unusable", "`aleta-sync check`"),
    Exit.PARTIAL: (
        "partial: all that could be read is committed",
        "the report names what is missing; the next run tries it again",
    ),
    Exit.SIGINT: ("stopped by SIGINT (Ctrl-C), after committing", "run it again: it goes on after what is committed"),
    Exit.SIGTERM: ("stopped by SIGTERM, after committing", "run it again: it goes on after what is committed"),
}

_AGAIN = "Nothing: the next run reads it again."
RUN_CODES: Mapping[str, tuple[str, str]] = {
    "auth": ("Aleta refused the assertion or a fresh token.", "`aleta-sync check`; compare `kid`, `iss` and `sub`."),
    "cap": (
        "An answer left out rows that its days have, so the row cap is not one number.",
        "`verify --all` tells what is missing; the next runs count an answer only if its parts agree.",
    ),
    "check": ("`check` found a part that is not well.", "The line says what to do."),
    "clock": (
        "This machine's clock is more than ten minutes off the API's; nothing is marked.",
        "Set the clock (NTP), run again.",
    ),
    "conflict": (
        "One id stands for two contents; the newer reading is kept, and every run asks again until it ends.",
        "Ask Aleta which of the two is meant. In a file to upload: one key with two values.",
    ),
    "damaged": ("A file of the pipeline is cut short or was changed.", "The message says how to get it back."),
    "defect": ("A fault of this program.", "Run with `--debug` and report it."),
    "destination": ("The destination refused, or cannot keep what it must.", "The message has its words and a remedy."),
    "different": (
        "Of `verify`: rows are not as the API shows them; the report names them.",
        "`sync` reads the newest days again, `backfill` any; report what is different after that.",
    ),
    "disk": ("No room, or no right to write. What is committed is intact.", "Make room or mend the rights, run again."),
    "fatal": ("A read that no attempt will mend.", "The message says why."),
    "forbidden": ("403 for this parent; its rows are kept.", "Ask Aleta for access, or take it as meant."),
    "gone": ("404 for this parent; its rows are kept.", "Nothing: an object that is gone gets `removed_at`."),
    "inbox": ("`serve` cannot keep deliveries.", "Make room or mend the rights of the data folder."),
    "incomplete": (
        "Of `aleta_source`: something could not be read; nothing of the run is loaded.",
        'Run again, or set `on_failure = "skip"`.',
    ),
    "key": ("The private key is missing, unreadable or not P-256.", "`aleta-sync check`; `aleta-sync keys generate`."),
    "lease": (
        "This run's lease of the database was lost; what it committed before is complete.",
        "Run again when no other machine syncs this tenant.",
    ),
    "ledger": (
        "Of `verify`: receipts do not cover what counts as proven, or keys are there twice.",
        "A `backfill` of these days reads them again; report what is so after that.",
    ),
    "locked": ("Another run holds this tenant.", "Wait, or stop the process that the message names."),
    "in_use": (
        "Another program looked into the private store for more than half a minute; its process is named.",
        "Let it end. Read what is published instead.",
    ),
    "malformed": ("A 200 that is not an answer.", f"{_AGAIN} If it persists, send the line to Aleta."),
    "memory": ("There is not enough memory. What is committed is intact.", "Give it more, or set fewer `workers`."),
    "never_read": (
        "Of `verify` without `--all`: no run has loaded anything of these parents, so nothing was compared.",
        "Sync; or `verify --all`, which counts their rows as missing.",
    ),
    "no_merge": (
        "Of `aleta_source`: the destination cannot merge, so rows would be there twice; nothing was requested.",
        "Take one that can: a database, or a table format such as Delta.",
    ),
    "not_offered": ("This API has no such endpoint under any name.", "Leave the table out of `resources`."),
    "nothing": (
        "`verify` had nothing to compare.",
        "Sync first; the message says where that is not why, as where v1 answers for no table.",
    ),
    "publish": ("A copy could not be written; what was read is committed.", "`aleta-sync publish`, or the next run."),
    "quarantined": ("A window that could not be proven whole; what is committed is kept.", _AGAIN),
    "rate_limited": (
        "429 for longer than patience lasts.",
        "Lower `requests_per_minute`, where another program shares it.",
    ),
    "refused": ("A status that no rule lists, or a 401 for this read alone.", "The message has the API's words."),
    "removals": (
        "More of an account or a series is gone at once than is believed (`max_removed_share`): nothing is removed.",
        "If it is right, run once with `TENANTS__ACME__MAX_REMOVED_SHARE=1`.",
    ),
    "skipped": ("This parent is left out.", "The message says why."),
    "source_error": ("The source could not do something.", "The message says what."),
    "stopped": ("The run was asked to stop; what was read is committed.", "Run the same command again."),
    "tls": ("The certificate authorities that the environment names cannot be read.", "Mend the path it names."),
    "too_large": (
        "One answer has more bytes than `max_answer_mb`.",
        "Raise it, if the answer is meant to be so large.",
    ),
    "too_wide": ("The span is wider than the API takes.", "Set `max_window_days`, if the largest window is known."),
    "truncated": ("A list that may be cut and that nothing completes; nothing is removed.", "Ask Aleta for its size."),
    "unavailable": ("5xx, or an answer that broke off or came too late.", _AGAIN),
    "unknown": (
        "An id that was named is in no list. From `upload`: a row was sent, and no answer came.",
        "Check the id and the tenant. From `upload`: send the same file again, or see its line.",
    ),
    "unreachable": ("No connection: name resolution, refused, TLS, timeout.", f"{_AGAIN} `check` tells more."),
    "warehouse": ("The store cannot be opened or written.", "The message says what holds it, or how to restore it."),
}
"""Code -> what it means, what to do."""

_CELL = "Mend the cell; the message says what was expected."
FILE_CODES: Mapping[str, tuple[str, str]] = {
    "cells": ("A line has more or fewer cells than the header.", "Mend the line."),
    "csv": ("It is no CSV from this line on.", "Mend the quotes."),
    "duplicate": ("The same key twice in one file.", "Leave one."),
    "encoding": ("It is not UTF-8.", "Save the file as UTF-8."),
    "file": ("The file cannot be read.", "Check the path, the rights and the format."),
    "header": ("A column is missing, unknown or there twice.", "Mend the header."),
    "missing": ("A cell that must not be empty is.", "Fill it."),
    "rejected": ("Aleta refused the row.", "The message has the API's words."),
    "type": ("A column of a Parquet file has a type that cannot be meant.", "Write it with the type that is named."),
    **{form.value: (f"The cell is no {form.value.replace('_', ' ')}.", _CELL) for form in Form},
}
"""Of `upload`: a mistake in the file (exit 2, nothing was sent), or of one row."""


def pages() -> dict[str, str]:
    """Every page by its name."""
    return {
        "commands.md": "".join(f"{line}\n" for line in commands()),
        "settings.md": "".join(f"{line}\n" for line in settings()),
        "exit-codes.md": "".join(f"{line}\n" for line in exit_codes()),
        "errors.md": "".join(f"{line}\n" for line in errors()),
    }


# -- commands


def commands() -> Iterator[str]:
    yield from ("# Commands", WRITTEN, "The report goes to stdout, log and progress to stderr. Exit codes:")
    yield from ("[exit-codes.md](exit-codes.md). A command that takes `[TENANT]...` means all when none is named.", "")
    yield from ("## Before the command", "", *_options(main))
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        yield from _command(name, command)


def _command(name: str, command: click.Command) -> Iterator[str]:
    yield from (f"## {name}", "", inspected(command.help or COMMANDS[name]), "")
    if isinstance(command, click.Group):
        for below, inner in command.commands.items():
            yield from (f"`aleta-sync {name} {below}`: {inspected(inner.help or '')}", "", *_options(inner))
        return
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    usage = " ".join(["aleta-sync", name, "[OPTIONS]", *map(_argument, arguments)])
    yield from ("```text", usage, "```", "", *_options(command))


def inspected(text: str) -> str:
    """A help text in one paragraph."""
    return " ".join(text.replace("\b", "").split())


def _argument(argument: click.Argument) -> str:
    return argument.make_metavar(click.Context(main))


def _options(command: click.Command) -> Iterator[str]:
    options = [
        parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    if not options:
        return
    yield from (row("option", "value", "default", "what it does"), row(*["---"] * 4))
    for option in options:
        named = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
        yield row(named, _value(option), _default(option.default), inspected(option.help or ""))
    yield ""


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    kind = option.type
    if isinstance(kind, click.Choice):
        return ", ".join(f"`{choice}`" for choice in kind.choices)
    return f"{option.metavar or kind.name}{', several' if option.multiple else ''}"


def _default(value: object) -> str:
    plain = isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != ""
    return f"`{value}`" if plain else ""


# -- settings


def settings() -> Iterator[str]:
    yield from ("# Settings", WRITTEN)
    yield "In `config.toml` and `secrets.toml` of the configuration folder, under `[aleta]` for all tenants or under"
    yield "`[tenants.NAME]` for one, or in the environment: `ALETA__WORKERS`, `TENANTS__ACME__WORKERS`. An unknown key,"
    yield "a wrong type or a missing value ends a command with exit 2 before any request."
    yield from ("", row("key", "default", "what is expected", "what it does"), row(*["---"] * 4))
    said = comments((ROOT / "config" / "config.toml").read_text(encoding="utf-8"))
    for name, default in DEFAULTS.items():
        only = " Only under `[aleta]`." if name in FOR_ALL else ""
        yield row(f"`{name}`", f"`{_toml(default)}`", EXPECTED[name], f"{said.get(name, '')}{only}".strip())
    yield from ("", "## A tenant", "", "`[tenants.NAME]`; a name is `[a-z0-9][a-z0-9_-]*`.", "")
    yield from (row("key", "what is expected"), row("---", "---"))
    yield from (row(f"`{name}`", EXPECTED[name]) for name in REQUIRED)
    yield from (row(f"`{name}`", f"{EXPECTED[name]}; exactly one of the three") for name in KEY_RULES)


def comments(text: str) -> dict[str, str]:
    """What the configuration file says of each key, beside it."""
    return {name: said.strip() for name, said in re.findall(r"(?m)^(\w+) = .*?  # *(.+)$", text)}


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return f"{value}".lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, (str, Path, date)) else f"{value}"


# -- exit codes and error codes


def exit_codes() -> Iterator[str]:
    yield from ("# Exit codes", WRITTEN, "With several tenants the most severe counts: 3 over 1 over 4.", "")
    yield from (row("exit code", "what it means", "what to do"), row(*["---"] * 3))
    yield from (row(f"{code.value}", *EXITS[code]) for code in Exit)
    yield from (
        "",
        "A run that was stopped is `stopped` in `sync_runs`, in `status` and in the metrics. In `sync --json` it",
    )
    yield "is `partial`: what it could read is committed. One of its errors has the code `stopped`."


def errors() -> Iterator[str]:
    yield from ("# Error codes", WRITTEN)
    yield "Each problem is one ERROR line on stderr, `[code] resource of parent, from to to: what. What to do.`,"
    yield "and one object in `errors` of the report (`--json`)."
    yield from ("", "## Of a run", "", *_codes(RUN_CODES))
    yield from ("## Of a file to upload", "", "Mistakes are found before the first request (exit 2).", "")
    yield from _codes(FILE_CODES)


def _codes(codes: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield from (row("code", "what it means", "what to do"), row(*["---"] * 3))
    yield from (row(f"`{code}`", *codes[code]) for code in sorted(codes))
    yield ""


def codes_in(sources: Iterable[str]) -> set[str]:
    """Every error code that is written in *sources*: `code = "…"` of a class, `code="…"` of a call, and `CODE`."""
    return {code for source in sources for node in ast.walk(ast.parse(source)) for code in _codes_of(node) if code}


def _codes_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id in {"code", "CODE"} for target in targets):
            yield from _text(node.value)
    if isinstance(node, ast.keyword) and node.arg == "code":
        yield from _text(node.value)


def _text(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


if __name__ == "__main__":
    for page, content in pages().items():
        (FOLDER / page).write_text(content, encoding="utf-8")
