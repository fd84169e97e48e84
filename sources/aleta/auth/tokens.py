"""The bearer of the moment, shared by all workers of a tenant; how it is fetched is passed in."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..clock import Clock

MAX_SKEW_S = 60.0
SKEW_SHARE = 0.1  # of the lifetime: a token of a few seconds must still be of use


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer, and when it ends on the clock's monotonic scale."""

    value: str = field(repr=False)
    expires_at_s: float


class TokenCache:
    """Hands out one token until shortly before it ends; one fetch at a time, whatever the number of threads.

    Args:
        fetch: asks for a new token; may raise anything, which goes to everyone who waited for it.
    """

    def __init__(self, fetch: Callable[[], Token], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._fresh_until_s = 0.0
        self._failures = 0
        self._failure: Exception | None = None

    def get(self) -> str:
        """A token that is not about to end."""
        return self._renewed(unless=lambda _: True)

    def refresh(self, stale: str) -> str:
        """A token other than *stale*, which the API refused; fetched only if nobody did so before."""
        return self._renewed(unless=lambda token: token.value != stale)

    def _renewed(self, unless: Callable[[Token], bool]) -> str:
        failures = self._failures
        with self._lock:
            fresh = self._clock.monotonic() < self._fresh_until_s
            if self._token is not None and fresh and unless(self._token):
                return self._token.value
            if self._failure is not None and self._failures != failures:
                raise self._failure  # it came while we waited; eight threads need not fail one after another
            return self._fetch_now().value

    def _fetch_now(self) -> Token:
        asked_s = self._clock.monotonic()
        try:
            token = self._fetch()
        except Exception as error:
            self._failures, self._failure = self._failures + 1, error
            raise
        skew_s = min(MAX_SKEW_S, SKEW_SHARE * (token.expires_at_s - asked_s))
        self._token, self._fresh_until_s = token, token.expires_at_s - skew_s
        return token
