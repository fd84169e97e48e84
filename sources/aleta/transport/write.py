"""Writes to the API: what is sent, what is known after it, and when it may be sent again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ..errors import AuthError, RateLimitedError, RetryableError, SourceError, UnavailableError, UnreachableError
from .client import Client
from .exchange.wire import Answer, Wire, reason
from .fate import Fate, Result, fate
from .messages import of_problem
from .outcome import Action, action, is_unauthorized
from .pacing.retry import RetryPolicy, persist
from .pacing.retry_after import retry_after_s

if TYPE_CHECKING:
    from ..auth.tokens import TokenCache
    from ..clock import Clock

ERRORS: Mapping[str, type[RetryableError]] = {
    kind.code: kind for kind in (RateLimitedError, UnavailableError, UnreachableError)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One request that changes something.

    Args:
        path: as in the API's reference, from `/v2` on.
        resource: what is written, for errors and the observer.
        repeatable: whether sending it twice does what sending it once does.
    """

    method: str
    path: str
    resource: str
    repeatable: bool
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Watcher(Protocol):
    """Told around every attempt; what it raises ends the write."""

    def sending(self) -> None:
        """From the return of this call on, the request may reach the API."""
        ...

    def came(self, result: Result) -> None:
        """What the attempt ended with."""
        ...


class Writer:
    """Writes of one tenant, one at a time, within the budget and with the bearer of *client*.

    Args:
        client: whose turns are taken.
        base_url: as *client* has it.
    """

    def __init__(
        self,
        client: Client,
        base_url: str,
        *,
        tokens: TokenCache,
        clock: Clock,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._client = client
        self._connect = partial(Wire, base_url, pool=1, bounds=client.bounds)
        self._wire = self._connect()
        self._tokens = tokens
        self._clock = clock
        self._policy = policy or RetryPolicy()

    def send(self, write: Write, *, watcher: Watcher) -> Result:
        """Send *write* until its fate is known, as often as that is safe and as long as the policy says.

        What was certainly not written is sent again; what may have been, only if it is repeatable.

        Returns:
            The last attempt's end, also when patience is over.

        Raises:
            AuthError: no token, or a fresh one was refused.
            RetryableError: no token, for as long as the policy says.
            StoppedError: the run was asked to stop; the watcher knows what became of the attempts before.
        """
        course = _Course(write=write, watcher=watcher)
        try:
            return persist(
                lambda: self._attempt(course),
                resource=write.resource,
                policy=self._policy,
                clock=self._clock,
                notice=self._client.pauses(write.resource),
                sent_s=lambda: course.sent_s,
            )
        except RetryableError as error:
            if error.attrs.get("resource") != write.resource or course.result is None:
                raise
            return course.result

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def _attempt(self, course: _Course) -> Result:
        self._client.take_turn()
        result = self._send(course, self._tokens.get())
        if is_unauthorized(result.status) and not course.refreshed:
            course.refreshed = True
            self._client.take_turn()  # a new token may end while all pause
            result = self._send(course, self._tokens.refresh(course.bearer))
        if is_unauthorized(result.status):
            advice = "it refuses a fresh token: check that iss, sub and audience are of this API"
            raise AuthError(f"{course.write.resource}: {result.message}; {advice}", status=result.status)
        again = result.fate is Fate.NOT_TAKEN or (result.fate is Fate.UNKNOWN and course.write.repeatable)
        if again:
            raise _retryable(result, course.write.resource)
        return result

    def _send(self, course: _Course, bearer: str) -> Result:
        course.bearer = bearer
        course.sent_s = self._clock.monotonic()
        course.watcher.sending()
        self._client.attempting(course.write.resource)
        course.result = self._exchange(course.write, bearer)
        course.watcher.came(course.result)
        return course.result

    def _exchange(self, write: Write, bearer: str) -> Result:
        body = _Body(write.body)
        try:
            with self._wire_for(write) as wire:
                answer = wire.write(
                    write.method,
                    f"/api{write.path}",
                    params=write.params,
                    body=body if write.body else None,
                    bearer=bearer,
                    alone=not write.repeatable,
                )
        except Exception as error:  # noqa: BLE001 - whatever it was, the request may have gone out
            return _unanswered(error, went_out=body.begun or not write.body)
        return self._judged(write, answer, bearer)

    @contextmanager
    def _wire_for(self, write: Write) -> Iterator[Wire]:
        """What may go out once only goes over a new connection: a kept one may be closed just as it is used."""
        if write.repeatable:
            yield self._wire
            return
        wire = self._connect()
        try:
            yield wire
        finally:
            wire.close()

    def _judged(self, write: Write, answer: Answer, bearer: str) -> Result:
        detail = of_problem(answer.body, hide=[bearer])
        limited = action(answer.status) is Action.RATE_LIMITED
        return Result(
            fate=fate(write.method, answer.status, answer.headers, answer.body),
            code=RateLimitedError.code if limited else UnavailableError.code,
            message=f"the API answered {answer.status}{f' ({detail})' if detail else ''}",
            status=answer.status,
            wait_s=retry_after_s(answer.headers, self._clock.now()),
        )


@dataclass(slots=True, kw_only=True)
class _Course:
    """One write from its first attempt to its last."""

    write: Write
    watcher: Watcher
    refreshed: bool = False
    sent_s: float = -math.inf  # when the last attempt was
    bearer: str = field(default="", repr=False)
    result: Result | None = None


class _Body:
    """A body that knows whether any of it was handed to a connection."""

    def __init__(self, content: bytes) -> None:
        self.begun = False
        self._content = content

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        yield self._content


def _unanswered(error: Exception, *, went_out: bool) -> Result:
    """A connection that was never there took nothing; of one that broke, nobody can say what it took."""
    code = error.code if isinstance(error, RetryableError) else UnavailableError.code
    if not went_out:
        why = f"{error}" if isinstance(error, SourceError) else reason(error)
        return Result(fate=Fate.NOT_TAKEN, code=code, message=why)
    broke = isinstance(error, UnreachableError) or not isinstance(error, SourceError)
    why = reason(error.__context__ or error) if broke else f"{error}"
    return Result(fate=Fate.UNKNOWN, code=UnavailableError.code, message=f"sent, and no whole answer came ({why})")


def _retryable(result: Result, resource: str) -> RetryableError:
    return ERRORS[result.code](result.message, retry_after_s=result.wait_s, resource=resource)
