"""The Python of the pages for new users and analysts, as it stands there."""

from __future__ import annotations

import subprocess

import pytest

from tests.documented import ROOT, python_blocks


@pytest.mark.parametrize("page", ["getting-started", "analyst"])
def test_the_page_shows_what_works(readers, office, page):
    """In a folder that has a warehouse."""
    pieces = python_blocks(ROOT / "docs" / f"{page}.md")
    assert pieces

    for piece in pieces:
        done = subprocess.run(
            [f"{readers / 'python'}", "-c", piece],
            capture_output=True,
            text=True,
            check=False,
            cwd=office.folder,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
