"""One read, and how its failures are spoken of. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote

from ..errors import (
    AuthError,
    ForbiddenError,
    ParentGoneError,
    RateLimitedError,
    RefusedError,
    RetryableError,
    SourceError,
    UnauthorizedError,
    UnavailableError,
    WindowTooWideError,
)
from ..safe_text import printable
from .messages import of_problem
from .outcome import Action, action, named, words_of

REFUSALS: Mapping[Action, tuple[type[SourceError], str]] = MappingProxyType(
    {
        Action.RETRY: (UnavailableError, "run again when it has recovered"),
        Action.RATE_LIMITED: (RateLimitedError, "lower requests_per_minute, or see who else uses this `sub`"),
        Action.REFRESH_TOKEN: (AuthError, "it refuses a fresh token: check that iss, sub and audience are of this API"),
        Action.SKIP_GONE: (ParentGoneError, "it shows this no longer"),
        Action.SKIP_FORBIDDEN: (ForbiddenError, "ask Aleta for access, or leave it out"),
        Action.TOO_WIDE: (WindowTooWideError, "a narrower window may be taken"),
        Action.FATAL: (RefusedError, ""),
    }
)
ALONE = UnauthorizedError, "it accepts the same token for others: ask Aleta for access, or leave it out"


@dataclass(slots=True, kw_only=True)
class Read:
    """One `get`, and how it is spoken of."""

    template: str
    params: Mapping[str, str]
    resource: str
    parent_id: str
    prefix: str = "/api"  # of every path of this API
    etag: str = ""  # 304 is an answer, where the API has the same still
    refreshed: bool = False
    alone: bool = False  # a 401 is its own: others are accepted with a bearer as new
    sent_s: float = -math.inf  # when the last attempt was, on the clock's monotonic scale
    target: str = ""  # path and query of a page that an answer links to, in place of the own ones
    bearer: str = field(default="", repr=False)  # the last one sent: a server may quote it

    def __str__(self) -> str:
        return f"{self.resource} of {printable(self.parent_id)}" if self.parent_id else self.resource

    @property
    def path(self) -> str:
        """What is asked for, without its query.

        Raises:
            RefusedError: the parent's id cannot stand in a path.
        """
        if self.parent_id in {".", ".."} and "{parent_id}" in self.template:  # would read something else
            raise RefusedError(f"{self}: this id cannot stand in a path", **self.attrs)
        return self.prefix + self.template.replace("{parent_id}", quote(self.parent_id, safe=""))

    @property
    def attrs(self) -> dict[str, str | int | float]:
        return {"resource": self.resource, "parent_id": self.parent_id, "path": self.template}

    def located(self, error: SourceError) -> SourceError:
        """*error*, of the same kind, with what was read."""
        attrs = {**error.attrs, **self.attrs}
        if isinstance(error, RetryableError):
            return type(error)(f"{self}: {error}", retry_after_s=error.retry_after_s, **attrs)
        return type(error)(f"{self}: {error}", **attrs)

    def refusal(self, status: int, body: bytes, wait_s: float | None) -> SourceError:
        """The error that *status* is, with the words of *body*; *wait_s* is what `Retry-After` asks."""
        kind, advice = ALONE if self.alone else REFUSALS[action(status)]
        if kind is ParentGoneError and not self.parent_id:
            advice = "nothing is shown under this address: check api_url"
        detail = of_problem(body, hide=[self.bearer])
        said = f"{named(status)}: {words_of(status)}" if action(status) is Action.FATAL else f"{status}"
        message = f"{self}: the API answered {said}{f' ({detail})' if detail else ''}{f'; {advice}' if advice else ''}"
        attrs = self.attrs | {"status": status, "detail": detail}
        if issubclass(kind, RetryableError):
            return kind(message, retry_after_s=wait_s, **attrs)
        return kind(message, **attrs)
