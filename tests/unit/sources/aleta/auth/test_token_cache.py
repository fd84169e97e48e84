"""The token cache: one fetch for many threads, and no failure that stays."""

from __future__ import annotations

import threading
from collections import deque

import pytest

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.errors import (
    AuthError,
    SourceError,
    UnreachableError,
)
from tests.fakes import FakeClock


class Fetch:
    """Hands out t1, t2, ... of a lifetime, or raises what it is told to."""

    def __init__(self, clock: FakeClock, lifetime_s: float = 3600.0) -> None:
        self.clock, self.lifetime_s, self.count = clock, lifetime_s, 0
        self.errors: deque[Exception] = deque()

    def __call__(self) -> Token:
        self.count += 1
        if self.errors:
            raise self.errors.popleft()
        return Token(value=f"t{self.count}", expires_at_s=self.clock.monotonic() + self.lifetime_s)


@pytest.mark.parametrize(("lifetime_s", "fresh_s"), [(3600.0, 3540.0), (100.0, 90.0), (1.0, 0.9)])
def test_a_token_is_used_until_shortly_before_its_end(clock, lifetime_s, fresh_s):
    """The skew is a minute, or a tenth of a shorter life."""
    fetch = Fetch(clock, lifetime_s)
    cache = TokenCache(fetch, clock)
    assert cache.get() == "t1"
    clock.sleep(fresh_s - 0.01)
    assert cache.get() == "t1"
    clock.sleep(0.02)
    assert cache.get() == "t2"


def test_refresh_fetches_only_when_the_token_is_still_the_stale_one(clock):
    """Eight workers that meet a 401 together cost one fetch."""
    fetch = Fetch(clock)
    cache = TokenCache(fetch, clock)
    stale = cache.get()
    assert [cache.refresh(stale) for _ in range(8)] == ["t2"] * 8
    assert fetch.count == 2


def test_refresh_hands_out_no_token_that_is_about_to_end(clock):
    """Newer than the stale one, and too old all the same."""
    fetch = Fetch(clock)
    cache = TokenCache(fetch, clock)
    stale = cache.get()
    assert cache.refresh(stale) == "t2"
    clock.sleep(3600.0)
    assert cache.refresh(stale) == "t3"


def test_a_failing_fetch_does_not_poison_the_cache(clock):
    """The next call tries again; a token still good is not lost by a failed refresh."""
    fetch = Fetch(clock)
    fetch.errors.append(UnreachableError("no"))
    cache = TokenCache(fetch, clock)
    with pytest.raises(UnreachableError):
        cache.get()
    assert cache.get() == "t2"
    fetch.errors.append(AuthError("no"))
    with pytest.raises(AuthError):
        cache.refresh("t2")
    assert cache.get() == "t2"
    assert cache.refresh("t2") == "t4"


def race(cache: TokenCache, threads: int = 8) -> list[str]:
    """What each of many threads gets at once."""
    got: list[str] = []

    def get() -> None:
        try:
            got.append(cache.get())
        except SourceError as error:
            got.append(type(error).__name__)

    running = [threading.Thread(target=get) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in running)
    return got


class SlowFetch(Fetch):
    """Begins only when it is let go."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.go = threading.Event()

    def __call__(self) -> Token:
        self.go.wait(timeout=20)
        return super().__call__()


def test_many_threads_cost_one_fetch(clock):
    """One refresh at a time; the others wait and share it."""
    fetch = SlowFetch(clock)
    threading.Timer(0.1, fetch.go.set).start()
    assert race(TokenCache(fetch, clock)) == ["t1"] * 8
    assert fetch.count == 1


def test_a_failure_goes_to_all_who_waited_for_it(clock):
    """Nobody hangs, and eight threads do not spend the patience eight times."""
    fetch = SlowFetch(clock)
    fetch.errors.extend([UnreachableError("no")] * 8)
    threading.Timer(0.3, fetch.go.set).start()
    assert race(TokenCache(fetch, clock)) == ["UnreachableError"] * 8
    assert fetch.count < 8  # 1, unless a thread was late


def test_a_token_is_masked():
    """Its repr has no value."""
    assert "s3cret" not in repr(Token(value="s3cret", expires_at_s=1.0))
