"""Every exception of the source. The base says the recovery, the leaf says the cause.

`attrs` are plain values for the report.
"""

from __future__ import annotations


class SourceError(Exception):
    """Something the source could not do.

    Args:
        message: what failed, where, and what to do; never a token, header or body.
        attrs: plain values for the report (`resource`, `parent_id`, `from_date`, `status`, ...).

    Attributes:
        lasts: the same read, made again at once, meets it again, although others with its code may pass.
    """

    code = "source_error"
    lasts = False

    def __init__(self, message: str, **attrs: str | float) -> None:
        super().__init__(message)
        self.attrs = attrs


class RetryableError(SourceError):
    """Worth another attempt; *retry_after_s* is what the server asked for, if it did."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_s: float | None = None, **attrs: str | float) -> None:
        super().__init__(message, **attrs)
        self.retry_after_s = retry_after_s


class UnreachableError(RetryableError):
    """No connection: name resolution, refused, reset before an answer, TLS, timeout while connecting."""

    code = "unreachable"


class UnavailableError(RetryableError):
    """A status or a broken-off body that another attempt may mend."""

    code = "unavailable"


class GivenUpError(UnavailableError):
    """Not asked any more, for all reads fail."""


class OverdueError(UnavailableError):
    """An answer that did not come whole within `read_timeout_s` (rule F7): each attempt at it is dear."""


class RateLimitedError(RetryableError):
    """429: every worker of this `sub` pauses."""

    code = "rate_limited"


class MalformedError(RetryableError):
    """A 200 that is not an answer (rule F1): no `data`, `errors`, no JSON, a resource without type or id."""

    code = "malformed"


class SkippableError(SourceError):
    """This parent is left out, said so, and the others go on."""

    code = "skipped"


class ParentGoneError(SkippableError):
    """404 on a parent."""

    code = "gone"


class ForbiddenError(SkippableError):
    """403 on a parent."""

    code = "forbidden"


class FatalError(SourceError):
    """No attempt will mend this read."""

    code = "fatal"


class AuthError(FatalError):
    """The token endpoint refused the assertion, or the API refused a fresh token (exit 3)."""

    code = "auth"


class MistimedError(AuthError):
    """The token endpoint refused the assertion, and this machine's clock is more than ten minutes off its (rule M6)."""


class KeyUnusableError(AuthError):
    """The private key is missing, unreadable or not P-256 (exit 3)."""

    code = "key"


class RefusedError(FatalError):
    """A status that no rule lists; fatal for this read."""

    code = "refused"


class UnauthorizedError(RefusedError):
    """401 with a bearer that is accepted of others: this parent's own, and no day's."""


class TooLargeError(RefusedError):
    """One answer has more bytes than `max_answer_mb` allows (rule F7)."""

    code = "too_large"


class UndecodableError(FatalError):
    """A whole answer with an id, a type or a name that is no text (rule F8): no attempt mends it, other days may do."""

    code = "malformed"
    lasts = True


class DefectError(FatalError):
    """An answer that this program failed to read by its own fault: the read is lost, and nothing else (rule F6)."""

    code = "defect"


class ConflictError(FatalError):
    """One list has an id twice, with two contents (rule D8)."""

    code = "conflict"


class ClockError(FatalError):
    """This machine's clock is more than ten minutes off the API's: nothing may be marked (rule M6)."""

    code = "clock"


class CertificatesError(FatalError):
    """The environment names certificate authorities that cannot be read."""

    code = "tls"


class WindowTooWideError(RefusedError):
    """400 or 422: the span may be wider than the API takes (rule W5)."""

    code = "too_wide"


class StoppedError(SourceError):
    """The operator asked the run to stop; what was fetched is committed."""

    code = "stopped"


class IncompleteError(FatalError):
    """Some of what was asked for could not be read, and nobody said that this may be passed over."""

    code = "incomplete"
