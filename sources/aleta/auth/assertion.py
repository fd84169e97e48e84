"""A signed claim of who we are (RFC 7523 section 3). Pure but for the signer and the one-time id."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from jwt.utils import base64url_encode

if TYPE_CHECKING:
    from datetime import datetime

    from .signer import Signer


def assertion(signer: Signer, *, iss: str, sub: str, aud: str, now: datetime, lifetime_s: int = 60) -> str:
    """A JWT to be used once: header `alg kid typ`, claims `aud iss sub iat exp jti`.

    `iat` is *now* in whole seconds, and `exp` *lifetime_s* later. Composed here (RFC 7515 section 3.1), because PyJWT
    signs with keys in memory only.

    Raises:
        KeyUnusableError: the signer cannot sign.
        UnreachableError: the signer's key is elsewhere and does not answer.
    """
    issued = int(now.timestamp())
    header = {"alg": signer.algorithm, "kid": signer.key_id, "typ": "JWT"}
    claims = {"aud": aud, "iss": iss, "sub": sub, "iat": issued, "exp": issued + lifetime_s, "jti": uuid4().hex}
    signed = b".".join(base64url_encode(msgspec.json.encode(part)) for part in (header, claims))
    return b".".join((signed, base64url_encode(signer.sign(signed)))).decode("ascii")
