"""The platform's own: the keys that sign its webhooks. Pure."""

from __future__ import annotations

import pyarrow as pa

from .table import OBJECT, column, table, text

# The answer is a plain JWK set, no JSON:API: a key counts as a resource with its `kid` as id, the rest as attributes.
WEBHOOK_KEYS = table(
    "webhook_keys",
    "Public keys that sign webhooks, now and before: one that was removed may still have signed what is on its way",
    [
        column("kid", pa.string(), "The key's id, as a webhook's signature names it", api="id"),
        text("kty", "Key type: EC"),
        text("crv", "Curve: P-256"),
        text("x", "First coordinate in base64url without padding (RFC 7518, 6.2.1.2), however the API spelt it"),
        text("y", "Second coordinate, likewise"),
        *OBJECT,
    ],
    key=("kid",),
)
