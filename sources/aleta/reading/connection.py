"""Connects to the API from plain values: signer -> tokens -> client -> reader."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from ..auth.signer import Signer
from ..auth.tokens import TokenCache
from ..clock import Clock
from ..transport.client import Client
from ..transport.exchange.allowance import MB
from ..transport.exchange.wire import ANY_JSON, Bounds
from ..transport.observer import Observer
from ..transport.pacing.limiter import TokenBucket
from ..transport.pacing.retry import RetryPolicy
from ..transport.skew import Comparison
from ..transport.token import TokenEndpoint
from ..v1.chain import KeptPages, NothingKept
from .cursor_lists import CursorLists
from .reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The addresses and names to authenticate with, and the request budget.

    Args:
        requests_per_minute: 0 for no limit.
        workers: the largest number of concurrent requests.
        read_timeout_s: the longest that one answer may take.
        max_answer_mb: the largest answer, unpacked.
        v1_url: where v1 is; empty where lists are read from v2 and v3.
    """

    api_url: str
    auth_url: str
    audience: str
    iss: str
    sub: str
    requests_per_minute: int
    burst: int
    workers: int
    read_timeout_s: int = 300
    max_answer_mb: int = 256
    v1_url: str = ""

    def bucket(self) -> TokenBucket:
        """The request budget, with headroom: requests in flight may arrive together, at most one per worker."""
        headroom = max(0.05, min(0.5, self.workers / self.burst))
        return TokenBucket(self.requests_per_minute / 60, self.burst, headroom=headroom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An open connection. *close* closes its sockets; a request after that opens new ones.

    Args:
        clocks: what the API's answers say of this machine's clock.
    """

    reader: Reader
    client: Client
    tokens: TokenCache
    endpoint: TokenEndpoint
    clocks: Comparison
    close: Callable[[], None]


def connect(
    access: Access,
    signer: Signer,
    clock: Clock,
    *,
    bucket: TokenBucket | None = None,
    policy: RetryPolicy | None = None,
    observer: Observer | None = None,
    kept: KeptPages | None = None,
) -> Connection:
    """Prepare a connection; nothing is sent yet.

    Args:
        bucket: a shared request budget; None: one of its own, as *access* says.
        kept: pages of v1 that earlier runs read; None: every list is read without conditions.

    Raises:
        ValueError: an address is neither https nor on this machine.
        CertificatesError: the environment names certificate authorities that cannot be read.
    """
    endpoint = _token_endpoint(access, signer, clock, policy=policy, observer=observer)
    tokens = TokenCache(endpoint.fetch, clock)
    bucket = bucket or access.bucket()
    connected = functools.partial(
        Client,
        tokens=tokens,
        bucket=bucket,
        clock=clock,
        policy=policy,
        observer=observer,
        pool=access.workers,
        bounds=Bounds(seconds=access.read_timeout_s, size=access.max_answer_mb * MB),
        clocks=Comparison(),
    )
    client = connected(access.api_url)
    v1 = connected(access.v1_url, prefix="", accept=ANY_JSON) if access.v1_url else None

    def close() -> None:
        client.close()
        endpoint.close()
        if v1 is not None:
            v1.close()

    return Connection(
        reader=Reader(client, clock, v1=CursorLists(client=v1, kept=kept or NothingKept()) if v1 else None),
        client=client,
        tokens=tokens,
        endpoint=endpoint,
        clocks=client.clocks,
        close=close,
    )


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
        read_timeout_s=access.read_timeout_s,
    )
