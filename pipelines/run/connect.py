"""Composition root: settings -> signer -> tokens -> client -> reader."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sources.aleta.auth.keyvault import KeyVaultSigner
from sources.aleta.auth.signer import LocalSigner, Signer
from sources.aleta.clock import Clock
from sources.aleta.errors import KeyUnusableError
from sources.aleta.reading.connection import Access, Connection, connect
from sources.aleta.transport.limiter import TokenBucket
from sources.aleta.transport.observer import Observer
from sources.aleta.transport.retry import RetryPolicy

from ..settings import TenantSettings


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
        access = Access(
            api_url=tenant.api_url,
            auth_url=tenant.auth_url,
            audience=tenant.audience,
            iss=tenant.iss,
            sub=tenant.sub,
            requests_per_minute=tenant.requests_per_minute,
            burst=tenant.burst,
            workers=tenant.workers,
        )
        with self._lock:
            bucket = self._buckets.setdefault((tenant.api_url, tenant.sub), access.bucket())
        return connect(access, signer(tenant), self.clock, bucket=bucket, policy=self.policy, observer=observer)


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
