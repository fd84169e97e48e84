"""The file that the page is written to."""

from __future__ import annotations

import pytest

from pipelines.page.page import Page
from pipelines.report.report import Exit


def test_the_file_is_written_whole_and_for_its_owner_only(tmp_path):
    """Mode 0600, also over a file that everyone might read; nothing else is left in the folder."""
    file = tmp_path / "deep" / "r.html"
    file.parent.mkdir()
    file.write_text("old")
    file.chmod(0o644)

    Page(text="Søn", exit=Exit.COMPLETE, errors=()).write(file)

    assert file.read_text(encoding="utf-8") == "Søn"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_cannot_be_replaced_stays_what_it_was(tmp_path):
    """A folder stands in the way: nothing is left beside it."""
    (tmp_path / "r.html" / "inside").mkdir(parents=True)

    with pytest.raises(OSError, match=r"r\.html"):
        Page(text="new", exit=Exit.COMPLETE, errors=()).write(tmp_path / "r.html")

    assert [file.name for file in tmp_path.iterdir()] == ["r.html"]
