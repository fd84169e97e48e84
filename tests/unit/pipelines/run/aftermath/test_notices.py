"""Who is told what: the first run of a streak that is not complete, and the first that is again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.run.aftermath.journal import Entry
from pipelines.run.aftermath.notices import Notice, messages, notice
from tests.fakes import NOON

URLS = ("json://host",)
FOLDER = Path("acme")
SECRET = "acc-7 of Jens Jensen"


def night(number: int, status: str, **values: object) -> Entry:
    known = {"kind": "sync", "started_at": NOON + timedelta(days=number), "ended_at": NOON, "errors": 2, "code": "gone"}
    return Entry(run_id=f"r{number}", status=status, reason=SECRET, **known | values)


def said(*nights: Entry, urls: tuple[str, ...] = URLS) -> Notice | None:
    """Of the last night, after those before it."""
    *before, last = nights
    return notice(last, list(reversed(before)), tenant="acme", folder=FOLDER, urls=urls)


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        pytest.param(["complete"], None, id="well from the first night on"),
        pytest.param(["failed"], False, id="the first night fails"),
        pytest.param(["complete", "partial"], False, id="the first of a streak"),
        pytest.param(["complete", "partial", "failed"], None, id="the second of a streak"),
        pytest.param(["failed", "failed", "complete"], True, id="well again"),
        pytest.param(["failed", "complete", "complete"], None, id="well still"),
        pytest.param(["failed", "complete", "stopped"], False, id="a new streak"),
        pytest.param(["complete", "running", "failed"], False, id="one that was killed could tell nobody"),
        pytest.param(["complete", "running", "complete"], None, id="well after a kill that nobody was told of"),
    ],
)
def test_a_change_is_told_once(statuses: list[str], *, told: bool | None) -> None:
    """Nothing where nothing changed."""
    found = said(*(night(number, status) for number, status in enumerate(statuses)))
    assert (found.is_well if found else None) is told


@pytest.mark.parametrize(
    ("nights", "text"),
    [
        pytest.param("f F", "is failed", id="the first bad night could not be told"),
        pytest.param("C f f F", "is failed", id="nor the second"),
        pytest.param("F C F f c F", "", id="what was told stands until the end of it is told"),
        pytest.param("f C", "", id="nobody was told, and it is over"),
        pytest.param("f F C", "is complete, after 2 that were not", id="a later one of the streak was told"),
        pytest.param("F f C", "is complete, after 2 that were not", id="all of the streak are counted"),
        pytest.param("F c C", "is complete, after 1 that was not", id="its end could not be told"),
        pytest.param("F c C C", "", id="then it is told once"),
        pytest.param("F C c c F", "is failed", id="what was told is long ago"),
    ],
)
def test_what_nobody_was_told_is_told_by_the_next_run_that_can(nights: str, text: str) -> None:
    """F failed, C complete; a small letter: nobody took it, or the process was killed before it told."""
    statuses = {"F": "failed", "C": "complete"}
    found = said(
        *(night(number, statuses[word.upper()], told=word.isupper()) for number, word in enumerate(nights.split()))
    )
    assert bool(found) is bool(text)
    assert text in (found.text if found else "")


@pytest.mark.parametrize("other", [{"kind": "backfill"}, {"narrowed": True}, {"code": "locked"}])
def test_a_run_of_a_part_tells_nothing_and_ends_no_streak(other: dict[str, object]) -> None:
    """Nor does one that another kept out."""
    assert said(night(0, "complete"), night(1, "failed", **other)) is None
    assert said(night(0, "complete"), night(1, "failed", **other), night(2, "failed")) is not None


def test_nobody_is_told_where_nobody_is_named() -> None:
    """`notify = []`."""
    assert said(night(0, "failed"), urls=()) is None


def test_tenants_are_told_of_in_one_message_without_what_a_client_could_be_told_from() -> None:
    """One a set of URLs; status, code and counts, no id and no words of the API."""
    failed = [notice(night(1, "failed"), [], tenant=name, folder=FOLDER, urls=URLS) for name in ("acme", "beta")]
    well = notice(night(1, "complete"), [night(0, "failed")], tenant="gamma", folder=FOLDER, urls=URLS)
    bad, good = messages([*failed, well])
    assert bad.title == "aleta-sync: not complete: acme, beta"
    assert bad.notices == failed
    assert "acme: the run of " in bad.body
    assert "is failed [gone], 2 errors; see `aleta-sync status acme`" in bad.body
    assert (good.title, good.is_well) == ("aleta-sync: complete again: gamma", True)
    assert not any(SECRET in text for message in (bad, good) for text in (message.title, message.body))
