"""The documentation site: it builds without a warning, asks nobody for anything, and has its pictures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from xml.dom import minidom

import pytest

from tests.documented import ROOT

pytestmark = pytest.mark.slow

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))


def build(folder, config="mkdocs.yml"):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", f"{config}", "-d", f"{folder}"]
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environ, timeout=200)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_built(site):
    """The pages, the reference, the decisions, the benchmarks."""
    pages = {f"{page.relative_to(ROOT / 'docs').with_suffix('.html')}" for page in (ROOT / "docs").rglob("*.md")}
    expected = {page.replace("README", "index") for page in pages}

    assert expected <= {f"{page.relative_to(site)}" for page in site.rglob("*.html")}
    assert {
        "benchmarks/index.html",
        "reference/errors.html",
        "adr/0001-own-marks-instead-of-incremental.html",
    } <= expected
    assert (site / "benchmarks" / "charts" / "switch.svg").exists()


def test_no_page_loads_anything_from_elsewhere(site):
    """It opens from a folder, on a machine without a network."""
    loaded = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//")

    assert [page.name for page in site.rglob("*.html") if loaded.search(page.read_text())] == []


def test_a_dead_link_fails_the_build(tmp_path):
    """Sabotage: the same settings, one page."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A page\n\n[nowhere](nowhere.md), [no anchor](#none)\n")
    settings = (ROOT / "mkdocs.yml").read_text().split("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(settings)

    done = build(tmp_path / "site", tmp_path / "mkdocs.yml")

    assert done.returncode != 0
    assert "nowhere.md" in done.stderr
    assert "#none" in done.stderr


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_says_in_words_what_it_shows(picture):
    """It is XML, has a title, and is on the page of concepts with the same words."""
    (title,) = minidom.parse(f"{picture}").getElementsByTagName("title")

    assert f"![{title.firstChild.data}](pictures/{picture.name})" in (ROOT / "docs" / "concepts.md").read_text()
