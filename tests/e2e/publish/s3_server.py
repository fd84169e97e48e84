"""An S3 server on a local port, as a script: `s3_server.py PORT FILE`. FILE says how many more commits it takes.

While FILE is there, a commit of a Delta table more than it says, and whatever is asked afterwards, gets no answer: the
connection is cut.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


class Breaking:
    """The server, until it has taken so many commits."""

    def __init__(self, limit: Path) -> None:
        self._served = DomainDispatcherApplication(create_backend_app)
        self._limit = limit
        self._taken = 0

    def __call__(self, environ, start_response):
        if not self._limit.exists():
            self._taken = 0
            return self._served(environ, start_response)
        commits = environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].endswith(".json")
        if self._taken + commits > int(self._limit.read_text()):
            self._taken = sys.maxsize // 2
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        self._taken += commits
        return self._served(environ, start_response)


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), Breaking(Path(sys.argv[2])), threaded=True)
