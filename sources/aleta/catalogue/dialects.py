"""Which version prefix and which names an endpoint is served under: found by trial, once, and remembered.

The vendor's pages disagree whether some paths are under v2 or v3, and the asset names of 2025 became instrument names
in 2026. Only a response decides. Until one came, each parent is tried under every name: that others have nothing there
says nothing of it. An endpoint that answered 404 for every parent under every name is not offered by this API.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..errors import ParentGoneError, WindowTooWideError
from .endpoint import Endpoint, Track
from .on_v1 import OfferedOnV1

T = TypeVar("T")
DOCUMENTED = (Track.V2, Track.V3)


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
        self._not_found: set[str] = set()  # endpoints, for any parent under every name that was tried
        self._searched_lately: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def remember(self, learned: Mapping[str, str], *, searched_lately: Iterable[str] = ()) -> None:
        """Add what an earlier run `learned`; what v1 has is found out anew, and that it answered is no dialect.

        Args:
            searched_lately: endpoints that answered no parent under any name a few days ago: they are asked for under
                the likely names only, as long as they do not answer.
        """
        self._remembered |= learned
        self._searched_lately |= set(searched_lately)

    @property
    def learned(self) -> Mapping[str, str]:
        """Dialects by endpoint name, to be stored for the next run."""
        on_v1 = dict.fromkeys(self.on_v1.answered, f"{Track.V1}")
        return on_v1 | self._remembered | {name: f"{dialect}" for name, dialect in dict(self._answered).items()}

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
        """Whether *endpoint* was requested, and never answered."""
        return endpoint.name in self._not_found and not self.answers(endpoint)

    def ask(self, endpoint: Endpoint, send: Callable[[Dialect], T]) -> T:
        """The result of *send* in the dialect that the endpoint is served in.

        Raises:
            SourceError: raised by *send*; of several 404s, that of the first dialect that was tried.
        """
        if (found := self._answered.get(endpoint.name)) is not None:
            return send(found)
        return self._search(endpoint, send)

    def _search(self, endpoint: Endpoint, send: Callable[[Dialect], T]) -> T:
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
                with self._lock:
                    self._answered[endpoint.name] = dialect
                return result
        if too_wide:
            raise too_wide
        with self._lock:
            self._not_found.add(endpoint.name)
        raise not_found_errors[0]

    def _to_try(self, endpoint: Endpoint) -> Sequence[Dialect]:
        """The dialects to try, the one that answered last time first."""
        if endpoint.name in self._searched_lately and not endpoint.required:
            likely = [self._ranked(endpoint, like=endpoint.parent)[0], dialects(endpoint)[0]]
            return list(dict.fromkeys(likely))
        return self._ranked(endpoint, like=endpoint.name)

    def _ranked(self, endpoint: Endpoint, *, like: str) -> Sequence[Dialect]:
        answered = self._answered.get(like)
        preferred = f"{answered}" if answered else self._remembered.get(like)
        return sorted(dialects(endpoint), key=lambda dialect: f"{dialect}" != preferred)
