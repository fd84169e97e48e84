"""Under which prefix and which names an endpoint answers: tried by evidence, once, and remembered.

The vendor's pages disagree whether some paths live under v2 or v3, and the asset family of 2025 became the instrument
family in 2026. Only an answer decides. An endpoint that answers nobody, under no name, is one that this API does not
offer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..errors import NotOfferedError, ParentGoneError, WindowTooWideError
from .endpoint import Endpoint, Track

T = TypeVar("T")
IN_VAIN = 5  # parents that were asked for in vain under every name, until a path counts as not offered


@dataclass(frozen=True, slots=True)
class Dialect:
    """A prefix, and whether instruments go by their older name."""

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
    """Every way to ask for *endpoint*, each address once: the documented one first."""
    tracks = sorted(Track, key=lambda track: track is not endpoint.track)
    every = [Dialect(track, older) for older in (False, True) for track in tracks]
    told_apart = {
        (dialect.path(endpoint.path), *dialect.params(endpoint.params).values()): dialect for dialect in reversed(every)
    }
    return [dialect for dialect in every if dialect in told_apart.values()]


class LearnedDialects:
    """What is known of one API: under which dialect each endpoint answers. Safe for threads."""

    def __init__(self) -> None:
        self._remembered: dict[str, str] = {}
        self._answered: dict[str, Dialect] = {}
        self._answering: set[str] = set()  # paths
        self._in_vain: dict[str, set[str]] = {}  # endpoint -> parents; also path -> parents
        self._lock = threading.Lock()

    def remember(self, learned: Mapping[str, str]) -> None:
        """What an earlier run `learned`."""
        self._remembered |= learned

    @property
    def learned(self) -> Mapping[str, str]:
        """For the next run."""
        return self._remembered | {name: f"{dialect}" for name, dialect in self._answered.items()}

    def answers(self, endpoint: Endpoint) -> bool:
        """Whether it ever answered, in this run or an earlier one."""
        return endpoint.name in self._answered or endpoint.name in self._remembered

    def heard(self, endpoint: Endpoint) -> bool:
        """Whether it answered in this run: only then a 404 of this run says something of an object or of its rows."""
        return endpoint.name in self._answered

    def missing(self, endpoint: Endpoint) -> bool:
        """Whether it was asked for, under every name, and never answered."""
        in_vain = endpoint.name in self._in_vain or self._dead(endpoint)
        return in_vain and not self.answers(endpoint)

    def _dead(self, endpoint: Endpoint) -> bool:
        """Whether its path, which other endpoints may share, answered nobody."""
        return endpoint.path not in self._answering and len(self._in_vain.get(endpoint.path, ())) >= IN_VAIN

    def ask(self, endpoint: Endpoint, parent_id: str, send: Callable[[Dialect], T]) -> T:
        """What *send* brings in the dialect that answers.

        Raises:
            NotOfferedError: many parents were asked for in vain already, and a 404 does not just say that a parent has
                no rows; nothing is sent.
            SourceError: as *send*; of several refusals the one of the documented dialect.
        """
        if (found := self._answered.get(endpoint.name)) is not None:
            return send(found)
        if self._hopeless(endpoint) and not endpoint.none_is_404:
            raise NotOfferedError(f"{endpoint.name}: this API answers 404 whatever is asked", resource=endpoint.name)
        return self._search(endpoint, parent_id, send)

    def _search(self, endpoint: Endpoint, parent_id: str, send: Callable[[Dialect], T]) -> T:
        gone: list[ParentGoneError] = []
        too_wide: WindowTooWideError | None = None
        there = ""  # the path that exists: it refused the span, or a word of the query
        for dialect in self._likely(endpoint):
            if there and dialect.path(endpoint.path) != there:
                continue
            try:
                came = send(dialect)
            except ParentGoneError as refusal:
                gone.append(refusal)
            except WindowTooWideError as refusal:
                too_wide, there = too_wide or refusal, dialect.path(endpoint.path)
            else:
                self._note(endpoint, dialect)
                return came
        if too_wide:
            raise too_wide
        with self._lock:
            for place in (endpoint.name, endpoint.path):
                self._in_vain.setdefault(place, set()).add(parent_id)
        raise gone[0]

    def _note(self, endpoint: Endpoint, dialect: Dialect) -> None:
        with self._lock:
            self._answered[endpoint.name] = dialect
            self._answering.add(endpoint.path)

    def _hopeless(self, endpoint: Endpoint) -> bool:
        vain = not endpoint.required and self.missing(endpoint)
        return vain and (self._dead(endpoint) or len(self._in_vain[endpoint.name]) >= IN_VAIN)

    def _likely(self, endpoint: Endpoint) -> Iterable[Dialect]:
        """The one that answered last time first.

        Where a 404 may say that a parent has no rows, any number of them says nothing of the endpoint: all parents are
        asked for, but in the end only in the dialect that they themselves answer in.
        """
        if self._hopeless(endpoint):
            return self._ranked(endpoint, like=endpoint.parent)[:1]
        return self._ranked(endpoint, like=endpoint.name)

    def _ranked(self, endpoint: Endpoint, *, like: str) -> Sequence[Dialect]:
        answered = self._answered.get(like)
        spoken = f"{answered}" if answered else self._remembered.get(like)
        return sorted(dialects(endpoint), key=lambda dialect: f"{dialect}" != spoken)
