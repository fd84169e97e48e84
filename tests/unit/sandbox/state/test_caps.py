"""The models of the cap: how many rows an answer may hold."""

from random import Random

import pytest

from sandbox.settings import SandboxSettings
from sandbox.state.caps import MODELS, TURN, Asked, cap_of


def caps(model: str, *, owner: str = "a", sizes=(600,) * 300, answers: int = 40) -> list[int]:
    settings = SandboxSettings(cap_model=model, row_cap=100)
    rng = Random(1)
    return [cap_of(settings, Asked(owner=owner, number=number, sizes=sizes), rng) for number in range(answers)]


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("constant", {100}),
        ("alternating", {50, 100}),
        ("two_nodes", {50, 100}),
        ("falling", {30, 100}),
        ("rising", {30, 100}),
        ("bytes", {100}),
    ],
)
def test_a_model_gives_these_caps(model, found):
    """W6: each as its name says."""
    assert set(caps(model)) == found


def test_caps_fall_and_rise_after_some_answers():
    """Within one run."""
    assert caps("falling")[TURN - 1 : TURN + 1] == [100, 30]
    assert caps("rising")[TURN - 1 : TURN + 1] == [30, 100]


def test_a_cap_per_parent_is_the_same_for_all_of_its_answers():
    """And differs between parents."""
    assert len(set(caps("per_parent", owner="a"))) == 1
    assert len({caps("per_parent", owner=f"{number}")[0] for number in range(30)}) > 3


def test_a_cap_by_bytes_counts_large_rows_for_more():
    """Rows of 1,200 bytes: half as many."""
    assert set(caps("bytes", sizes=(1200,) * 300)) == {50}


def test_a_cap_that_wavers_stays_within_five_percent():
    """Downward only."""
    assert 95 <= min(caps("wavering")) < max(caps("wavering")) <= 100


@pytest.mark.parametrize("model", MODELS)
def test_without_a_cap_no_model_cuts(model):
    """`row_cap` 0: none."""
    settings = SandboxSettings(cap_model=model, row_cap=0)
    assert cap_of(settings, Asked(owner="a", number=1, sizes=(600,)), Random(1)) == 0
