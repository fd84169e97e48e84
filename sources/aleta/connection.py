"""One way to the API from plain values: signer -> tokens -> client -> reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .auth.signer import LocalSigner
from .auth.tokens import TokenCache
from .clock import Clock
from .reader import Reader
from .transport.client import Client
from .transport.limiter import TokenBucket
from .transport.retry import RetryPolicy
from .transport.token import TokenEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who asks, where, and how fast.

    Args:
        private_key: PEM or JWK; never shown.
        requests_per_minute: 0 for no limit.
    """

    api_url: str
    auth_url: str
    audience: str
    kid: str
    iss: str
    sub: str
    private_key: str = field(repr=False)
    requests_per_minute: int
    burst: int
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """*close* lets go of the sockets; what is asked after it opens new ones."""

    reader: Reader
    close: Callable[[], None]


def connect(access: Access, clock: Clock, *, policy: RetryPolicy | None = None) -> Connection:
    """Nothing is sent yet.

    Raises:
        KeyUnusableError: the private key is none, or not P-256.
        ValueError: an address is neither https nor on this machine.
    """
    endpoint = TokenEndpoint(
        access.auth_url,
        signer=LocalSigner.parse(access.private_key, key_id=access.kid),
        iss=access.iss,
        sub=access.sub,
        audience=access.audience,
        clock=clock,
        policy=policy,
    )
    headroom = max(0.05, min(0.5, access.workers / access.burst))  # requests on their way may bunch up
    client = Client(
        access.api_url,
        tokens=TokenCache(endpoint.fetch, clock),
        bucket=TokenBucket(access.requests_per_minute / 60, access.burst, headroom=headroom),
        clock=clock,
        policy=policy,
        pool=access.workers,
    )

    def close() -> None:
        client.close()
        endpoint.close()

    return Connection(reader=Reader(client, clock), close=close)
