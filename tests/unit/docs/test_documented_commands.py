"""Every command that a page shows is one that the program takes; it is run, or the page says why not."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pipelines.cli import COMMANDS, main
from tests.documented import PAGES, ROOT, Block, blocks, command_in

BLOCKS = [block for page in [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"] for block in blocks(page)]
CALLS = [
    pytest.param(words[1:], id=f"{block.place}-{' '.join(words[1:4])}")
    for block in BLOCKS
    for words in block.commands()
    if words[0] == "aleta-sync"
]


def parsed(words):
    """Parse as the program does; nothing is run and no file is opened."""
    context = click.Context(main)
    _, words, _ = main.make_parser(context).parse_args(list(words))
    command = main.get_command(context, words[0])
    assert command is not None, words[0]
    if isinstance(command, click.Group):
        words, command = words[1:], command.commands[words[1]]
    return command.make_parser(click.Context(command)).parse_args(list(words[1:]))


@pytest.mark.parametrize("words", CALLS)
def test_a_command_is_one_that_the_program_takes(words):
    """Its name and its options."""
    parsed(words)


def test_pages_show_the_commands():
    """Sabotage: what finds no command finds nothing wrong. `demo` is what `make demo` runs."""
    shown = {word for call in CALLS for word in call.values[0] if word in COMMANDS}

    assert len(CALLS) > 50
    assert set(COMMANDS) - shown == {"demo"}


@pytest.mark.parametrize("words", [["snyc"], ["sync", "--jsno"], ["--verbose", "sync"], ["keys", "make"]])
def test_a_command_that_there_is_not_is_found(words):
    """Sabotage."""
    with pytest.raises((click.UsageError, AssertionError, KeyError)):
        parsed(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_no_command_of_the_program_says_why_it_is_not_run(page):
    """The program's own are run by tests/e2e/test_documented_commands.py unless their block is marked."""
    unmarked = [
        f"{block.place}: {' '.join(words)}"
        for block in blocks(page)
        if not block.reason
        for words in block.commands()
        if words[0] != "aleta-sync"
    ]

    assert unmarked == []


def test_a_reason_names_tests_that_there_are():
    """A mark that sends its reader to nowhere explains nothing."""
    named = [path for block in BLOCKS for path in re.findall(r"tests/[\w/]+(?:\.py)?", block.reason)]

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_blocks_and_marks_are_found_where_they_are():
    """Fenced, indented, in a list; a mark belongs to the next block only."""
    text = (
        "# A page\n\n<!-- not run: why -->\n```console\n$ aleta-sync sync | tee x\nout\n```\n\n"
        "    aleta-sync status > f\n    make test\n\n"
        "1. A list.\n\n    Its text.\n\n    ```\n    aleta-sync check\n    ```\n"
    )

    found = list(blocks(Path("page.md"), text))

    assert [(block.reason, list(block.commands())) for block in found] == [
        ("why", [["aleta-sync", "sync"]]),
        ("", [["aleta-sync", "status"], ["make", "test"]]),
        ("", [["aleta-sync", "check"]]),
    ]
    assert [block.reason for block in blocks(Path("page.md"), f"{text}<!-- none is run: all -->\n")] == [
        *("why", "all", "all"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "15 5 * * *  /opt/x/aleta-sync --config c sync --json >> a 2>> b",
            ["aleta-sync", "--config", "c", "sync", "--json"],
        ),
        ("A=1 B=2 aleta-sync sync  # why", ["aleta-sync", "sync"]),
        ("acme: sync complete in 4.4 s", []),
        ("it's text", []),
        ("", []),
    ],
)
def test_a_command_is_told_from_what_it_prints(line, words):
    """Cron's times and variables before it are none of it."""
    assert command_in(line) == words


def test_a_block_says_where_it_stands():
    """For a failure's message."""
    assert Block(page=Path("docs/a.md"), line=3, language="", text="").place == "a.md:3"
