"""One way to the API from plain values: signer -> tokens -> client -> reader."""

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
    """Who asks, where, and how fast.

    Args:
        requests_per_minute: 0 for no limit.
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
        """The budget. Requests on their way may bunch up, at most one a worker: so much stays unused."""
        headroom = max(0.05, min(0.5, self.workers / self.burst))
        return TokenBucket(self.requests_per_minute / 60, self.burst, headroom=headroom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """*close* lets go of the sockets; what is asked after it opens new ones."""

    reader: Reader
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
    """Nothing is sent yet.

    Args:
        bucket: a budget that is shared; one of its own without.

    Raises:
        ValueError: an address is neither https nor on this machine.
    """
    endpoint = TokenEndpoint(
        access.auth_url,
        signer=signer,
        iss=access.iss,
        sub=access.sub,
        audience=access.audience,
        clock=clock,
        policy=policy,
        observer=observer,
    )
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

    return Connection(reader=Reader(client, clock), tokens=tokens, endpoint=endpoint, close=close)
