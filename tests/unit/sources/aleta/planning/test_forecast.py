"""How many rows some days may hold, by what is known of them; and how wide a window is worth the risk of being cut."""

from math import sqrt
from random import Random

import pytest

from sources.aleta.planning.forecast import PRIOR, Evidence, Forecast, Variance

CAP = 1000


def by_rate(days: float, *, rows: float = 1000.0, seen: float = 100.0) -> Evidence:
    """Of days of which no cut answer tells."""
    return Evidence(days=days, shown=0, scale=1.0, certainty=0.0, rows=rows, seen=seen)


def cost(mean: float, spread: float) -> float:
    """Requests for each row read, where a window of *mean* rows that is cut costs a request."""
    rng = Random(1)
    fits = sum(rng.gauss(mean, spread) < CAP for _ in range(20_000)) / 20_000
    return (1 + (1 - fits)) / mean


def test_rows_that_are_known_fill_the_cap():
    """No room is left where nothing is unsure; an answer of as many rows as the cap is cut."""
    assert Forecast(CAP - 1, 0.0).fits(CAP)
    assert not Forecast(CAP, 0.0).fits(CAP)


@pytest.mark.parametrize("spread", [0.03, 0.1, 0.2])
def test_the_widest_window_that_is_worth_it_costs_fewest_requests_a_row(spread):
    """The margin is that of the docstring, not one that was tried: no other costs 2 % less."""
    widest = max(mean for mean in range(1, 2 * CAP) if Forecast(mean, (spread * mean) ** 2).fits(CAP))
    fewest = min(cost(mean, spread * mean) for mean in range(CAP // 3, CAP, 10))
    assert cost(widest, spread * widest) < 1.02 * fewest


def test_the_rate_of_the_days_before_goes_on():
    """Ten a day for as long; unsure by counting, and by how the rate varies."""
    forecast = by_rate(50).forecast(0.01)
    assert forecast.mean == pytest.approx(500)
    assert sqrt(forecast.variance) == pytest.approx(sqrt(500 + 500**2 * (0.01 + 1 / 1000)))


def test_shown_rows_outweigh_a_rate_that_varies():
    """Fifty of one in ten were shown, and the days before had a tenth of that rate: they count a third of a row."""
    evidence = Evidence(days=10, shown=50, scale=10.0, certainty=1e6, rows=100.0, seen=20.0)
    assert evidence.forecast(3.0).mean == pytest.approx(500, rel=0.1)
    assert evidence.forecast(0.001).mean < 200


def test_a_scale_of_which_little_is_known_widens_the_forecast():
    """The same rows shown, the scale told by ten rows or by ten thousand."""
    few, many = (Evidence(10, 50, 10.0, told, 0.0, 0.0).forecast(0.01) for told in (10, 10_000))
    assert few.mean == many.mean == pytest.approx(500)
    assert few.variance > 2 * many.variance


def test_a_window_that_was_cut_has_more_rows_than_were_shown():
    """As many more as the tail of what was expected has."""
    assert Forecast(900, 50.0**2).over(CAP).mean == pytest.approx(1018, abs=3)
    assert Forecast(900, 200.0**2).over(CAP).mean > 1080


def test_a_surprise_has_less_chance_than_one_in_a_thousand():
    assert not Forecast(900, 100).surprised(930)
    assert Forecast(900, 100).surprised(935)


@pytest.mark.parametrize("relative", [0.0, 0.1, 0.3])
def test_how_much_rates_vary_is_learned(relative):
    """From windows that hold what is expected to windows that are off by a third; some of them are cut."""
    rng, variance = Random(2), Variance()
    assert variance.value == PRIOR
    for _ in range(200):
        rows = int(max(0, rng.gauss(500, sqrt(500 + 250 + (500 * relative) ** 2))))
        variance.learn(by_rate(50), min(rows, 700), cut=rows >= 700)
    assert relative**2 / 3 <= variance.value <= max(0.003, 3 * relative**2)
