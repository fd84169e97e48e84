"""Reads from the API: the attempt loop. The only file that sends a request."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from ..errors import MalformedError, RateLimitedError, RetryableError, UnavailableError, UnreachableError
from .body import unpacked
from .observer import Observer, Silent
from .outcome import Action, action, retry_after_s
from .read import Read
from .retry import RetryPolicy, persist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..auth.tokens import TokenCache
    from ..clock import Clock
    from .limiter import TokenBucket

T = TypeVar("T")
CONNECT_S = 10.0
READ_S = 60.0  # between two pieces of an answer
PIECE = 1 << 16
JSON_API = "application/vnd.api+json"
HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "aleta-sync"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer; the body of any status but 200 may be missing, for it has only words."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Wire:
    """One server, over connections that are kept alive: sends a request, returns the whole answer.

    Redirects are not followed, cookies not kept, TLS is always verified. Plain http goes to a loopback host only, and
    never through a proxy.

    Args:
        base_url: scheme and host; what precedes every path.
        pool: connections at most, and so requests at a time.

    Raises:
        ValueError: *base_url* is neither https nor a loopback address.
    """

    def __init__(self, base_url: str, *, pool: int) -> None:
        parts = urlsplit(base_url)
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("a server's URL has a scheme, a host, perhaps a port and a path, and nothing else")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
            raise ValueError(f"{parts.scheme}://{parts.hostname} is not safe: use https (http is for loopback only)")
        self.host = parts.netloc
        self._base_url = base_url.rstrip("/")
        self._session = _session(pool, trust_env=parts.scheme == "https")

    def get(self, path: str, *, params: Mapping[str, str], bearer: str) -> Answer:
        """GET *path*.

        Raises:
            UnreachableError: no connection, or none that lasted until an answer.
            UnavailableError: the answer did not come in time, or broke off.
        """
        headers = {"Accept": JSON_API}
        return self._send("GET", path, params=params, headers=headers, auth=_Bearer(bearer))

    def post_form(self, path: str, form: Mapping[str, str]) -> Answer:
        """POST *form* to *path*; raises as `get`."""
        return self._send("POST", path, data=form, headers={"Accept": "application/json"}, auth=_Bearer(""))

    def write(  # what a request is made of
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        body: Iterable[bytes] | None,
        bearer: str,
        alone: bool,
    ) -> Answer:
        """Send a JSON:API document; raises as `get`.

        Args:
            body: begun only once there is a connection.
            alone: the server is told that no other request follows on this connection.
        """
        headers = {"Accept": JSON_API} | ({"Content-Type": JSON_API} if body else {})
        if alone:
            headers["Connection"] = "close"
        return self._send(method, path, params=params, data=body, headers=headers, auth=_Bearer(bearer))

    def close(self) -> None:
        self._session.close()

    def _send(  # what a request is made of
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        auth: _Bearer,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | Iterable[bytes] | None = None,
    ) -> Answer:
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
                verify=True,
                stream=True,
            )
        except requests.ReadTimeout:
            raise UnavailableError(f"{self.host} did not answer within {READ_S:.0f} s") from None
        except requests.RequestException as error:
            advice = "check the URL, the network and the proxy"
            raise UnreachableError(f"{self.host} cannot be reached ({reason(error)}); {advice}") from None
        with response:
            return Answer(status=response.status_code, headers=response.headers, body=_whole_body(response))


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

    Raises:
        ValueError: *base_url* is neither https nor a loopback address.
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
    ) -> None:
        self._wire = Wire(base_url, pool=pool)
        self._tokens = tokens
        self._bucket = bucket
        self._clock = clock
        self._policy = policy or RetryPolicy()
        self._observer = observer or Silent()

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        parse: Callable[[bytes], T],
        resource: str,
        parent_id: str = "",
    ) -> T:
        """Read *path* and parse its body.

        Args:
            path: as in the API's reference, from `/v2` on; `{parent_id}` stands for the encoded *parent_id*.
            params: the query, not encoded.
            parse: body to value; its MalformedError is a failed attempt (rule F1).
            resource: what is read, for errors and the observer.
            parent_id: whose.

        Raises:
            RetryableError: the last failure, after all attempts.
            ParentGoneError: 404.
            ForbiddenError: 403.
            WindowTooWideError: 400 or 422; attrs `detail` has the API's words.
            RefusedError: a status that no rule lists, or an id that no path can hold.
            AuthError: no token, or a fresh one was refused.
            StoppedError: the run was asked to stop.
        """
        read = Read(template=path, params=params or {}, resource=resource, parent_id=parent_id)
        return persist(
            lambda: self._attempt(read, parse),
            resource=resource,
            policy=self._policy,
            clock=self._clock,
            notice=lambda error, wait_s: self.failed(resource, error, wait_s),
        )

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def _attempt(self, read: Read, parse: Callable[[bytes], T]) -> T:
        answer = self._authorized(read)
        if action(answer.status) is not Action.OK:
            wait_s = retry_after_s(answer.headers, self._clock.now())
            raise read.refusal(answer.status, answer.body, wait_s)
        try:
            return parse(answer.body)
        except MalformedError as error:
            raise read.located(error) from error

    def _authorized(self, read: Read) -> Answer:
        """The answer to *read*; a 401 is asked again with a new token, once in the life of the read."""
        self.take_turn()
        read.bearer = self._tokens.get()
        answer = self._send(read)
        if action(answer.status) is Action.REFRESH_TOKEN and not read.refreshed:
            read.refreshed = True
            read.bearer = self._tokens.refresh(read.bearer)
            self.take_turn()
            answer = self._send(read)
        return answer

    def _send(self, read: Read) -> Answer:
        self.attempting(read.resource)
        try:
            return self._wire.get(read.path, params=read.params, bearer=read.bearer)
        except RetryableError as error:
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

    def failed(self, resource: str, error: RetryableError, wait_s: float) -> None:
        """An attempt failed, and the next follows after *wait_s*; if the server asks for a pause, everyone waits."""
        limited = isinstance(error, RateLimitedError)
        if limited or error.retry_after_s is not None:  # the server asks every worker
            self._bucket.pause(self._clock.monotonic(), error.retry_after_s or wait_s)
        self._observer.retry(resource, error, wait_s)
        self._observer.waiting(wait_s, "rate_limited" if limited else "retry")


@dataclass(frozen=True, slots=True)
class _Bearer(requests.auth.AuthBase):
    """Stamps the token. Given even when empty, for without any requests looks for a password in ~/.netrc."""

    token: str = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def _session(pool: int, *, trust_env: bool) -> requests.Session:
    session = requests.Session()
    session.trust_env = trust_env  # the environment's proxies and certificates
    session.headers.update(HEADERS)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=pool, pool_block=True))
    session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=pool, pool_block=True))
    return session


def _whole_body(response: requests.Response) -> bytes:
    try:
        wire = b"".join(response.raw.stream(PIECE, decode_content=False))
        return unpacked(wire, response.headers)
    except (HTTPError, OSError):
        cut = UnavailableError("the answer broke off")
    except UnavailableError as error:
        cut = error
    if response.status_code == requests.codes.ok:
        raise cut
    return b""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def reason(error: BaseException) -> str:
    """Why there was no connection, in the operating system's words: the libraries' texts quote whole URLs."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        error, cause = cause, cause.__cause__ or cause.__context__
    return type(error).__name__
