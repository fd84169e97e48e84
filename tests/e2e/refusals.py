"""What was asked of the API, and the one error of a run that ended with one."""

from __future__ import annotations

from tests.e2e.program import Ended, Program


def api_requests(program: Program) -> list:
    return [request for request in program.box.requests if request.path.startswith("/api/")]


def one_error(ended: Ended) -> dict[str, str]:
    [error] = ended.errors()
    return error
