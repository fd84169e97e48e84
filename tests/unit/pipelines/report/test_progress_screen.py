"""The two forms in which progress is shown: a table on a terminal, and log lines."""

from __future__ import annotations

import io
import logging
import threading

import pytest

from pipelines.report.progress import Screen
from tests.fakes import FakeClock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class GoneTerminal(Terminal):
    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="pipelines.report.displays")
    return caplog


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")


def test_each_stage_is_a_log_line_without_a_terminal(lines: pytest.LogCaptureFixture, clock: FakeClock) -> None:
    """A stage is said at its end, with what it did by itself; the same stage again is no end."""
    stream = io.StringIO()
    with Screen(stream, clock) as screen:
        acme = screen.tenant("acme", requests_per_minute=1000)
        acme.stage("reading clients")
        acme.stage("reading clients")
        acme.crawled(312)
        acme.attempt("clients")
        clock.sleep(2)
        acme.stage("reading transactions")
        acme.planned("transactions", 1)
        acme.rows(40)
        acme.parent_done("transactions", "a")
        acme.stage("complete")
    assert lines.messages == [
        "acme: reading clients took 0:00:02, 312 objects, 1 request",
        "acme: reading transactions took 0:00:00, 1 account, 40 rows",
        "acme: complete, 1 of 1 account, 40 rows, 1 request",
    ]
    assert stream.getvalue() == ""


def test_a_stage_that_had_nothing_to_do_is_no_log_line(lines: pytest.LogCaptureFixture, clock: FakeClock) -> None:
    """A client without accounts has two dozen of these."""
    with Screen(io.StringIO(), clock) as screen:
        acme = screen.tenant("acme", requests_per_minute=1000)
        acme.stage("reading accounts")
        acme.attempt("accounts")
        for resource in ("transactions", "holdings", "prices"):
            acme.stage(f"reading {resource}")
            acme.planned(resource, 0)
        acme.stage("complete")
    assert lines.messages == ["acme: reading accounts took 0:00:00, 1 request", "acme: complete, 1 request"]


def test_a_log_line_comes_every_interval_while_a_tenant_runs(lines: pytest.LogCaptureFixture, clock: FakeClock) -> None:
    """Every 30 s for each tenant, counted from its last line; none after its end."""
    screen = Screen(io.StringIO(), clock, interval_s=30.0)
    acme = screen.tenant("acme", requests_per_minute=1000)
    beta = screen.tenant("beta", requests_per_minute=1000)
    acme.stage("loading")
    beta.stage("complete")
    lines.clear()
    clock.sleep(29)
    screen.refresh()
    assert lines.messages == []
    clock.sleep(1)
    screen.refresh()
    screen.refresh()
    assert lines.messages == ["acme: loading"]


def test_a_tenant_without_a_stage_is_heard_of_too(lines: pytest.LogCaptureFixture, clock: FakeClock) -> None:
    """Whatever holds a run up before its first stage, there is a line after one interval."""
    screen = Screen(io.StringIO(), clock)
    screen.tenant("acme", requests_per_minute=1000).crawled(1)
    screen.refresh()
    clock.sleep(30)
    screen.refresh()
    assert lines.messages == ["acme: 1 object"]


def test_a_terminal_shows_a_row_a_tenant(lines: pytest.LogCaptureFixture, clock: FakeClock) -> None:
    """The display has the words of the log line and a bar, and there are no log lines."""
    stream = Terminal()
    with Screen(stream, clock) as screen:
        for name in ("acme", "beta"):
            tenant = screen.tenant(name, requests_per_minute=1000)
            tenant.stage("reading transactions")
            tenant.planned("transactions", 2)
            tenant.parent_done("transactions", "a")
        screen.refresh()
    shown = stream.getvalue()
    assert "acme" in shown
    assert "beta" in shown
    assert "reading transactions, 1 of 2 accounts" in shown
    assert "━" in shown
    assert lines.messages == []


def crowd(screen: Screen) -> None:
    """Of forty tenants twelve ended, one of them badly, and three run."""
    screen.expect(40)
    for number in range(12):
        tenant = screen.tenant(f"done-{number}", requests_per_minute=1000)
        tenant.stage("reading objects")
        tenant.stage("failed" if number == 5 else "complete")
    for number in range(3):
        screen.tenant(f"runs-{number}", requests_per_minute=1000).stage("reading objects")


def test_many_tenants_are_one_bar_and_those_that_run(lines: pytest.LogCaptureFixture, clock: FakeClock) -> None:
    """C6: how many are done, run and failed, about how long it takes; those that ended are gone from the screen."""
    stream = Terminal()
    with Screen(stream, clock) as screen:
        clock.sleep(1)
        screen.expect(40)
        clock.sleep(120)
        crowd(screen)
        clock.sleep(60)
        screen.refresh()
        shown = stream.getvalue().rpartition("tenants done")[2]
    assert "12 of 40 tenants done, 3 running, 1 failed, about 0:02:20 left" in stream.getvalue()
    assert "━" in shown
    assert [f"runs-{number}" in shown for number in range(3)] == [True] * 3
    assert "done-" not in shown
    assert lines.messages == []


def test_many_tenants_are_a_line_at_their_end_and_one_an_interval(
    lines: pytest.LogCaptureFixture, clock: FakeClock
) -> None:
    """Without a terminal nobody reads the stages of forty tenants; whoever takes long is heard of."""
    screen = Screen(io.StringIO(), clock, interval_s=30.0)
    crowd(screen)
    screen.refresh()
    ends = [f"done-{number}: {'failed' if number == 5 else 'complete'}" for number in range(12)]
    assert lines.messages == ends
    lines.clear()
    clock.sleep(30)
    screen.refresh()
    assert lines.messages == [
        "12 of 40 tenants done, 3 running, 1 failed, about 0:01:10 left",
        *(f"runs-{number}: reading objects" for number in range(3)),
    ]


def test_a_narrow_terminal_loses_no_word(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    """The words wrap, and the bar makes room for them."""
    monkeypatch.setenv("COLUMNS", "30")
    stream = Terminal()
    with Screen(stream, clock) as screen:
        acme = screen.tenant("acme", requests_per_minute=1000)
        acme.stage("reading transactions")
        acme.rows(1_000_000)
    shown = stream.getvalue()
    assert all(word in shown for word in ("acme", "reading", "transactions,", "1,000,000", "rows"))
    assert "━" not in shown


@pytest.mark.parametrize(
    ("live", "term"),
    [pytest.param(False, "xterm", id="not-wanted"), pytest.param(True, "dumb", id="dumb-terminal")],
)
def test_a_terminal_may_get_log_lines(
    monkeypatch: pytest.MonkeyPatch, lines: pytest.LogCaptureFixture, clock: FakeClock, live: bool, term: str
) -> None:
    """`--json` wants no display, and a dumb terminal cannot show one."""
    monkeypatch.setenv("TERM", term)
    stream = Terminal()
    with Screen(stream, clock, live=live) as screen:
        acme = screen.tenant("acme", requests_per_minute=1000)
        acme.stage("loading")
        clock.sleep(1)
        acme.stage("complete")
        screen.refresh()
    assert stream.getvalue() == ""
    assert lines.messages == ["acme: loading took 0:00:01", "acme: complete"]


def test_a_screen_without_tenants_shows_nothing(clock: FakeClock) -> None:
    """`check` has a screen and no run."""
    stream = Terminal()
    with Screen(stream, clock) as screen:
        screen.refresh()
    assert stream.getvalue() == ""


def test_log_lines_appear_above_the_display_and_afterwards_as_before(clock: FakeClock) -> None:
    """A log written to the same terminal is not drawn over, and has its stream back in the end."""
    stream = Terminal()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("pipelines.test_progress")
    logger.addHandler(handler)
    try:
        with Screen(stream, clock) as screen:
            screen.tenant("acme", requests_per_minute=1000).stage("loading")
            screen.refresh()
            during = handler.stream
            logger.warning("the log goes on")
        assert during is not stream
        assert handler.stream is stream
        assert "the log goes on\n" in stream.getvalue()
    finally:
        logger.removeHandler(handler)


def test_an_error_leaves_the_terminal_usable(clock: FakeClock) -> None:
    """The cursor is shown, the thread has ended, and the error goes its way."""
    stream = Terminal()
    before = threading.active_count()

    def fail() -> None:
        with Screen(stream, clock) as screen:
            screen.tenant("acme", requests_per_minute=1000).stage("loading")
            screen.refresh()
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        fail()
    shown = stream.getvalue()
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert threading.active_count() == before


def test_a_terminal_that_is_gone_does_not_end_the_run(clock: FakeClock) -> None:
    """The run matters more than its display."""
    with Screen(GoneTerminal(), clock) as screen:
        acme = screen.tenant("acme", requests_per_minute=1000)
        screen.refresh()
        acme.stage("loading")
    assert acme.facts().stage == "loading"
