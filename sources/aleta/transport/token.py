"""The token endpoint: a signed assertion for a bearer (RFC 7523 section 2.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import msgspec

from ..auth.assertion import assertion
from ..auth.tokens import Token
from ..errors import (
    AuthError,
    MalformedError,
    MistimedError,
    RateLimitedError,
    RetryableError,
    TooLargeError,
    UnavailableError,
)
from ..safe_text import printable
from .exchange.allowance import MB
from .exchange.wire import Answer, Bounds, Wire
from .messages import of_refusal
from .observer import Observer, Silent
from .outcome import Action, action
from .pacing.retry import RetryPolicy, persist
from .pacing.retry_after import retry_after_s
from .skew import MOST_SKEW_S, ahead_s, skew

if TYPE_CHECKING:
    from ..auth.signer import Signer
    from ..clock import Clock

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PATH = "/oauth/token"
RESOURCE = "token"  # in attrs, where a read has the name of a table
LARGEST = MB  # bytes of an answer: a token has some thousand
ASSUMED_LIFE_S = 60.0  # where the answer does not say (RFC 6749 section 5.1 recommends that it does)
RETRIED = {Action.RETRY, Action.RATE_LIMITED}


class TokenEndpoint:
    """Asks for tokens; give its `fetch` to a `TokenCache`. Takes nothing from the request budget.

    Args:
        auth_url: `https://auth.aleta.io`, or a loopback address; `/oauth/token` is put behind it.
        signer: signs the assertions.
        iss: claim, as Aleta assigned it.
        sub: claim, as Aleta assigned it.
        audience: claim `aud`.
        clock: time and waiting.
        policy: how long to go on trying.
        observer: told of retries and waits.
        read_timeout_s: what one answer may take.

    Attributes:
        ahead_s: this machine's clock against the endpoint's, once it answered.

    Raises:
        ValueError: *auth_url* is neither https nor a loopback address.
    """

    def __init__(
        self,
        auth_url: str,
        *,
        signer: Signer,
        iss: str,
        sub: str,
        audience: str,
        clock: Clock,
        policy: RetryPolicy | None = None,
        observer: Observer | None = None,
        read_timeout_s: float = 300.0,
    ) -> None:
        self._wire = Wire(auth_url, pool=1, bounds=Bounds(seconds=read_timeout_s, size=LARGEST))
        self._kid = signer.key_id
        self._assertion = partial(assertion, signer, iss=iss, sub=sub, aud=audience)
        self._clock = clock
        self._policy = policy or RetryPolicy()
        self._observer = observer or Silent()
        self.ahead_s: float | None = None

    def fetch(self) -> Token:
        """A new token; each attempt has an assertion of its own, for one may be used once only (rule F4).

        Raises:
            AuthError: the endpoint refused the assertion, or its answers hold no token.
            KeyUnusableError: the assertion cannot be signed.
            UnreachableError: no connection for as long as the policy says.
            RetryableError: any other last failure.
            StoppedError: the run was asked to stop.
        """
        try:
            return persist(
                self._attempt, resource=RESOURCE, policy=self._policy, clock=self._clock, notice=self._notice
            )
        except MalformedError as error:
            raise AuthError(f"{error}; check auth_url", **error.attrs) from error

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _attempt(self) -> Token:
        self._clock.sleep(0.0)  # notices that the run is to stop
        asked_s = self._clock.monotonic()
        signed = self._assertion(now=self._clock.now())
        try:
            answer = self._wire.post_form(PATH, {"grant_type": GRANT, "assertion": signed})
        except RetryableError as error:
            raise type(error)(f"no token: {error}", resource=RESOURCE) from error
        except TooLargeError as error:
            raise MalformedError(f"no token: {self._wire.host}: {error}", resource=RESOURCE) from error
        self.ahead_s = ahead_s(answer.headers, self._clock.now())
        if action(answer.status) is not Action.OK:
            self._refuse(answer, signed)
        return self._token(answer, asked_s)

    def _token(self, answer: Answer, asked_s: float) -> Token:
        try:
            grant = _grant(answer.body)
        except _UnusableError as error:
            raise MalformedError(f"{self._wire.host} answered 200 {error}", resource=RESOURCE) from None
        return Token(value=grant.access_token, expires_at_s=asked_s + grant.expires_in)

    def _refuse(self, answer: Answer, signed: str) -> NoReturn:
        said = of_refusal(answer.body, hide=[signed])
        message = f"no token: {self._wire.host} answered {answer.status}{f' ({said})' if said else ''}"
        if action(answer.status) in RETRIED:
            kind = RateLimitedError if action(answer.status) is Action.RATE_LIMITED else UnavailableError
            wait_s = retry_after_s(answer.headers, self._clock.now())
            raise kind(message, retry_after_s=wait_s, resource=RESOURCE, status=answer.status)
        advice = f"check kid {printable(self._kid)}, iss, sub, audience, auth_url and that Aleta has this key"
        clock = "".join(f"; {words}" for words in [skew(self.ahead_s)] if words)
        refused = MistimedError if skew(self.ahead_s, tolerated_s=MOST_SKEW_S) else AuthError
        raise refused(f"{message}; {advice}{clock}", resource=RESOURCE, status=answer.status)

    def _notice(self, error: RetryableError, wait_s: float) -> None:
        if math.isinf(wait_s):
            return
        self._observer.retry(RESOURCE, error, wait_s)
        self._observer.waiting(wait_s, "rate_limited" if isinstance(error, RateLimitedError) else "retry")


@dataclass(frozen=True, slots=True)
class _Grant:
    access_token: str
    expires_in: float


class _UnusableError(Exception):
    """What is wrong with an answer of the token endpoint."""


def _grant(body: bytes) -> _Grant:
    """The token in *body* (RFC 6749 section 5.1), and how many seconds it lasts; some servers write these as text.

    Raises:
        _UnusableError: there is none; the words follow "answered 200".
    """
    try:
        said = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        token = msgspec.json.decode(said.get("access_token", b"null"), type=str)
    except (ValueError, RecursionError):
        raise _UnusableError("without a usable token") from None
    if not (token and token.isascii() and token.isprintable() and " " not in token):  # requests would quote it
        raise _UnusableError("without a usable token")
    return _Grant(token, _lifetime_s(said.get("expires_in")))


def _lifetime_s(raw: msgspec.Raw | None) -> float:
    if raw is None:
        return ASSUMED_LIFE_S
    try:
        seconds = msgspec.json.decode(raw, type=float, strict=False)
    except (ValueError, RecursionError):
        raise _UnusableError("with an `expires_in` that is no number of seconds") from None
    if not 0 < seconds < math.inf:
        raise _UnusableError("with an `expires_in` that is not above 0")
    return seconds
