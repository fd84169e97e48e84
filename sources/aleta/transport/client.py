"""Reads from the API: the attempt loop."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from ..errors import (
    ClockError,
    DefectError,
    MalformedError,
    RefusedError,
    RetryableError,
    SourceError,
    TooLargeError,
    UndecodableError,
)
from .exchange.wire import JSON_API, Answer, Bounds, Wire
from .next_page import Hear, linked, page, unheard
from .observer import Observer, Silent
from .outcome import Action, action, is_unauthorized
from .pacing.pauses import Pauses
from .pacing.retry import RetryPolicy, persist
from .pacing.retry_after import retry_after_s
from .read import Read
from .skew import MOST_SKEW_S, Comparison, ahead_s, skew
from .witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..auth.tokens import TokenCache
    from ..clock import Clock
    from .pacing.limiter import TokenBucket

T = TypeVar("T")
TOLD = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED})  # what a bearer that is good is answered
LOOK_S = 0.05  # between looks at what other reads were answered
UNREADABLE = (ValueError, ArithmeticError, RecursionError, MemoryError)  # what libraries raise of a body; Arrow's too


class Client:
    """Reads of one tenant, for any number of threads: one budget, one token, one set of connections.

    One attempt = take a limiter token, stamp the current bearer, send, classify, parse; the retry loop wraps them all.

    Args:
        base_url: `https://platform.aleta.io`, or a loopback address; `/api` is put behind it.
        tokens: where the bearer comes from.
        bucket: the budget that all tracks share.
        clock: time and waiting.
        policy: how long to go on trying.
        observer: told of attempts, retries and waits.
        pool: connections at most; as many as there are workers.
        bounds: of each answer; an attribute too.
        prefix: of every path.
        accept: media types, in order of preference.
        clocks: what other servers of the same API said of this machine's clock.

    Attributes:
        clocks: what the API's answers say of this machine's clock.

    Raises:
        ValueError: *base_url* is neither https nor a loopback address.
        CertificatesError: the environment names certificate authorities that cannot be read.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tokens: TokenCache,
        bucket: TokenBucket,
        clock: Clock,
        policy: RetryPolicy | None = None,
        observer: Observer | None = None,
        pool: int = 8,
        bounds: Bounds | None = None,
        prefix: str = "/api",
        accept: str = JSON_API,
        clocks: Comparison | None = None,
    ) -> None:
        self.clocks = clocks or Comparison()
        self.bounds = bounds or Bounds()
        self._prefix, self._accept = prefix, accept
        self._wire = Wire(base_url, pool=pool, bounds=self.bounds)
        self._tokens = tokens
        self._bucket = bucket
        self._clock = clock
        self._policy = policy or RetryPolicy()
        self._observer = observer or Silent()
        self._witness = Witness()

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        parse: Callable[[bytes], T],
        hear: Hear = unheard,
        resource: str,
        parent_id: str = "",
    ) -> T:
        """Read *path* and parse its body.

        Args:
            path: as in the API's reference, from `/v2` on; `{parent_id}` stands for the encoded *parent_id*.
            params: the query, not encoded.
            parse: body to value; its MalformedError is a failed attempt (rule F1).
            hear: told the headers before that.
            resource: what is read, for errors and the observer; *parent_id*: whose.

        Raises:
            RetryableError: the last failure, after all attempts.
            ParentGoneError: 404.
            ForbiddenError: 403.
            WindowTooWideError: 400 or 422; attrs `detail` has the API's words.
            RefusedError: a status that no rule lists, or an id that no path can hold; TooLargeError: too many bytes.
            UnauthorizedError: 401, with a bearer that is accepted of others.
            DefectError: *parse* failed by its own fault.
            ClockError: this machine's clock is far off the API's.
            AuthError: no token, or a fresh one was refused, and nothing else was accepted with it.
            StoppedError: the run was asked to stop.
        """
        read = self._new(path, params or {}, resource, parent_id)
        return self._persist(read, lambda answer: linked(answer, parse, hear))

    def page(
        self,
        path: str,
        *,
        params: Mapping[str, str],
        parse: Callable[[bytes, str], T],
        hear: Hear = unheard,
        resource: str,
        parent_id: str = "",
        etag: str = "",
    ) -> T | None:
        """Read one page of a list that goes on by cursors; arguments and errors as for `get`.

        Args:
            parse: body and ETag to value; the ETag is empty where the answer has none.
            etag: of what is at hand.

        Returns:
            None where the API says that it still has what *etag* stands for (304).
        """
        read = self._new(path, params, resource, parent_id)
        read.etag = etag
        return self._persist(read, lambda answer: page(answer, parse, hear))

    def _new(self, path: str, params: Mapping[str, str], resource: str, parent_id: str) -> Read:
        return Read(template=path, params=params, resource=resource, parent_id=parent_id, prefix=self._prefix)

    def follow(
        self,
        url: str,
        *,
        path: str,
        parse: Callable[[bytes], T],
        hear: Hear = unheard,
        resource: str,
        parent_id: str = "",
    ) -> T:
        """Read the page that an answer to *path* links to as its next, by *url* as it is spelt there (rule F5).

        Raises:
            RefusedError: *url* leads to another server: no bearer goes there.
            SourceError: as `get`.
        """
        read = self._new(path, {}, resource, parent_id)
        read.target = self._wire.own_target(url, read.path)
        if not read.target:
            raise RefusedError(f"{read}: the answer's next page is on another server: it is not followed", **read.attrs)
        return self._persist(read, lambda answer: linked(answer, parse, hear))

    def _persist(self, read: Read, take: Callable[[Answer], T]) -> T:
        with self._witness.reading():
            return persist(
                lambda: self._attempt(read, take),
                resource=read.resource,
                policy=self._policy,
                clock=self._clock,
                notice=self.pauses(read.resource),
                sent_s=lambda: read.sent_s,
            )

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def _attempt(self, read: Read, take: Callable[[Answer], T]) -> T:
        answer = self._timely(read)
        unchanged = answer.status == HTTPStatus.NOT_MODIFIED and bool(read.etag)
        if action(answer.status) is not Action.OK and not unchanged:
            wait_s = retry_after_s(answer.headers, self._clock.now())
            raise read.refusal(answer.status, answer.body, wait_s)
        try:
            return take(answer)
        except (MalformedError, UndecodableError) as error:
            raise read.located(error) from error
        except SourceError:
            raise
        except UNREADABLE as error:
            raise read.located(MalformedError(f"the answer cannot be read ({type(error).__name__})")) from None
        except Exception as error:
            message = f"{read}: this program failed to read the answer ({type(error).__name__}): report it"
            raise DefectError(message, **read.attrs) from error

    def _timely(self, read: Read) -> Answer:
        """The answer to *read*; one whose `Date` is far off is asked for once more.

        Raises:
            ClockError: this machine's clock is far off (rule M6): whatever came, no day could be relied on.
        """
        for _ in range(2):
            answer = self._authorized(read)
            told = answer.status in TOLD  # of either a server sends its time (RFC 9110 section 6.6.1)
            if not (told and self.clocks.is_off(ahead_s(answer.headers, self._clock.now()))):
                return answer
        words = skew(self.clocks.seconds, tolerated_s=MOST_SKEW_S)
        raise ClockError(f"{read}: {words}; compared with {self._wire.host}", **read.attrs)

    def _authorized(self, read: Read) -> Answer:
        """The answer to *read*; a 401 is asked again with a new token, once in the life of the read."""
        answer = self._send_with(self._tokens.get, read)
        read.alone = is_unauthorized(answer.status) and self._witness.one_refused and self._accepts_of_another(read)
        if is_unauthorized(answer.status) and not (read.alone or read.refreshed):
            read.refreshed, stale = True, read.bearer
            answer = self._send_with(lambda: self._tokens.refresh(stale), read)
        if is_unauthorized(answer.status) and not read.alone and self._tokens.get() != read.bearer:
            answer = self._send_with(self._tokens.get, read)  # another read had it renewed meanwhile
        if is_unauthorized(answer.status):
            read.alone = read.alone or self._accepts_of_another(read)
        elif answer.status in TOLD:
            self._witness.accepted(read, answer)
        return answer

    def _accepts_of_another(self, read: Read) -> bool:
        """Whether the API accepts, of something that it answered before, a bearer as new as it refuses to *read*.

        Raises:
            RetryableError: it does not say.
        """
        with self._witness.waiting():
            while self._witness.to_come:  # those asked at the same time, at the beginning of a run
                self._clock.sleep(LOOK_S)
        if not self._witness.known:
            return False
        self.take_turn()
        bearer = self._tokens.get()
        if not read.refreshed and bearer != read.bearer:  # another read had it renewed: this one was not tried with it
            return False
        again = self._witness.again(instead_of=read, bearer=bearer)
        answer = self._send(again)
        if action(answer.status) in {Action.RETRY, Action.RATE_LIMITED}:
            raise again.refusal(answer.status, answer.body, retry_after_s(answer.headers, self._clock.now()))
        accepted = not is_unauthorized(answer.status)
        self._witness.one_refused |= accepted
        return accepted

    def _send_with(self, bearer: Callable[[], str], read: Read) -> Answer:
        """The answer to *read* with a token that is asked for behind the turn: one may end while all pause."""
        self.take_turn()
        read.bearer = bearer()
        return self._send(read)

    def _send(self, read: Read) -> Answer:
        self.attempting(read.resource)
        read.sent_s = self._clock.monotonic()
        try:
            target = read.target or read.path
            return self._wire.get(target, params=read.params, bearer=read.bearer, accept=self._accept, etag=read.etag)
        except (RetryableError, TooLargeError) as error:
            raise read.located(error) from error

    def take_turn(self) -> None:
        """Wait for a token of the budget; one that a pause made void meanwhile is taken again."""
        pauses = -1
        while pauses != self._bucket.pauses:
            pauses = self._bucket.pauses
            now = self._clock.monotonic()
            wait_s = self._bucket.reserve(now)
            if wait_s > 0:
                self._observer.waiting(wait_s, "rate_limited" if self._bucket.paused(now) else "budget")
            self._clock.sleep(wait_s)  # also for nothing: it notices that the run is to stop

    def attempting(self, resource: str) -> None:
        """A request of the budget is about to be sent."""
        self._observer.attempt(resource)

    def pauses(self, resource: str) -> Pauses:
        """What is to be told of each failed attempt at one read or write."""
        return Pauses(
            resource=resource,
            bucket=self._bucket,
            clock=self._clock,
            observer=self._observer,
            given_up_s=self._policy.cap_s,
        )
