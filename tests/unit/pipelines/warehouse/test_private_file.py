"""Small files of the tenant's own, which are replaced as a whole."""

from __future__ import annotations

import pytest

from pipelines.warehouse.private_file import make_private_folder, replace


def test_what_killed_processes_left_is_taken_away(tmp_path):
    """Nobody else would ever do it; what is another file's stays."""
    for name in (".keys.json.abc12345", ".keys.json.x", ".keys.jsonx", "keys.json.old", ".other.json.abc12345"):
        (tmp_path / name).write_text("left")

    replace(tmp_path / "keys.json", b"new")

    assert (tmp_path / "keys.json").read_bytes() == b"new"
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    left = {".keys.jsonx", "keys.json.old", ".other.json.abc12345"}
    assert {file.name for file in tmp_path.iterdir()} == {"keys.json"} | left


def test_s1_every_folder_that_is_made_is_its_owners_alone(tmp_path):
    """S1: `Path.mkdir` gives its mode to the last folder only; what was there keeps its own."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)

    make_private_folder(tmp_path / "data" / "acme" / "inbox")

    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("data", "data/acme", "data/acme/inbox")]
    assert modes == [0o755, 0o700, 0o700]


def test_a_failure_leaves_nothing_beside_the_file(tmp_path):
    """A full disk, once a minute, would fill up with attempts."""
    (tmp_path / "keys.json" / "inside").mkdir(parents=True)

    with pytest.raises(OSError, match=r"keys\.json"):
        replace(tmp_path / "keys.json", b"new")

    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]
