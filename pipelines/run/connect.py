"""Composition root: settings -> signer -> tokens -> client -> reader."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from sources.aleta.auth.keyvault import KeyVaultSigner
from sources.aleta.auth.signer import LocalSigner, Signer
from sources.aleta.clock import Clock
from sources.aleta.errors import KeyUnusableError
from sources.aleta.reading.connection import Access, Connection, connect
from sources.aleta.safe_text import printable
from sources.aleta.transport.observer import Observer
from sources.aleta.transport.pacing.limiter import TokenBucket
from sources.aleta.transport.pacing.retry import RetryPolicy
from sources.aleta.v1.chain import KeptPages

from ..settings import TenantSettings, reason_of
from ..warehouse.private_file import make_private_folder
from .machine.budget import SharedBucket, budget_file, may_be_kept

log = logging.getLogger(__name__)
UNSHARED = (
    "%s: the request budget of %s is not shared with all processes: %s, where the first tenant of this `sub` has its "
    "data, is not there, or not this user's to write. It is kept in %s"
)
PROCESSES = 4  # whose requests may be on their way at once, and bunch up
SECONDS = 60.0  # of the minute that the budget is given for


@dataclass(slots=True, kw_only=True)
class Connector:
    """Connects tenants; those with the same `sub` share one request budget (rules R1, R4).

    Args:
        shares: whether the budget is that of all processes of this machine, kept in a file; a doctor writes none.
    """

    clock: Clock
    policy: RetryPolicy | None = None
    shares: bool = True
    _buckets: dict[tuple[str, str], TokenBucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, tenant: TenantSettings, observer: Observer, *, kept: KeptPages | None = None) -> Connection:
        """Nothing is sent yet.

        Args:
            kept: pages of v1 that earlier runs read; None: every list is read without conditions.

        Raises:
            KeyUnusableError: the private key is missing, unreadable or not P-256.
            CertificatesError: the environment names certificate authorities that cannot be read.
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
            read_timeout_s=tenant.read_timeout_s,
            max_answer_mb=tenant.max_answer_mb,
            v1_url=tenant.v1_url if tenant.track == "v1" else "",
        )
        key = tenant.api_url, tenant.sub
        with self._lock:
            bucket = self._buckets.get(key) or self._buckets.setdefault(key, self._bucket(tenant, access))
        return connect(
            access, signer(tenant), self.clock, bucket=bucket, policy=self.policy, observer=observer, kept=kept
        )

    def _bucket(self, tenant: TenantSettings, access: Access) -> TokenBucket:
        file = budget_file(tenant.data_dir, tenant.sub)
        common = budget_file(tenant.budget_dir or tenant.data_dir, tenant.sub)
        shared = common == file or may_be_kept(common)
        file = common if shared else file
        if not tenant.requests_per_minute or not (self.shares or file.exists()):
            return access.bucket()
        if not shared:
            log.warning(UNSHARED, tenant.name, printable(tenant.sub), common.parent, file.parent)
        make_private_folder(file.parent)
        headroom = max(0.05, min(0.5, PROCESSES * tenant.workers / tenant.burst))
        return SharedBucket(file, tenant.requests_per_minute / SECONDS, tenant.burst, headroom=headroom)


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
        reason = reason_of(error) if isinstance(error, OSError) else "not text"
        raise KeyUnusableError(f"{key.file} cannot be read ({reason})") from error
    try:
        return LocalSigner.parse(text, key_id=tenant.kid)
    except KeyUnusableError as error:
        raise KeyUnusableError(f"{key.file}: {error}") from error
