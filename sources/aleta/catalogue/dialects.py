"""Which version prefix and which names an endpoint is served under: found by trial, once, and remembered.

The vendor's pages disagree whether some paths are under v2 or v3, and the asset names of 2025 became instrument names
in 2026. Only a response decides. An endpoint that answers 404 for every parent under every name is not offered by this
API.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..errors import NotOfferedError, ParentGoneError, WindowTooWideError
from .endpoint import Endpoint, Track
from .on_v1 import OfferedOnV1

T = TypeVar("T")
DOCUMENTED = (Track.V2, Track.V3)
PARENTS_TO_TRY = 5  # after 404 for so many parents under every name, an endpoint counts as not offered


@dataclass(frozen=True, slots=True)
class Dialect:
    """A version prefix, and whether instruments have their older name, asset."""

    track: Track
    older: bool = False

    def path(self, path: str) -> str:
        return f"/{self.track}{self._named(path)}"

    def params(self, params: Mapping[str, str]) -> Mapping[str, str]:
        return {name: self._named(value) for name, value in params.items()}

    def _named(self, text: str) -> str:
        return text.replace("instrument", "asset") if self.older else text

    def __str__(self) -> str:
        return f"{self.track} {'asset' if self.older else 'instrument'}"


def dialects(endpoint: Endpoint) -> Sequence[Dialect]:
    """Every dialect to try for *endpoint*, each address once, the documented dialect first."""
    tracks = sorted(DOCUMENTED, key=lambda track: track is not endpoint.track)
    combinations = [Dialect(track, older) for older in (False, True) for track in tracks]
    by_address = {_address(endpoint, dialect): dialect for dialect in reversed(combinations)}
    return [dialect for dialect in combinations if dialect in by_address.values()]


def _address(endpoint: Endpoint, dialect: Dialect) -> tuple[str, ...]:
    return (dialect.path(endpoint.path), *dialect.params(endpoint.params).values())


class LearnedDialects:
    """The dialect that each endpoint of one API is served in, as far as it is known. Thread-safe.

    Attributes:
        on_v1: what v1 has, as far as this run found out.
    """

    def __init__(self) -> None:
        self._remembered: dict[str, str] = {}
        self._answered: dict[str, Dialect] = {}
        self.on_v1 = OfferedOnV1()
        self._working_paths: set[str] = set()
        self._not_found: dict[str, set[str]] = {}  # endpoint name or path -> parents answered 404
        self._lock = threading.Lock()

    def remember(self, learned: Mapping[str, str]) -> None:
        """Add what an earlier run `learned`; what v1 has is found out anew."""
        self._remembered |= {name: dialect for name, dialect in learned.items() if dialect != Track.V1}

    @property
    def learned(self) -> Mapping[str, str]:
        """Dialects by endpoint name, to be stored for the next run."""
        on_v1 = dict.fromkeys(self.on_v1.answered, f"{Track.V1}")
        return on_v1 | self._remembered | {name: f"{dialect}" for name, dialect in self._answered.items()}

    @property
    def tracks(self) -> Mapping[str, Track]:
        """By endpoint, the API version whose answers fill its table in this run."""
        tracks = {name: dialect.track for name, dialect in dict(self._answered).items()}
        return dict.fromkeys(self.on_v1.answered, Track.V1) | tracks | dict.fromkeys(self.on_v1.lists, Track.V1)

    def answers(self, endpoint: Endpoint) -> bool:
        """Whether *endpoint* has answered, in this run or an earlier one."""
        return self.answered_in_this_run(endpoint) or endpoint.name in self._remembered

    def answered_in_this_run(self, endpoint: Endpoint) -> bool:
        """Whether *endpoint* has answered in this run; only then a 404 means that an object or its rows are missing."""
        return endpoint.name in self._answered or endpoint.name in self.on_v1.answered

    def missing(self, endpoint: Endpoint) -> bool:
        """Whether *endpoint* was requested under every name and never answered."""
        was_not_found = endpoint.name in self._not_found or self._path_is_missing(endpoint)
        return was_not_found and not self.answers(endpoint)

    def _path_is_missing(self, endpoint: Endpoint) -> bool:
        """Whether its path, which other endpoints may share, was 404 for every parent."""
        if endpoint.path in self._working_paths:
            return False
        return len(self._not_found.get(endpoint.path, ())) >= PARENTS_TO_TRY

    def ask(self, endpoint: Endpoint, parent_id: str, send: Callable[[Dialect], T]) -> T:
        """The result of *send* in the dialect that the endpoint is served in.

        Raises:
            NotOfferedError: `PARENTS_TO_TRY` parents were 404 already, and a 404 does not mean that a parent has no
                rows; nothing is sent.
            SourceError: raised by *send*; of several 404s, that of the documented dialect.
        """
        if (found := self._answered.get(endpoint.name)) is not None:
            return send(found)
        if self._given_up(endpoint) and not endpoint.none_is_404:
            raise NotOfferedError(f"{endpoint.name}: this API answers 404 whatever is asked", resource=endpoint.name)
        return self._search(endpoint, parent_id, send)

    def _search(self, endpoint: Endpoint, parent_id: str, send: Callable[[Dialect], T]) -> T:
        not_found_errors: list[ParentGoneError] = []
        too_wide: WindowTooWideError | None = None
        existing_path = ""  # known to exist, as it refused the span or a value of the query
        for dialect in self._to_try(endpoint):
            if existing_path and dialect.path(endpoint.path) != existing_path:
                continue
            try:
                result = send(dialect)
            except ParentGoneError as refusal:
                not_found_errors.append(refusal)
            except WindowTooWideError as refusal:
                too_wide, existing_path = too_wide or refusal, dialect.path(endpoint.path)
            else:
                self._remember_success(endpoint, dialect)
                return result
        if too_wide:
            raise too_wide
        with self._lock:
            for key in (endpoint.name, endpoint.path):
                self._not_found.setdefault(key, set()).add(parent_id)
        raise not_found_errors[0]

    def _remember_success(self, endpoint: Endpoint, dialect: Dialect) -> None:
        with self._lock:
            self._answered[endpoint.name] = dialect
            self._working_paths.add(endpoint.path)

    def _given_up(self, endpoint: Endpoint) -> bool:
        if endpoint.required or not self.missing(endpoint):
            return False
        return self._path_is_missing(endpoint) or len(self._not_found[endpoint.name]) >= PARENTS_TO_TRY

    def _to_try(self, endpoint: Endpoint) -> Iterable[Dialect]:
        """The dialects to try, the one that answered last time first.

        If a 404 may mean that a parent has no rows, no number of them proves that the endpoint is missing. Every parent
        is still requested, but in the end only in the dialect that the parents themselves are served in.
        """
        if self._given_up(endpoint):
            return self._ranked(endpoint, like=endpoint.parent)[:1]
        return self._ranked(endpoint, like=endpoint.name)

    def _ranked(self, endpoint: Endpoint, *, like: str) -> Sequence[Dialect]:
        answered = self._answered.get(like)
        preferred = f"{answered}" if answered else self._remembered.get(like)
        return sorted(dialects(endpoint), key=lambda dialect: f"{dialect}" != preferred)
