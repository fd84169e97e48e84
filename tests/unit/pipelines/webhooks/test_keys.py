"""When keys are fetched, and how often at most."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.webhooks.keys import FILE, Coordinates, Keys, KeySource, KeysUnknownError
from pipelines.webhooks.signatures import decoded
from sandbox.world.webhook_keys import jwks


def coordinates(rotations=0):
    return [Coordinates(kid=key["kid"], x=key["x"], y=key["y"]) for key in jwks("seed", rotations)]


class Api:
    """Gives the keys of so many rotations, counts the fetches, fails when it is told to."""

    def __init__(self):
        self.fetches = 0
        self.rotations = 0
        self.fails = False
        self.lists_none = False
        self.odd = []
        self.now_s = 1000.0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def fetch(self):
        self.fetches += 1
        assert self.may_answer.wait(10)
        if self.fails:
            raise OSError("the API is down")
        if self.lists_none:
            return []
        return self.odd + coordinates(self.rotations)


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def make(api, tmp_path):
    """Start with what is on the disk."""
    with ThreadPoolExecutor(2) as threads:
        source = KeySource(fetch=api.fetch, threads=threads, monotonic=lambda: api.now_s)
        yield lambda: Keys("acme", tmp_path, source)


def newest(rotations=0):
    """Whether the newest key of so many rotations is among the keys."""
    point = int.from_bytes(decoded(coordinates(rotations)[-1].x))
    return lambda keys: any(key.public_numbers().x == point for key in keys)


def never(keys):
    return False


def test_the_first_delivery_fetches_them(api, make):
    assert asyncio.run(make().fit(newest()))
    assert api.fetches == 1


def test_a_fitting_key_asks_nobody(api, make):
    async def many():
        keys = make()
        return [await keys.fit(newest()) for _ in range(50)]

    assert all(asyncio.run(many()))
    assert api.fetches == 1


def test_a_rotation_is_followed_at_once(api, make):
    """Right after the start too: the first fetch is none again."""

    async def rotate():
        keys = make()
        await keys.fit(newest())
        api.rotations = 1
        return await keys.fit(newest(1))

    assert asyncio.run(rotate())
    assert api.fetches == 2


def test_a_flood_of_forgeries_costs_one_fetch_a_minute(api, make):
    async def flood():
        keys = make()
        await keys.fit(newest())
        before = api.fetches
        for _ in range(600):  # five minutes
            assert not await keys.fit(never)
            api.now_s += 0.5
        return api.fetches - before

    assert asyncio.run(flood()) == 5


def test_forgeries_that_come_together_share_one_fetch(api, make):
    async def flood():
        keys = make()
        return await asyncio.gather(*(keys.fit(never) for _ in range(100)))

    assert not any(asyncio.run(flood()))
    assert api.fetches == 1


def test_forgeries_before_any_true_delivery_cost_one_fetch(api, make):
    """Nor does the first fetch make room for a second one, where it was for a forgery."""

    async def flood():
        keys = make()
        return [await keys.fit(never) for _ in range(30)]

    assert not any(asyncio.run(flood()))
    assert api.fetches == 1


def test_a_true_delivery_does_not_wait_while_forgeries_do(api, make):
    async def flood():
        keys = make()
        await keys.fit(newest())
        api.may_answer.clear()
        forged = asyncio.create_task(keys.fit(never))
        await asyncio.sleep(0.05)
        true = await asyncio.wait_for(keys.fit(newest()), 1)
        api.may_answer.set()
        return true, await forged

    assert asyncio.run(flood()) == (True, False)


def test_without_any_key_nothing_can_be_said(api, make):
    """Not 401: the delivery may be good, and is to be sent again."""
    api.fails = True
    with pytest.raises(KeysUnknownError):
        asyncio.run(make().fit(never))


def test_a_failing_api_is_asked_once_a_minute_too(api, make):
    api.fails = True

    async def many():
        keys = make()
        for _ in range(120):
            with pytest.raises(KeysUnknownError):
                await keys.fit(never)
            api.now_s += 1
        return api.fetches

    assert asyncio.run(many()) == 2


@pytest.mark.parametrize("had_keys", [False, True])
def test_an_api_without_keys_is_asked_once_a_minute_too(had_keys, api, make):
    """Webhooks that are not set up yet, or keys withdrawn: a flood of forgeries costs no budget there either."""

    async def many():
        keys = make()
        if had_keys:
            await keys.fit(newest())
        api.lists_none = True
        before = api.fetches
        for _ in range(120):
            with contextlib.suppress(KeysUnknownError):
                assert not await keys.fit(never)
            api.now_s += 1
        return api.fetches - before

    assert asyncio.run(many()) == 2


def test_they_are_kept_from_one_start_to_the_next(api, make, tmp_path):
    """So that deliveries are accepted while the API is down; the file is the owner's only."""
    asyncio.run(make().fit(newest()))
    api.fails = True
    assert asyncio.run(make().fit(newest()))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == [FILE]


def test_kept_keys_are_believed_and_fetched_again_once(api, make):
    """Nobody knows how old they are; a rotation after that is followed at once."""
    asyncio.run(make().fit(newest()))

    async def restarted():
        keys = make()
        for _ in range(3):
            assert await keys.fit(newest())
            await asyncio.sleep(0.1)
        api.rotations = 1
        return await keys.fit(newest(1))

    assert asyncio.run(restarted())
    assert api.fetches == 3


def test_the_keys_there_are_judge_while_the_api_is_down(api, make):
    async def outage():
        keys = make()
        await keys.fit(newest())
        api.fails = True
        return await keys.fit(never), await keys.fit(newest())

    assert asyncio.run(outage()) == (False, True)


def test_old_keys_are_fetched_again_unasked(api, make):
    """A key that was withdrawn, perhaps because it was stolen, is not trusted for ever."""

    async def next_day():
        keys = make()
        await keys.fit(newest())
        api.rotations = 4  # none of the old ones is left
        api.now_s += 86_401
        assert await keys.fit(newest())  # this one began the fetch
        await asyncio.sleep(0.2)
        return await keys.fit(newest())

    assert not asyncio.run(next_day())


@pytest.mark.parametrize("content", [b"", b"{", b"[]x", b'[{"kid":"k","x":"AA","y":"AA"}]'])
def test_a_damaged_file_is_fetched_again(content, api, make, tmp_path):
    (tmp_path / FILE).write_bytes(content)
    assert asyncio.run(make().fit(newest()))
    assert api.fetches == 1


def test_a_point_off_the_curve_is_no_key(api, make):
    """One bad key in the answer is a failed fetch: nothing is half believed."""
    api.odd = [Coordinates(kid="k", x="AA", y="AA")]
    with pytest.raises(KeysUnknownError):
        asyncio.run(make().fit(never))


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"kty": "EC", "crv": "P-384"}, id="another-curve"),
        pytest.param({"kty": "OKP", "crv": "X448"}, id="another-type"),
    ],
)
def test_a_key_of_another_kind_leaves_the_others_usable(odd, api, make, tmp_path):
    """RFC 7517, 5: keys that one does not understand are ignored; among many, they take nobody's place."""
    api.odd = [Coordinates(kid="k", x="AA", y="AA", **odd)] * 20

    assert asyncio.run(make().fit(newest()))
    assert b'"k"' not in (tmp_path / FILE).read_bytes()


def test_keys_that_cannot_be_kept_leave_no_file_and_are_used(api, make, tmp_path):
    """They are fetched up to once a minute: an attempt each would fill the disk that is full already."""
    (tmp_path / FILE / "inside").mkdir(parents=True)

    assert asyncio.run(make().fit(newest()))
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
