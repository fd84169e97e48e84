"""Tells a failed read of an object or a list from an endpoint that is down, and that from an API that is (rule F3)."""

from __future__ import annotations

from collections.abc import Sequence

from ...catalogue.catalogue import CATALOGUE
from ...catalogue.endpoint import Endpoint
from ...errors import GivenUpError, RetryableError, SourceError, UnreachableError
from ...jsonapi.answer import Answer
from ..reader import Ask, Outages, Reader, answers

ROOTS = tuple(endpoint for endpoint in CATALOGUE.values() if endpoint.required and not endpoint.parent)
GIVEN_UP = "{}: read after read fails, and others answer: nothing more is asked of it in this run. The last one: {}"


class Failures:
    """What one walk makes of failed reads.

    Where so many fail in a row that the API may be down, something that answered is asked for once more. If that is of
    the same endpoint, the failures are their own. Else the endpoint is given up, unless a sync cannot do without it.
    """

    def __init__(self, reader: Reader, workers: int) -> None:
        self._reader = reader
        self._outages = Outages(workers)
        self._reached = False
        self._answered: dict[str, Ask] = {}  # by endpoint
        self._given_up: set[str] = set()
        self._untold: list[tuple[Endpoint, GivenUpError]] = []

    def answered(self, endpoint: Endpoint, ask: Ask) -> None:
        """*ask* was answered."""
        self._note_up()
        self._answered[endpoint.name] = ask

    def unless_given_up(self, endpoint: Endpoint, ask: Ask) -> Ask:
        """*ask*, which raises GivenUpError instead, once *endpoint* is given up."""

        def read() -> Answer:
            if endpoint.name in self._given_up:
                raise GivenUpError(f"{endpoint.name} is given up")
            return ask()

        return read

    def judge(self, endpoint: Endpoint, error: Exception) -> SourceError:
        """Return *error* if it concerns this read only; GivenUpError where it was not sent.

        Raises:
            SourceError: *error*, if it concerns the whole tenant.
            Exception: *error*, if it is not a SourceError: a defect.
        """
        if isinstance(error, RetryableError) and endpoint.name in self._given_up:
            return error
        try:
            return self._outages.judge(error)
        except RetryableError as last:
            if not ((known := self._answered.get(endpoint.name)) and answers(known)):
                one = isinstance(last, UnreachableError) and not self._reached  # it is the first, and no outage yet
                if (endpoint.required and not one) or not any(map(answers, self._roots())):
                    raise
                if not one:
                    self._given_up.add(endpoint.name)
                    self._untold.append((endpoint, GivenUpError(GIVEN_UP.format(endpoint.name, last))))
            self._note_up()
            return last

    def _note_up(self) -> None:
        self._outages.answered()
        self._reached = True

    def given_up(self) -> Sequence[tuple[Endpoint, GivenUpError]]:
        """The endpoints that were given up since the last call."""
        untold, self._untold = self._untold, []
        return untold

    def _roots(self) -> Sequence[Ask]:
        return [self._reader.list_of(root) for root in ROOTS if self._reader.dialects.answered_in_this_run(root)]
