"""Connects to the API from plain values: signer -> tokens -> client -> reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..auth.signer import Signer
from ..auth.tokens import TokenCache
from ..clock import Clock
from ..transport.client import Client
from ..transport.limiter import TokenBucket
from ..transport.observer import Observer
from ..transport.retry import RetryPolicy
from ..transport.token import TokenEndpoint
from .reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The addresses and names to authenticate with, and the request budget.

    Args:
        requests_per_minute: 0 for no limit.
        workers: the largest number of concurrent requests.
    """

    api_url: str
    auth_url: str
    audience: str
    iss: str
    sub: str
    requests_per_minute: int
    burst: int
    workers: int

    def bucket(self) -> TokenBucket:
        """The request budget, with headroom: requests in flight may arrive together, at most one per worker."""
        headroom = max(0.05, min(0.5, self.workers / self.burst))
        return TokenBucket(self.requests_per_minute / 60, self.burst, headroom=headroom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An open connection. *close* closes its sockets; a request after that opens new ones."""

    reader: Reader
    client: Client
    tokens: TokenCache
    endpoint: TokenEndpoint
    close: Callable[[], None]


def connect(
    access: Access,
    signer: Signer,
    clock: Clock,
    *,
    bucket: TokenBucket | None = None,
    policy: RetryPolicy | None = None,
    observer: Observer | None = None,
) -> Connection:
    """Prepare a connection; nothing is sent yet.

    Args:
        bucket: a shared request budget; None: one of its own, as *access* says.

    Raises:
        ValueError: an address is neither https nor on this machine.
    """
    endpoint = _token_endpoint(access, signer, clock, policy=policy, observer=observer)
    tokens = TokenCache(endpoint.fetch, clock)
    client = Client(
        access.api_url,
        tokens=tokens,
        bucket=bucket or access.bucket(),
        clock=clock,
        policy=policy,
        observer=observer,
        pool=access.workers,
    )

    def close() -> None:
        client.close()
        endpoint.close()

    return Connection(reader=Reader(client, clock), client=client, tokens=tokens, endpoint=endpoint, close=close)


def _token_endpoint(
    access: Access, signer: Signer, clock: Clock, *, policy: RetryPolicy | None, observer: Observer | None
) -> TokenEndpoint:
    return TokenEndpoint(
        access.auth_url,
        signer=signer,
        iss=access.iss,
        sub=access.sub,
        audience=access.audience,
        clock=clock,
        policy=policy,
        observer=observer,
    )
