"""Tables of the platform itself: the public keys of its webhooks. Pure."""

from __future__ import annotations

import pyarrow as pa

from .table import OBJECT, column, table, text

# The response is a plain JWK set, not JSON:API: a key is decoded as a resource with `kid` as its id.
WEBHOOK_KEYS = table(
    "webhook_keys",
    "Public keys of webhook signatures, current and former: a removed key may have signed a webhook in transit",
    [
        column("kid", pa.string(), "The key's id, as a webhook's signature names it", api="id"),
        text("kty", "Key type: EC"),
        text("crv", "Curve: P-256"),
        text("x", "First coordinate in base64url without padding (RFC 7518, 6.2.1.2), whatever encoding the API used"),
        text("y", "Second coordinate, likewise"),
        *OBJECT,
    ],
    key=("kid",),
)
