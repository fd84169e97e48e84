"""How long to go on trying (rule F2): tenacity drives, this module says for how long and how often."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from ...errors import OverdueError, RateLimitedError, RetryableError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...clock import Clock

T = TypeVar("T")
OVERDUE = 3  # as many failures does an answer count that took all its time: twice five minutes are enough
MAX_DOUBLINGS = 16  # beyond any cap, and far from the largest float


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), with an upper bound for each cause.

    Args:
        attempts: how often a read is tried; those that met no server or no budget are not counted.
        base_s: the longest wait after the first failure; doubled by each further one.
        cap_s: the longest wait after any, unless the server asks for more.
        unreachable_for_s: how long to go on without a connection.
        rate_limited_for_s: how long to go on while the API answers 429; also the longest that one read waits because
            of `Retry-After`, all its answers taken together.
        random: where the jitter comes from.
    """

    attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 30.0
    unreachable_for_s: float = 120.0
    rate_limited_for_s: float = 900.0
    random: Random = field(default_factory=Random, repr=False, compare=False)

    def backoff_s(self, failures: int) -> float:
        """A random wait after *failures* failures, 1 being the first."""
        ceiling = self.base_s * 2.0 ** min(failures - 1, MAX_DOUBLINGS)
        return self.random.uniform(0.0, min(self.cap_s, ceiling))


class Patience:
    """What one read may still spend on failures.

    Args:
        sent_s: when the attempt of the moment was sent: the pauses of others before it are none of its failures.
    """

    def __init__(self, policy: RetryPolicy, clock: Clock, *, sent_s: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._sent_s = sent_s
        self._failures = 0
        self._counted = 0
        self._asked_s = 0.0  # by the server, to wait
        self._spent_s: defaultdict[type[RetryableError], float] = defaultdict(float)
        self._begun_s = 0.0
        self.wait_s = 0.0

    def begin(self) -> None:
        """An attempt begins."""
        self._begun_s = self._clock.monotonic()

    @property
    def over(self) -> bool:
        return math.isinf(self.wait_s)

    def spend(self, error: RetryableError) -> None:
        """Take in a failure: set `wait_s` to the wait before the next attempt, infinite when there is to be none."""
        self._failures += 1
        wait_s = max(self._policy.backoff_s(self._failures), error.retry_after_s or 0.0)
        self.wait_s = wait_s if self._allows(error, wait_s) else math.inf

    def _allows(self, error: RetryableError, wait_s: float) -> bool:
        self._spent_s[type(error)] += self._clock.monotonic() - max(self._begun_s, self._sent_s()) + wait_s
        self._asked_s += error.retry_after_s or 0.0
        if self._asked_s > self._policy.rate_limited_for_s:
            return False
        if isinstance(error, UnreachableError):
            return self._spent_s[type(error)] <= self._policy.unreachable_for_s
        if isinstance(error, RateLimitedError):
            return self._spent_s[type(error)] <= self._policy.rate_limited_for_s
        self._counted += OVERDUE if isinstance(error, OverdueError) else 1
        return self._counted < self._policy.attempts


def persist(
    attempt: Callable[[], T],
    *,
    resource: str,
    policy: RetryPolicy,
    clock: Clock,
    notice: Callable[[RetryableError, float], None],
    sent_s: Callable[[], float] = lambda: -math.inf,
) -> T:
    """Call *attempt* until it returns, or patience is over.

    Only failures whose attrs name *resource* are tried again: one that names another has been, where it arose.

    Args:
        attempt: what to do.
        resource: whose failures to wait for.
        policy: how long, and how often.
        clock: what waits; its StoppedError ends the waiting.
        notice: told of each failure, and of the seconds before it is tried again: infinite where it is not.
        sent_s: when the last attempt was sent, where it first waits for others.

    Raises:
        RetryableError: the last failure, when patience is over.
    """
    patience = Patience(policy, clock, sent_s=sent_s)
    patience.begin()
    try:
        return attempt()  # nearly always enough: what drives the others costs a tenth of a request
    except RetryableError as error:
        failed = [error]

    def again() -> T:
        """The failure of the first attempt, then further attempts."""
        if failed:
            raise failed.pop()
        patience.begin()
        return attempt()

    def spend(state: RetryCallState) -> None:
        patience.spend(_failure(state))
        notice(_failure(state), patience.wait_s)

    retrying = Retrying(
        retry=retry_if_exception(
            lambda error: isinstance(error, RetryableError) and error.attrs.get("resource") == resource
        ),
        after=spend,
        wait=lambda _: patience.wait_s,
        stop=lambda _: patience.over,
        sleep=clock.sleep,
        reraise=True,
    )
    return retrying(again)


def _failure(state: RetryCallState) -> RetryableError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, RetryableError)
    return error
