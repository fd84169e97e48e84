"""Asks the API for one thing of one endpoint, and knows when to stop asking at all."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from ..catalogue.dialects import Dialect, LearnedDialects
from ..catalogue.endpoint import Endpoint, Form
from ..clock import Clock
from ..errors import AuthError, RetryableError, SourceError, StoppedError, UnreachableError
from ..jsonapi.answer import Answer, Parse, nothing, parser
from ..planning.windows import Window

T = TypeVar("T")
Ask: TypeAlias = Callable[[], Answer]
OUTAGE = 3  # times the workers: so many reads given up in a row are no longer the fault of one account


class Getter(Protocol):
    """What sends the requests: `transport.client.Client`."""

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        parse: Callable[[bytes], T],
        resource: str,
        parent_id: str = "",
    ) -> T: ...


class Reader:
    """Questions in the words of the catalogue, as jobs for the workers.

    Attributes:
        dialects: under which names the API answers.
    """

    def __init__(self, client: Getter, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self.dialects = LearnedDialects()

    def list_of(self, endpoint: Endpoint, parent_id: str = "", window: Window | None = None) -> Ask:
        """The rows of *endpoint* under *parent_id*, within *window* where it goes by dates."""
        whose = {endpoint.parent_param: parent_id} if endpoint.parent_param else {}
        days = endpoint.dates.query(window) if endpoint.dates and window else {}
        day = window.first if window and endpoint.form is Form.EITHER else None
        parse = parser(endpoint, parent_id=parent_id, now=self._clock.now, day=day)
        return self._ask(endpoint, endpoint.path, {**whose, **days}, parent_id, parse)

    def one_of(self, endpoint: Endpoint, own_id: str, parent_id: str = "") -> Ask:
        """One object of *endpoint* by its own id."""
        path = (endpoint.detail or endpoint.path).replace("{id}", "{parent_id}")  # the client's name for whose
        parse = parser(endpoint, parent_id=parent_id, now=self._clock.now, own_id=own_id)
        return self._ask(endpoint, path, {}, own_id, parse)

    def none_of(self, endpoint: Endpoint, parent_id: str) -> Answer:
        """An answer without rows, where the API says so in other words."""
        return nothing(endpoint, parent_id=parent_id, at=self._clock.now())

    def _ask(self, endpoint: Endpoint, path: str, params: Mapping[str, str], parent_id: str, parse: Parse) -> Ask:
        def send(dialect: Dialect) -> Answer:
            return self._client.get(
                dialect.path(path),
                params={**dialect.params(endpoint.params), **params},
                parse=parse,
                resource=endpoint.name,
                parent_id=parent_id,
            )

        return functools.partial(self.dialects.ask, endpoint, parent_id, send)


class Outages:
    """Tells a read that failed (rule F3: the others go on) from an API that is down (nothing else would succeed)."""

    def __init__(self, workers: int) -> None:
        self._limit = OUTAGE * workers
        self._failed_in_a_row = 0
        self._answered = False

    def answered(self) -> None:
        self._failed_in_a_row = 0
        self._answered = True

    def judge(self, error: Exception) -> SourceError:
        """The error, when it concerns one read only.

        Raises:
            SourceError: *error*, when it concerns the whole tenant.
            Exception: *error*, when it is none of the source's own: a defect.
        """
        if not isinstance(error, SourceError) or isinstance(error, AuthError | StoppedError):
            raise error
        if not isinstance(error, RetryableError):
            self.answered()  # a refusal is an answer: the API is up
            return error
        self._failed_in_a_row += 1
        nobody_home = isinstance(error, UnreachableError) and not self._answered
        if nobody_home or self._failed_in_a_row >= self._limit:
            raise error
        return error
