"""Values of answers that may have a next page; one that only a header names is a sign that nobody follows (rule F5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias, TypeVar

from ..errors import MalformedError
from .exchange.wire import Answer
from .outcome import header

T = TypeVar("T")
Hear: TypeAlias = Callable[[Mapping[str, str]], None]
UNLINKED = "a Link header says that there is a next page, and the answer does not"
NEXT_CURSOR = re.compile(rb'"next_?cursor"\s*:\s*(?:"[^"]|-?\d)', re.IGNORECASE)  # of a page on v1: a text or a number
NEXT_LINK = re.compile(rb'"next"\s*:\s*(?:"[^"]|\{)')  # of a page elsewhere: an address, or an object that has one
NEXT_PAGE = re.compile(r'\brel\s*=\s*"?[^",;]*\bnext\b', re.IGNORECASE)


def unheard(headers: Mapping[str, str]) -> None:
    """Whoever has no use for them."""


def linked(answer: Answer, parse: Callable[[bytes], T], hear: Hear = unheard) -> T:
    """The value of an answer that names its next page, if it has one, by an address; *hear* is told the headers.

    Raises:
        MalformedError: only a header names it.
    """
    _check(answer, NEXT_LINK)
    hear(answer.headers)
    return parse(answer.body)


def page(answer: Answer, parse: Callable[[bytes, str], T], hear: Hear = unheard) -> T | None:
    """The value of an answer that names its next page, if it has one, by a cursor; None for a 304.

    Raises:
        MalformedError: only a header names it.
    """
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return None
    _check(answer, NEXT_CURSOR)
    hear(answer.headers)
    return parse(answer.body, header(answer.headers, "ETag"))


def _check(answer: Answer, names_next: re.Pattern[bytes]) -> None:
    if NEXT_PAGE.search(header(answer.headers, "Link")) and not names_next.search(answer.body):
        raise MalformedError(UNLINKED)
