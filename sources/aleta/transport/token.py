"""The token endpoint: a signed assertion for a bearer (RFC 7523 section 2.1)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn

import msgspec

from ..auth.assertion import assertion
from ..auth.tokens import Token
from ..errors import AuthError, MalformedError, RateLimitedError, RetryableError, UnavailableError
from .client import Answer, Wire
from .messages import of_refusal
from .observer import Observer, Silent
from .outcome import Action, action, header, http_date, retry_after_s
from .retry import RetryPolicy, persist

if TYPE_CHECKING:
    from ..auth.signer import Signer
    from ..clock import Clock

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PATH = "/oauth/token"
RESOURCE = "token"  # in attrs, where a read has the name of a table
TOLERATED_SKEW_S = 30.0
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
    ) -> None:
        self._wire = Wire(auth_url, pool=1)
        self._kid = signer.key_id
        self._assertion = partial(assertion, signer, iss=iss, sub=sub, aud=audience)
        self._clock = clock
        self._policy = policy or RetryPolicy()
        self._observer = observer or Silent()
        self.ahead_s: float | None = None  # this machine's clock against the endpoint's, once it answered

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
        self.ahead_s = self._ahead_s(answer)
        if action(answer.status) is not Action.OK:
            self._refuse(answer)
        return self._token(answer, asked_s)

    def _token(self, answer: Answer, asked_s: float) -> Token:
        try:
            grant = msgspec.json.decode(answer.body, type=_Grant, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            grant = _Grant("", 0.0)
        if not grant.usable:
            raise MalformedError(f"{self._wire.host} answered 200 without a usable token", resource=RESOURCE)
        return Token(value=grant.access_token, expires_at_s=asked_s + grant.expires_in)

    def _refuse(self, answer: Answer) -> NoReturn:
        said = of_refusal(answer.body)
        message = f"no token: {self._wire.host} answered {answer.status}{f' ({said})' if said else ''}"
        if action(answer.status) in RETRIED:
            kind = RateLimitedError if action(answer.status) is Action.RATE_LIMITED else UnavailableError
            wait_s = retry_after_s(answer.headers, self._clock.now())
            raise kind(message, retry_after_s=wait_s, resource=RESOURCE, status=answer.status)
        advice = f"check kid {self._kid}, iss, sub, audience, auth_url and that Aleta has this key"
        raise AuthError(f"{message}; {advice}{skew(self.ahead_s)}", resource=RESOURCE, status=answer.status)

    def _ahead_s(self, answer: Answer) -> float | None:
        theirs = http_date(header(answer.headers, "Date"))
        return (self._clock.now() - theirs).total_seconds() if theirs else None

    def _notice(self, error: RetryableError, wait_s: float) -> None:
        self._observer.retry(RESOURCE, error, wait_s)
        self._observer.waiting(wait_s, "rate_limited" if isinstance(error, RateLimitedError) else "retry")


def skew(ahead_s: float | None) -> str:
    """What the endpoint's `Date` says of this machine's clock, when it is off by much."""
    if ahead_s is None or abs(ahead_s) <= TOLERATED_SKEW_S:
        return ""
    return f"; this machine's clock is {abs(ahead_s):.0f} s {'ahead' if ahead_s > 0 else 'behind'}: set it"


class _Grant(msgspec.Struct):
    """RFC 6749 section 5.1; some servers write `expires_in` as a string."""

    access_token: str
    expires_in: float

    @property
    def usable(self) -> bool:
        """Whether it fits into a header and lasts; an error of requests would quote one that does not fit."""
        text = self.access_token
        return bool(text) and text.isascii() and text.isprintable() and " " not in text and self.expires_in > 0
