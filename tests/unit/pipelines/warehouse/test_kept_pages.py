"""Pages that are kept with their ETags: bounded, private, and never relied on."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.warehouse.kept_pages import FILE, MOST_OF_ONE, UNASKED, KeptPagesFile
from sources.aleta.v1.chain import KeptPage

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PAGES = [KeptPage(cursor="", etag='W/"1"', body=b'{"data":[]}'), KeptPage(cursor="c", etag='"2"', body=b"\x00\xff")]


def opened(folder, *, now: datetime = NOW, server: str = "https://a", **bounds: int) -> KeptPagesFile:
    return KeptPagesFile(folder, server=server, now=now, **bounds)


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that do not get shorter."""
    from random import Random

    return Random(seed).randbytes(size)


def test_what_is_kept_is_there_in_the_next_run(tmp_path):
    """In its order, byte by byte; for its owner only."""
    first = opened(tmp_path)
    first.keep("list", PAGES)
    first.close()
    assert opened(tmp_path).of("list") == PAGES
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_nothing_is_known_of_other_lists_and_servers(tmp_path):
    """An ETag means something to the server that gave it."""
    opened(tmp_path).keep("list", PAGES)
    assert list(opened(tmp_path).of("other")) == []
    assert list(opened(tmp_path, server="https://b").of("list")) == []


def test_what_is_kept_again_replaces_what_was(tmp_path):
    """Also with fewer pages, or none."""
    kept = opened(tmp_path)
    kept.keep("list", PAGES)
    kept.keep("list", PAGES[:1])
    assert kept.of("list") == PAGES[:1]
    kept.forget("list")
    assert list(kept.of("list")) == []


def test_a_list_that_is_too_large_is_not_kept(tmp_path):
    """It would push all others out."""
    kept = opened(tmp_path)
    kept.keep("list", PAGES)
    kept.keep("list", [KeptPage(cursor="", etag="e", body=noise(MOST_OF_ONE + 1000))])
    assert list(kept.of("list")) == []


def test_what_was_asked_for_longest_ago_goes_first(tmp_path):
    """C7: the file has a bound."""
    for number in range(4):
        kept = opened(tmp_path, now=NOW + timedelta(hours=number), most_bytes=25_000)
        kept.keep(f"{number}", [KeptPage(cursor="", etag="e", body=noise(10_000, number))])
        kept.of("0")
        kept.close()
    last = opened(tmp_path)
    assert [bool(last.of(f"{number}")) for number in range(4)] == [True, False, False, True]
    with sqlite3.connect(tmp_path / FILE) as sql:
        assert sql.execute("SELECT count(*) FROM pages").fetchone() == (2,)


def test_what_goes_gives_its_room_back(tmp_path):
    """C7: the file, too, has a bound."""
    kept = opened(tmp_path, most_bytes=100_000)
    for number in range(100):
        kept.keep(f"{number}", [KeptPage(cursor="", etag="e", body=noise(10_000, number))])
    kept.close()
    assert (tmp_path / FILE).stat().st_size < 250_000


def test_what_nobody_asks_for_goes(tmp_path):
    """A window of months ago is never asked for again."""
    kept = opened(tmp_path)
    kept.keep("list", PAGES)
    kept.close()
    later = opened(tmp_path, now=NOW + UNASKED + timedelta(days=1))
    later.close()
    assert list(opened(tmp_path).of("list")) == []


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_a_damaged_file_is_begun_anew(tmp_path, content):
    """Nothing rests on it."""
    (tmp_path / FILE).write_bytes(content)
    kept = opened(tmp_path)
    assert list(kept.of("list")) == []
    kept.keep("list", PAGES)
    assert kept.of("list") == PAGES


def test_a_damaged_page_is_not_believed(tmp_path):
    """No condition is asked that nothing stands behind."""
    opened(tmp_path).keep("list", PAGES)
    with sqlite3.connect(tmp_path / FILE) as sql:
        sql.execute("UPDATE pages SET body = x'00' WHERE number = 1")
    assert list(opened(tmp_path).of("list")) == []


def test_a_link_is_not_followed(tmp_path):
    """S2."""
    (tmp_path / "elsewhere").write_text("theirs")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    kept = opened(tmp_path)
    kept.keep("list", PAGES)
    assert (tmp_path / "elsewhere").read_text() == "theirs"


def test_whoever_asks_after_the_end_finds_nothing_and_opens_no_file(tmp_path):
    """A read that was given up goes on in its thread; by then the tenant may be another process's."""
    kept = opened(tmp_path)
    kept.keep("list", PAGES)
    kept.close()
    (tmp_path / FILE).unlink()
    assert list(kept.of("list")) == []
    kept.keep("list", PAGES)
    assert not (tmp_path / FILE).exists()
