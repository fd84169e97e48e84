"""The file that the page is written to."""

from __future__ import annotations

import os

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


def test_a_link_leads_to_the_file_that_is_written(tmp_path):
    """A page that a web server shows from elsewhere is still where the link leads."""
    (tmp_path / "shown").mkdir()
    link = tmp_path / "r.html"
    link.symlink_to(tmp_path / "shown" / "page.html")

    for text in ("new", "newer"):  # there is none at first
        Page(text=text, exit=Exit.COMPLETE, errors=()).write(link)
        assert link.is_symlink()
        assert (tmp_path / "shown" / "page.html").read_text() == text

    assert [file.name for file in (tmp_path / "shown").iterdir()] == ["page.html"]


@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by-a-link"])
def test_what_is_no_regular_file_is_written_to_and_stays(tmp_path, linked):
    """`/dev/null` and `/dev/stdout`: root could replace them for everybody."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    link = tmp_path / "link"
    link.symlink_to(fifo)

    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    Page(text="new", exit=Exit.COMPLETE, errors=()).write(link if linked else fifo)
    read = os.read(reader, 100)
    os.close(reader)

    assert read == b"new"
    assert (fifo.is_fifo(), link.is_symlink()) == (True, True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["fifo", "link"]
