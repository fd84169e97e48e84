"""The token endpoint: RFC 7523 assertions in, opaque bearer tokens out; time is passed in."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

import jwt
from jwt.types import Options

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SKEW_S = 60
MAX_LIFETIME_S = 300

SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}

Claims: TypeAlias = Mapping[str, object]


class RefusedError(Exception):
    """The token request is refused: an error code of RFC 6749 section 5.2, and why."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An integrator that Aleta knows: its public key, and the names that Aleta assigned to it."""

    tenant: str
    kid: str
    iss: str
    sub: str
    jwk: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Token:
    tenant: str
    expires_at: float


@dataclass(slots=True, kw_only=True)
class Issuer:
    """Verifies assertions for *audience* and stores the tokens that it issued."""

    audience: str
    registered: Mapping[str, Registration]
    _tokens: dict[str, Token] = field(default_factory=dict)
    _spent: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def exchange(self, form: Mapping[str, str], *, now: float, lifetime_s: int) -> tuple[str, dict[str, str | int]]:
        """The tenant and the token answer (RFC 6749 section 5.1) for a form-decoded request at Unix time *now*.

        Raises:
            RefusedError: the grant or the assertion is not acceptable; the description says which claim and why.
        """
        if form.get("grant_type") != GRANT_TYPE:
            raise RefusedError("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
        if not (assertion := form.get("assertion")):
            raise RefusedError("invalid_request", "assertion is missing")
        registration = self._verified(assertion, now)
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens[token] = Token(registration.tenant, now + lifetime_s)
        return registration.tenant, {"access_token": token, "token_type": "Bearer", "expires_in": lifetime_s}

    def tenant_of(self, token: str, *, now: float) -> str | None:
        """The tenant of *token*; None if it is unknown, revoked, or expired at Unix time *now*."""
        with self._lock:
            found = self._tokens.get(token)
        return found.tenant if found and now < found.expires_at else None

    def revoke(self) -> None:
        """Invalidate every token issued so far."""
        with self._lock:
            self._tokens.clear()

    def _verified(self, assertion: str, now: float) -> Registration:
        registration = self._registration(assertion)
        claims = _signed(assertion, registration)
        for name, flaw in CHECKS.items():
            if why := flaw(claims, registration, self.audience, now):
                raise RefusedError("invalid_grant", f"{name} {why}")
        self._spend(assertion, claims)
        return registration

    def _registration(self, assertion: str) -> Registration:
        try:
            header = jwt.get_unverified_header(assertion)
        except jwt.InvalidTokenError:
            raise RefusedError("invalid_grant", "assertion is not a JWT") from None
        if header.get("alg") != "ES256":
            raise RefusedError("invalid_grant", "alg must be ES256")
        found = self.registered.get(str(header.get("kid")))
        if found is None:
            raise RefusedError("invalid_grant", "kid is unknown")
        return found

    def _spend(self, assertion: str, claims: Claims) -> None:
        uses = {assertion} | ({json.dumps([claims["iss"], claims["jti"]])} if "jti" in claims else set())
        with self._lock:
            if uses & self._spent:
                raise RefusedError("invalid_grant", "assertion was used before (replay)")
            self._spent |= uses


def _signed(assertion: str, registration: Registration) -> Claims:
    """The claims, the signature verified and nothing else: claims are checked against a passed-in time."""
    try:
        claims: Claims = jwt.decode(
            assertion,
            jwt.PyJWK(dict(registration.jwk)),
            algorithms=["ES256"],
            options=SIGNATURE_ONLY,
        )
    except jwt.InvalidTokenError:
        raise RefusedError("invalid_grant", "signature does not match the registered key") from None
    return claims


def _iss(claims: Claims, known: Registration, _: str, __: float) -> str:
    return "" if claims.get("iss") == known.iss else "is not the one registered for kid"


def _sub(claims: Claims, known: Registration, _: str, __: float) -> str:
    return "" if claims.get("sub") == known.sub else "is not the one registered for kid"


def _aud(claims: Claims, _: Registration, audience: str, __: float) -> str:
    stated = claims.get("aud")
    return "" if audience in (stated if isinstance(stated, list) else [stated]) else f"must be {audience}"


def _iat(claims: Claims, _: Registration, __: str, now: float) -> str:
    issued = _instant(claims, "iat")
    if issued is None:
        return "is missing or not a number"
    return "lies in the future" if issued > now + SKEW_S else ""


def _exp(claims: Claims, _: Registration, __: str, now: float) -> str:
    expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
    if expires is None or issued is None:
        return "is missing or not a number"
    if expires < now - SKEW_S:
        return "has passed: expired"
    return f"is more than {MAX_LIFETIME_S} s after iat: lifetime too long" if expires - issued > MAX_LIFETIME_S else ""


def _instant(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


CHECKS: Mapping[str, Callable[[Claims, Registration, str, float], str]] = {
    "iss": _iss,
    "sub": _sub,
    "aud": _aud,
    "iat": _iat,
    "exp": _exp,
}
"""RFC 7523 section 3, one row a claim: what is wrong with it, or nothing."""
