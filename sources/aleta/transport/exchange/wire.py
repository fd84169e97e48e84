"""One server: sends a request, returns the whole answer, or says in one kind of error what came instead.

This is the one boundary of rule F6: whatever the libraries raise below it leaves it as a RetryableError, or as a
TooLargeError.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, RemoteDisconnected
from pathlib import Path
from stat import S_ISDIR
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

from ...clock import SystemClock
from ...errors import (
    CertificatesError,
    OverdueError,
    RetryableError,
    SourceError,
    UnavailableError,
    UnreachableError,
)
from ...safe_text import printable
from .allowance import MB, Allowance, TooSlowError
from .body import whole_body
from .sockets import IDLE_S, session

CONNECT_S = 10.0
PIECE = 1 << 16
WORDS = MB  # of an answer that has only words
JSON_API = "application/vnd.api+json"
ANY_JSON = "application/json, application/vnd.api+json, application/problem+json"
HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "aleta-sync"}
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one answer may take (rule F7).

    Args:
        seconds: from the request until the whole answer is there.
        size: bytes of content, unpacked.
    """

    seconds: float = 300.0
    size: int = 256 * MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer; the body of any status but 200 may be missing, for it has only words."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Wire:
    """One server, over connections that are kept alive.

    Redirects are not followed, cookies not kept, TLS is always verified. Plain http goes to a loopback host only, and
    never through a proxy.

    Args:
        base_url: scheme and host; what precedes every path.
        pool: connections at most, and so requests at a time.
        bounds: of each answer.
        monotonic: real time.

    Raises:
        ValueError: *base_url* is neither https nor a loopback address.
        CertificatesError: the environment names certificate authorities that cannot be read.
    """

    def __init__(
        self,
        base_url: str,
        *,
        pool: int,
        bounds: Bounds | None = None,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("a server's URL has a scheme, a host, perhaps a port and a path, and nothing else")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
            raise ValueError(f"{parts.scheme}://{parts.hostname} is not safe: use https (http is for loopback only)")
        if parts.scheme == "https":
            check_certificates(os.environ)
        self.host = parts.netloc
        self.base_url = base_url.rstrip("/")
        self._bounds = bounds or Bounds()
        self._monotonic = monotonic or SystemClock().monotonic
        self._session = session(pool, trust_env=parts.scheme == "https", headers=HEADERS)
        self._answered = False

    def get(
        self, path: str, *, params: Mapping[str, str], bearer: str, accept: str = JSON_API, etag: str = ""
    ) -> Answer:
        """GET *path*.

        Args:
            etag: of what is at hand: the answer may be 304.

        Raises:
            UnreachableError: no connection, or none that lasted until an answer.
            UnavailableError: the answer did not come in time, broke off, or is none.
            TooLargeError: it has more bytes than it may.
        """
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
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

    def own_target(self, url: str, asked: str) -> str:
        """The path and query behind the base URL that *url* means, in an answer to *asked*; empty on another server."""
        base = urlsplit(self.base_url)
        try:
            meant = urlsplit(urljoin(self.base_url + asked, url))
            own = (meant.scheme, meant.hostname, meant.port) == (base.scheme, base.hostname, base.port)
        except ValueError:  # no URL
            return ""
        plain = own and not meant.username and meant.path.startswith(base.path)
        return urlunsplit(("", "", meant.path.removeprefix(base.path), meant.query, "")) if plain else ""

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
        bounds = self._bounds
        try:
            with Allowance(seconds=bounds.seconds, size=bounds.size, monotonic=self._monotonic) as allowance:
                response = self._session.request(
                    method,
                    self.base_url + path,
                    params=params,
                    data=data,
                    headers=headers,
                    auth=auth,
                    timeout=(CONNECT_S, IDLE_S),
                    allow_redirects=False,
                    verify=True,
                    stream=True,
                )
                self._answered = True
                with response:
                    return self._whole(response, allowance)
        except SourceError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library raises is the end of this attempt only (rule F6)
            raise self._failure(error) from None  # its text may quote a header

    def _whole(self, response: requests.Response, allowance: Allowance) -> Answer:
        status, headers = response.status_code, response.headers
        pieces: Iterator[bytes] = response.raw.stream(PIECE, decode_content=False)
        if status == requests.codes.ok:
            return Answer(status=status, headers=headers, body=whole_body(pieces, headers, allowance))
        return Answer(status=status, headers=headers, body=_words(pieces, headers, allowance))

    def _failure(self, error: Exception) -> RetryableError:
        """What *error* says, and whether anybody answered."""
        causes = [*_causes(error)]
        if any(isinstance(cause, TooSlowError) for cause in causes):
            return OverdueError(f"the answer of {self.host} did not come whole within {self._bounds.seconds:g} s")
        if isinstance(error, requests.ReadTimeout):
            return UnavailableError(f"{self.host} did not answer within {IDLE_S:.0f} s")
        disconnected = any(isinstance(cause, RemoteDisconnected | ConnectionResetError) for cause in causes)
        if disconnected and self._answered:
            return UnavailableError(f"{self.host} hung up before its answer was whole")
        if isinstance(error, requests.ConnectionError) and (disconnected or not _is_gibberish(causes)):
            advice = "check the URL, the network and the proxy"
            return UnreachableError(f"{self.host} cannot be reached ({reason(error)}); {advice}")
        if isinstance(error, HTTPError | OSError) and not isinstance(error, requests.RequestException):
            return UnavailableError("the answer broke off")
        return UnavailableError(f"what {self.host} sent is no answer ({type(causes[-1]).__name__})")


def check_certificates(environ: Mapping[str, str]) -> None:
    """See that the certificate authorities that *environ* names can be read: requests takes them in place of its own.

    Raises:
        CertificatesError: they cannot; names the variable and the path.
    """
    for name in BUNDLES:
        if path := environ.get(name):
            _check_bundle(name, path)
            return


def _check_bundle(name: str, path: str) -> None:
    try:
        if not S_ISDIR(Path(path).stat().st_mode):
            ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no certificates"
        message = f"{name} names {printable(path)}, which cannot be used ({printable(reason)})"
        raise CertificatesError(f"{message}: correct it or unset {name}") from None


@dataclass(frozen=True, slots=True)
class _Bearer(requests.auth.AuthBase):
    """Stamps the token. Given even when empty, for without any requests looks for a password in ~/.netrc."""

    token: str = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def _words(pieces: Iterator[bytes], headers: Mapping[str, str], allowance: Allowance) -> bytes:
    """The body of an answer without rows, as far as it is of use: empty, where it is not whole or has too much."""
    allowance.narrow(WORDS)
    try:
        return whole_body(pieces, headers, allowance)
    except Exception:  # noqa: BLE001 - the status says what to do; only words are lost (rule F6)
        return b""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """*error* and what lies below it; libraries keep the cause in many places."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [*cause.args, getattr(cause, "reason", None), cause.__context__, cause.__cause__]


def _is_gibberish(causes: list[BaseException]) -> bool:
    """Whether something came, and was not HTTP."""
    return any(isinstance(cause, HTTPException | UnicodeError) for cause in causes)


def reason(error: BaseException) -> str:
    """Why *error* came to be, in the operating system's words: the libraries' texts quote whole URLs."""
    causes = [*_causes(error)]
    texts = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return printable(texts[-1]) if texts else type(causes[-1]).__name__
