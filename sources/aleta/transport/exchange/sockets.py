"""Connections whose answers keep within their `Allowance`: requests on top, bounded reads from the socket below."""

from __future__ import annotations

import io
import socket
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from .allowance import CURRENT, Allowance

IDLE_S = 60.0  # between two pieces of an answer


class _BoundedSocket(io.RawIOBase):
    """What comes from a socket, counted; each wait ends when the answer's time does."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, allowance: Allowance) -> None:
        self._sock = sock
        self._raw = raw
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:  # noqa: ANN401 - any writable buffer, as the base has it
        self._sock.settimeout(min(IDLE_S, self._allowance.remaining_s()))
        try:
            count: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            self._allowance.remaining_s()  # says which of the two bounds it was
            raise
        self._allowance.received(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the base's
        super().__init__(sock, *args, **kwargs)
        allowance = CURRENT.get()
        self.fp: io.BufferedReader = io.BufferedReader(_BoundedSocket(sock, self.fp.detach(), allowance))
        allowance.on_failure(self.close)


class _Connection(HTTPConnection):
    response_class = _BoundedResponse


class _SecureConnection(HTTPSConnection):
    response_class = _BoundedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """With bounded connections, to the server and to a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the base's
        super().init_poolmanager(*args, **kwargs)
        _bind(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:  # noqa: ANN401 - the base's
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        _bind(manager)
        return manager


def _bind(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = POOLS


class _Session(requests.Session):
    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """With the session's headers and nothing else of it, for it has nothing else: it costs half as much."""
        headers = CaseInsensitiveDict(self.headers)
        headers.update(request.headers)
        made = requests.PreparedRequest()
        made.prepare(
            method=request.method,
            url=request.url,
            headers=headers,
            data=request.data,
            params=request.params,
            auth=request.auth,
        )
        return made

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the base's
        """None: requests would look into a `Location` that is not followed, and may fail at it."""
        return None


def session(pool: int, *, trust_env: bool, headers: dict[str, str]) -> requests.Session:
    """A session of at most *pool* connections that keeps no cookies.

    Args:
        trust_env: whether the environment's proxies and certificates count.
        headers: of every request.
    """
    made = _Session()
    made.trust_env = trust_env
    made.headers.update(headers)
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Adapter(pool_connections=1, pool_maxsize=pool, pool_block=True))
    return made
