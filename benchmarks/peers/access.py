"""What every peer needs: the API's address, the days to request, and how to get a bearer token.

The token is the vendor's way, RFC 7523: an assertion that is used once, signed with ES256.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import jwt

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOOK_BACK = timedelta(days=31)  # what has been read is read again this far back: rows come late and are corrected
LOOK_AHEAD = timedelta(days=31)  # rows are booked ahead


class Window(NamedTuple):
    """Days to ask for, both ends included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One tenant's access.

    Args:
        since: where the history begins; every peer is told.
    """

    api_url: str
    token_url: str
    audience: str
    kid: str
    iss: str
    sub: str
    private_key: str
    folder: Path
    out: Path = Path()
    since: date = date.min

    def form(self) -> dict[str, str]:
        """What is posted to get a token."""
        now = datetime.now(UTC)
        claims = {"iss": self.iss, "sub": self.sub, "aud": self.audience, "jti": uuid4().hex}
        claims |= {"iat": now, "exp": now + timedelta(seconds=60)}
        signed = jwt.encode(claims, self.private_key, algorithm="ES256", headers={"kid": self.kid})
        return {"grant_type": GRANT, "assertion": signed}

    def months(self, through: date | None) -> Iterator[Window]:
        """The calendar months to read, the whole history when nothing was read *through* some day."""
        today = datetime.now(UTC).date()
        first = max(self.since, through - LOOK_BACK) if through else self.since
        return calendar_months(first.replace(day=1), today + LOOK_AHEAD)


def calendar_months(first: date, last: date) -> Iterator[Window]:
    """Whole months from *first*, the first day of one, until *last* is covered."""
    while first <= last:
        following = (first + timedelta(days=31)).replace(day=1)
        yield Window(first, following - timedelta(days=1))
        first = following


def arguments(*flags: str) -> tuple[Access, frozenset[str]]:
    """What the command line and the configuration folder that it names say, and which of *flags* are set."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--since", type=date.fromisoformat, required=True)
    for flag in flags:
        parser.add_argument(f"--{flag}", action="store_true")
    given = parser.parse_args()
    access = replace(from_file(given.config), out=given.out, since=given.since)
    return access, frozenset(flag for flag in flags if getattr(given, flag))


def from_file(folder: Path | str) -> Access:
    """What the first tenant's configuration says."""
    config = tomllib.loads((Path(folder) / "config.toml").read_text())
    aleta, tenant = config["aleta"], next(iter(config["tenants"].values()))
    return Access(
        folder=Path(folder),
        api_url=f"{aleta['api_url']}/api/v2",
        token_url=f"{aleta['auth_url']}/oauth/token",
        audience=aleta["audience"],
        **{name: tenant[name] for name in ("kid", "iss", "sub")},
        private_key=(Path(folder) / tenant["private_key_file"]).read_text(),
    )
