"""Commands that messages name are such as who reads them can type."""

from __future__ import annotations

import click
import pytest

from pipelines.cli import main
from pipelines.program import called_with, command


def test_a_command_names_the_folder_that_the_call_named(tmp_path):
    """Quoted for a shell; and nothing more than the command where none was named."""
    folder = tmp_path / "of an office"

    with called_with(folder):
        named = command("sync acme")

    assert named == f"aleta-sync --config '{folder}' sync acme"
    assert command("sync acme") == "aleta-sync sync acme"


@pytest.mark.parametrize(
    ("words", "environ", "named"),
    [
        pytest.param(["--config", "here"], {}, "aleta-sync --config here sync", id="given"),
        pytest.param([], {"ALETA_SYNC_CONFIG": "there"}, "aleta-sync sync", id="the environment has it next time, too"),
        pytest.param([], {}, "aleta-sync sync", id="the default"),
    ],
)
def test_the_command_line_says_whether_the_folder_must_be_named(monkeypatch, words, environ, named):
    """For as long as its context is open."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    seen = []
    monkeypatch.setattr(
        main, "get_command", lambda *_: click.Command("look", callback=lambda: seen.append(command("sync")))
    )

    main.main([*words, "status"], standalone_mode=False)

    assert seen == [named]
    assert command("sync") == "aleta-sync sync"
