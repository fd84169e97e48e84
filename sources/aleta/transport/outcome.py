"""What an answer means: status and headers into what to do (rule F2). Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(StrEnum):
    """What to do with an answer."""

    OK = "ok"
    RETRY = "retry"
    RATE_LIMITED = "rate_limited"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105  a name, no secret
    SKIP_GONE = "skip_gone"
    SKIP_FORBIDDEN = "skip_forbidden"
    TOO_WIDE = "too_wide"
    FATAL = "fatal"


ACTIONS: Mapping[int, Action] = {
    200: Action.OK,
    400: Action.TOO_WIDE,
    401: Action.REFRESH_TOKEN,
    403: Action.SKIP_FORBIDDEN,
    404: Action.SKIP_GONE,
    408: Action.RETRY,
    422: Action.TOO_WIDE,
    429: Action.RATE_LIMITED,
    500: Action.RETRY,
    502: Action.RETRY,
    503: Action.RETRY,
    504: Action.RETRY,
}


def action(status: int) -> Action:
    """What to do; a status that the table does not list, redirects among them, is fatal for its read."""
    return ACTIONS.get(status, Action.FATAL)


def words_of(status: int) -> str:
    """What to say of a status that no rule lists: what it is, as HTTP has it."""
    if status in range(200, 300):
        return "only 200 carries rows"
    if status == HTTPStatus.NOT_MODIFIED:
        return "it was asked without a condition"
    if status in range(300, 400):
        return "redirects are never followed"
    return "no rule says what to do with this status"


def is_unauthorized(status: int) -> bool:
    """Whether the bearer was refused."""
    return action(status) is Action.REFRESH_TOKEN


def named(status: int) -> str:
    """A status with its phrase: `206 Partial Content`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status}"


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value, whatever the case of its name; empty when absent."""
    return next((value.strip() for key, value in headers.items() if key.lower() == name.lower()), "")


def http_date(text: str) -> datetime | None:
    """A date in any of the three forms of RFC 9110 section 5.6.7, in UTC; None for anything else."""
    try:
        when = parsedate_to_datetime(text)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # the parser fails in all of these ways
        return None
