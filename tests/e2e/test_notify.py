"""`notify`, against a server that takes what Apprise sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PASSWORD = "hunter2hunter2"


@dataclass(slots=True)
class Inbox:
    """What came, and how it is answered."""

    url: str = ""
    status: int = 200
    messages: list[dict] = field(default_factory=list)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    taken = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(taken.status)
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        taken.url = f"json://someone:{PASSWORD}@127.0.0.1:{server.server_port}/"
        yield taken
        server.shutdown()


def test_the_first_bad_night_and_the_first_good_one_are_told(start, inbox):
    """Two bad nights and two good ones are two messages, without ids, keys or the API's words."""
    program = start(aleta={"notify": [inbox.url]})
    program.rewrite("kid-acme", "kid-acne")
    bad = program.sync(expect=3)
    program.sync(expect=3)
    program.rewrite("kid-acne", "kid-acme")
    program.sync()
    program.sync()

    failed, again = inbox.messages
    assert "not complete: acme" in failed["title"]
    assert "[auth]" in failed["message"]
    assert "complete again: acme" in again["title"]
    told = json.dumps(inbox.messages)
    assert program.indiscretions(told) == []
    assert not any(word in told for word in ("kid-ac", "kid is unknown", *program.box.truth("acme").accounts))
    assert PASSWORD not in bad.out + bad.err


@pytest.mark.long
def test_what_nobody_took_is_told_by_the_next_run(start, inbox):
    """A bad night without a network, and the next; then the end of it, which could not be told at first either."""
    program = start(aleta={"notify": [inbox.url], "resources": ["clients"]})

    def told(*, expect: int = 0, status: int = 200) -> list[str]:
        inbox.messages.clear()
        inbox.status = status
        program.sync(expect=expect)
        return [message["title"] for message in inbox.messages] if status == 200 else []

    program.rewrite("kid-acme", "kid-acne")
    assert told(expect=3, status=503) == []
    assert told(expect=3) == ["aleta-sync: not complete: acme"]
    assert told(expect=3) == []
    program.rewrite("kid-acne", "kid-acme")
    assert told(status=503) == []
    assert told() == ["aleta-sync: complete again: acme"]
    assert told() == []


def test_who_cannot_be_told_is_a_warning_without_the_address(start, inbox):
    """The run ends as it would have; neither the password nor the host is in the log."""
    inbox.status = 500
    program = start(aleta={"notify": [inbox.url]})
    program.rewrite("kid-acme", "kid-acne")

    ended = program.run("sync")

    assert ended.exit == 3
    assert "WARNING" in ended.err
    assert "json://) could not be told" in ended.err
    assert PASSWORD not in ended.out + ended.err
    assert len(inbox.messages) >= 1


def test_an_address_that_is_none_is_refused_and_not_shown(program):
    """Exit 2 with its path; what was written may be a password."""
    program.rewrite("[aleta]", f'[aleta]\nnotify = ["{PASSWORD}"]')

    ended = program.run("sync")

    assert ended.exit == 2
    assert "aleta.notify: expected a list of Apprise URLs" in ended.err
    assert PASSWORD not in ended.err
