"""Composition root: settings -> signer -> tokens -> client -> reader."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sources.aleta.auth.keyvault import KeyVaultSigner
from sources.aleta.auth.signer import LocalSigner, Signer
from sources.aleta.auth.tokens import TokenCache
from sources.aleta.clock import Clock
from sources.aleta.errors import KeyUnusableError
from sources.aleta.reader import Reader
from sources.aleta.transport.client import Client
from sources.aleta.transport.limiter import TokenBucket
from sources.aleta.transport.observer import Observer
from sources.aleta.transport.retry import RetryPolicy
from sources.aleta.transport.token import TokenEndpoint

from .settings import TenantSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One tenant's way to the API."""

    reader: Reader
    tokens: TokenCache
    endpoint: TokenEndpoint
    close: Callable[[], None]


@dataclass(slots=True, kw_only=True)
class Connector:
    """Connects tenants; those with the same `sub` at the same API share one request budget (rule R1)."""

    clock: Clock
    policy: RetryPolicy | None = None
    _buckets: dict[tuple[str, str], TokenBucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, tenant: TenantSettings, observer: Observer) -> Connection:
        """Nothing is sent yet.

        Raises:
            KeyUnusableError: the private key is missing, unreadable or not P-256.
        """
        endpoint = TokenEndpoint(
            tenant.auth_url,
            signer=signer(tenant),
            iss=tenant.iss,
            sub=tenant.sub,
            audience=tenant.audience,
            clock=self.clock,
            policy=self.policy,
            observer=observer,
        )
        tokens = TokenCache(endpoint.fetch, self.clock)
        client = Client(
            tenant.api_url,
            tokens=tokens,
            bucket=self._bucket(tenant),
            clock=self.clock,
            policy=self.policy,
            observer=observer,
            pool=tenant.workers,
        )

        def close() -> None:
            client.close()
            endpoint.close()

        return Connection(reader=Reader(client, self.clock), tokens=tokens, endpoint=endpoint, close=close)

    def _bucket(self, tenant: TenantSettings) -> TokenBucket:
        with self._lock:
            return self._buckets.setdefault((tenant.api_url, tenant.sub), bucket(tenant))


def bucket(tenant: TenantSettings) -> TokenBucket:
    """The tenant's budget. Requests on their way may bunch up, at most one a worker: so much stays unused."""
    headroom = max(0.05, min(0.5, tenant.workers / tenant.burst))
    return TokenBucket(tenant.requests_per_minute / 60, tenant.burst, headroom=headroom)


def signer(tenant: TenantSettings) -> Signer:
    """The tenant's key, local or in a vault.

    Raises:
        KeyUnusableError: it is missing, unreadable or not P-256.
    """
    key = tenant.key
    if key.azure_key_vault:
        return KeyVaultSigner(key.azure_key_vault, key_id=tenant.kid)
    if key.text:
        return LocalSigner.parse(key.text, key_id=tenant.kid)
    assert key.file is not None
    try:
        text = key.file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise KeyUnusableError(f"{key.file} cannot be read ({reason}): make one with `keys generate`") from error
    try:
        return LocalSigner.parse(text, key_id=tenant.kid)
    except KeyUnusableError as error:
        raise KeyUnusableError(f"{key.file}: {error}") from error
