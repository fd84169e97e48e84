"""What v1 has, found by trial in each run: lists and single objects apart. Pure.

A 404 of v1 may mean that it has no such list, or no such parent or object: v2 and v3 decide. Where they answer what v1
never did, v1 is not asked for the like again in this run.
"""

from __future__ import annotations

import threading
from collections.abc import Set as AbstractSet

from .endpoint import Endpoint, Form


class OfferedOnV1:
    """Of each endpoint, whether v1 lists it and has its objects by id. Thread-safe."""

    def __init__(self) -> None:
        self._lists: set[str] = set()
        self._objects: set[str] = set()
        self._lacking: set[tuple[str, bool]] = set()
        self._lock = threading.Lock()

    @property
    def lists(self) -> AbstractSet[str]:
        """Names of endpoints whose list v1 answered."""
        with self._lock:
            return frozenset(self._lists)

    @property
    def answered(self) -> AbstractSet[str]:
        """Names of endpoints that v1 answered for, in either way."""
        with self._lock:
            return frozenset(self._lists | self._objects)

    def may_have(self, endpoint: Endpoint, *, by_id: bool) -> bool:
        """Whether it is worth asking. Keys for signatures are no list."""
        return endpoint.form is not Form.KEYS and (endpoint.name, by_id) not in self._lacking

    def note_answer(self, endpoint: Endpoint, *, by_id: bool) -> None:
        """v1 has it."""
        with self._lock:
            (self._objects if by_id else self._lists).add(endpoint.name)

    def note_elsewhere(self, endpoint: Endpoint, *, by_id: bool) -> None:
        """v1 answered 404 for what another version has."""
        with self._lock:
            if endpoint.name not in (self._objects if by_id else self._lists):
                self._lacking.add((endpoint.name, by_id))
