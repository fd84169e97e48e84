"""Sends one request for one endpoint, and detects when the API is down."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Protocol, TypeAlias, TypeVar

from ..catalogue.dialects import Dialect, LearnedDialects
from ..catalogue.endpoint import Endpoint, Form
from ..clock import Clock
from ..errors import (
    AuthError,
    ClockError,
    ForbiddenError,
    ParentGoneError,
    RetryableError,
    SourceError,
    StoppedError,
    UnreachableError,
)
from ..jsonapi.answer import Answer, Parse, nothing, parser
from ..planning.windows import Window
from ..v1.document import list_reader, object_reader
from .cursor_lists import CursorLists, Wanted
from .pages import Pages

T = TypeVar("T")
Ask: TypeAlias = Callable[[], Answer]
OUTAGE = 3  # times the workers: after reads of so many failed in a row, the API counts as down


class Getter(Protocol):
    """Sends the requests: `transport.client.Client`."""

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        parse: Callable[[bytes], T],
        hear: Callable[[Mapping[str, str]], None],
        resource: str,
        parent_id: str = "",
    ) -> T: ...

    def follow(
        self,
        url: str,
        *,
        path: str,
        parse: Callable[[bytes], T],
        hear: Callable[[Mapping[str, str]], None],
        resource: str,
        parent_id: str = "",
    ) -> T: ...


class Reader:
    """Makes jobs for the workers: requests that the catalogue describes.

    Args:
        v1: asked first, where lists are read from v1; what it lacks is read from v2 and v3.

    Attributes:
        dialects: the prefixes and names that the API is served under.
    """

    def __init__(self, client: Getter, clock: Clock, *, v1: CursorLists | None = None) -> None:
        self._client = client
        self._v1 = v1
        self._clock = clock
        self.dialects = LearnedDialects()

    def list_of(self, endpoint: Endpoint, parent_id: str = "", window: Window | None = None) -> Ask:
        """A request for the rows of *endpoint* under *parent_id*, within *window* if it has dates."""
        parent = {endpoint.parent_param: parent_id} if endpoint.parent_param else {}
        days = endpoint.dates.query(window) if endpoint.dates and window else {}
        day = window.first if window and endpoint.form is Form.EITHER else None
        read = functools.partial(parser, endpoint, parent_id=parent_id, now=self._clock.now, day=day)
        ask = self._ask(endpoint, endpoint.path, {**parent, **days}, parent_id, read())
        if self._v1 is None:
            return ask
        wanted = Wanted(
            endpoint=endpoint,
            path=endpoint.path,
            params={**endpoint.params, **parent, **days},
            parent_id=parent_id,
            parse=read(read=list_reader(endpoint)),
        )
        return functools.partial(self._v1_first, endpoint, functools.partial(self._v1.whole, wanted), ask, by_id=False)

    def one_of(self, endpoint: Endpoint, own_id: str, parent_id: str = "") -> Ask:
        """A request for one object of *endpoint* by its own id."""
        path = endpoint.single.replace("{id}", "{parent_id}")  # the client's name for an id in a path
        read = functools.partial(parser, endpoint, parent_id=parent_id, now=self._clock.now, own_id=own_id)
        ask = self._ask(endpoint, path, {}, own_id, read())
        if self._v1 is None:
            return ask
        parse = read(read=object_reader(endpoint))
        wanted = Wanted(endpoint=endpoint, path=path, params={}, parent_id=own_id, parse=parse)
        return functools.partial(self._v1_first, endpoint, functools.partial(self._v1.one, wanted), ask, by_id=True)

    def track_of(self, endpoint: Endpoint) -> str:
        """The API version that answers for *endpoint*, as far as this run found out; the documented one before."""
        return self.dialects.tracks.get(endpoint.name, endpoint.track)

    def _v1_first(self, endpoint: Endpoint, read: Ask, otherwise: Ask, *, by_id: bool) -> Answer:
        """What v1 has; where it answers 404, be it that it lacks the list, the parent or the object, v2 and v3 decide.

        An object that v1 refuses to show by its id is asked for there too: that it is gone must be sure.
        """
        on_v1 = self.dialects.on_v1
        if on_v1.may_have(endpoint, by_id=by_id):
            try:
                answer = read()
            except ParentGoneError:
                pass
            except ForbiddenError:
                if not by_id:
                    raise
            else:
                on_v1.note_answer(endpoint, by_id=by_id)
                return answer
        answer = otherwise()
        on_v1.note_elsewhere(endpoint, by_id=by_id)
        return answer

    def none_of(self, endpoint: Endpoint, parent_id: str) -> Answer:
        """An answer without rows, for a 404 that means that *parent_id* has none."""
        answer = nothing(endpoint, parent_id=parent_id, at=self._clock.now())
        return replace(answer, track=self.track_of(endpoint))

    def _ask(self, endpoint: Endpoint, path: str, params: Mapping[str, str], parent_id: str, parse: Parse) -> Ask:
        def send(dialect: Dialect) -> Answer:
            asked = dialect.path(path)
            pages = Pages(parse)
            self._client.get(
                asked,
                params={**dialect.params(endpoint.params), **params},
                parse=pages.take,
                hear=pages.hear,
                resource=endpoint.name,
                parent_id=parent_id,
            )
            while url := pages.next_url:
                self._client.follow(
                    url,
                    path=asked,
                    parse=pages.take,
                    hear=pages.hear,
                    resource=endpoint.name,
                    parent_id=parent_id,
                )
            return replace(pages.whole, track=dialect.track)

        return functools.partial(self.dialects.ask, endpoint, send)


def answers(ask: Ask) -> bool:
    """Whether the API answers a request, be it with a refusal."""
    try:
        ask()
    except RetryableError:
        return False
    except (AuthError, ClockError, StoppedError):
        raise
    except SourceError:
        pass
    return True


class Outages:
    """Tells failed reads (the others go on, rule F3) from an API that is down (no other read would succeed)."""

    def __init__(self, workers: int) -> None:
        self._limit = OUTAGE * workers
        self._failed_in_a_row = set[Hashable]()
        self._answered = False

    @property
    def failing(self) -> AbstractSet[Hashable]:
        """What failed in a row."""
        return self._failed_in_a_row

    def answered(self) -> None:
        self._failed_in_a_row.clear()
        self._answered = True

    def judge(self, error: Exception, *, of: Hashable = None) -> SourceError:
        """Return *error* if it concerns this read only.

        Args:
            of: what is read; several reads of the same that fail in a row count as one. None: of something else each
                time.

        Raises:
            SourceError: *error*, if it concerns the whole tenant.
            Exception: *error*, if it is not a SourceError: a defect.
        """
        if not isinstance(error, SourceError) or isinstance(error, AuthError | ClockError | StoppedError):
            raise error
        if not isinstance(error, RetryableError):
            self.answered()  # a refusal is a response: the API is up
            return error
        self._failed_in_a_row.add(of or len(self._failed_in_a_row))
        never_reached = isinstance(error, UnreachableError) and not self._answered
        if never_reached or len(self._failed_in_a_row) >= self._limit:
            raise error
        return error
