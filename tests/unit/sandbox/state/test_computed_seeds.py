"""What is beyond the crawl: the same for the same seed and moment; numbers spelt in every way."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from decimal import Decimal, localcontext

import pytest

from sandbox.settings import SandboxSettings
from sandbox.state.mutations import mutate
from sandbox.state.truth import BEYOND
from sandbox.world.amounts import ONE, as_number, noise
from tests.unit.sandbox.state.computed_worlds import SMALL, store, tables

pytestmark = pytest.mark.slow


def test_the_same_seed_makes_the_same_tables(truth):
    """All of them, byte for byte."""
    assert tables(store().truth()) == tables(truth)


@pytest.mark.parametrize("other", [{"settings": replace(SMALL, seed=2)}, {"tenant": "bolt"}], ids=["seed", "tenant"])
def test_another_seed_or_tenant_shares_no_key(truth, other):
    """Nothing of one is ever found in another, but the slugs of the banks."""
    different = store(**other).truth()

    shared = {name for name in BEYOND if getattr(truth, name).keys() & getattr(different, name).keys()}

    assert shared == {"custodian_auth_flows"}


@pytest.mark.parametrize(
    ("settings", "digest"),
    [
        pytest.param(SandboxSettings(), "531f3ed96bba5c10", id="default"),
        pytest.param(SandboxSettings(plain=True), "1f2a8b3d98a95e50", id="plain"),
    ],
)
def test_the_crawl_of_a_seed_is_what_it_has_always_been(settings, digest):
    """What is served beyond it draws from generators of its own."""
    texts = store(settings).objects()

    found = hashlib.sha256("".join(map(repr, texts.items())).encode()).hexdigest()[:16]

    assert found == digest


def test_looking_changes_nothing():
    """The next mutation draws what it would have drawn."""
    looked_at, untouched = store(), store()
    tables(looked_at.truth())

    assert mutate(looked_at, "late", {"count": 5}) == mutate(untouched, "late", {"count": 5})


def test_a_truth_is_of_its_moment():
    """It may be looked at after the world has changed."""
    world = store()
    before, expected = world.truth(), tables(world.truth())
    for kind in ("recompute", "edit_price", "limit_changed", "late", "new_instrument", "account_gone", "rename"):
        mutate(world, kind, {})

    assert tables(before) == expected


# -- numbers


@pytest.mark.parametrize("turn", range(24))
@pytest.mark.parametrize(
    "atoms", [0, 1, -1, 25 * ONE, -12345 * ONE // 100, 10**24 * ONE + 7, 10**40, 123 * ONE // 1000]
)
def test_every_spelling_is_the_same_number(atoms, turn):
    """JSON numbers, exact whatever the turn."""
    text = as_number(atoms, turn).text

    assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", text)
    with localcontext(prec=100):
        assert Decimal(text) == Decimal(atoms) / ONE


def test_numbers_are_spelt_in_every_hard_way():
    """More than 12 decimals, 25 digits before the point, exponents, negative ones; none overflows the column."""
    world = store(SandboxSettings(computed_days=20))
    truth = world.truth()
    numbers = [row["attributes"]["marketValue"] for row in truth.instrument_holdings.values()]
    numbers += [row["attributes"]["dailyReturn"] for row in truth.performance.values()]

    assert any(number.as_tuple().exponent < -12 for number in numbers)
    assert any(re.search(r"\de\+\d", text) for text in world.texts("holdings", SMALL).values())
    assert any(number > 10**24 for number in numbers)
    assert any(number < 0 for number in numbers)
    assert max(map(abs, numbers)) < 10**26


def test_noise_depends_on_all_its_words():
    """And on nothing else."""
    assert noise("a", 1) == noise("a", 1)
    assert len({noise("a", 1), noise("a", 2), noise("a1"), noise("a", "1")}) == 4
