"""How many rows some days may hold, and how many days to ask: as many as are worth the risk of being cut. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi, sqrt
from statistics import NormalDist
from typing import NamedTuple

NORMAL = NormalDist()
CHANCE = 0.001  # less is no chance
SURPRISE = -NORMAL.inv_cdf(CHANCE / 2)  # standard deviations, of which there is no more chance than that
VARIANCES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # that are thought of
PRIOR = 0.03  # before anything is learned
LEAST = 1e-9  # chance that a window is said to have had: a burst does not outweigh all the others


class Forecast(NamedTuple):
    """Rows that are expected in some days; what they may be off."""

    mean: float
    variance: float

    def fits(self, cap: int) -> bool:
        """Whether one row more would cost more than it is worth.

        It saves 1/mean of a request. It costs a request where the rows just reach the cap, of which the chance is the
        normal density at z standard deviations: exp(-z²/2) / √(2π·variance). So z = √(2·ln(mean / √(2π·variance))).
        """
        if self.variance <= 0:
            return self.mean < cap - 0.5
        odds = self.mean / sqrt(2 * pi * self.variance)
        z = sqrt(2 * log(odds)) if odds > 1 else 0.0
        return self.mean + z * sqrt(self.variance) < cap - 0.5

    def over(self, cap: int) -> Forecast:
        """The same once it is known that there are no fewer rows than *cap*: the mean of the normal tail."""
        spread = sqrt(max(self.variance, 1.0))
        z = min((cap - self.mean) / spread, 6.0)
        hazard = NORMAL.pdf(z) / (1 - NORMAL.cdf(z))
        mean = max(self.mean + spread * hazard, cap + 1.0)
        return Forecast(mean, max((mean - cap) ** 2, 1.0))

    def surprised(self, rows: int) -> bool:
        """Whether so many rows had next to no chance."""
        return abs(rows - self.mean) > SURPRISE * sqrt(self.variance)

    def likelihood(self, rows: int, *, cut: bool) -> float:
        """The logarithm of the chance of so many rows; or of more, where they were cut."""
        spread = sqrt(max(self.variance, 1.0))
        z = (rows - self.mean) / spread
        if cut:
            return log(max(1 - NORMAL.cdf(z), LEAST))
        return max(-z * z / 2, log(LEAST)) - log(spread)


class Evidence(NamedTuple):
    """What is known of the rows of some days.

    Args:
        days: how many they are.
        shown: rows of these days in a cut answer that shows any rows, each with the same probability.
        scale: rows that there are for each that it shows.
        certainty: rows shown that tell the scale; 0 where no cut answer tells of these days.
        rows: that were kept of the days before.
        seen: how many days these were; fewer, where the rate has grown since.
    """

    days: float
    shown: int
    scale: float
    certainty: float
    rows: float
    seen: float

    def part(self, share: float) -> Evidence:
        """The same of a share of the days, where nothing was shown."""
        return self._replace(days=self.days * share)

    def forecast(self, variance: float) -> Forecast:
        """Rows that were shown, and unseen ones.

        The rate is Gamma-distributed: as if so many rows had come in so many days. The days before tell as much of it
        as 1 / *variance* rows would, and no more; a cut answer as much as all rows of days / scale. Unseen rows come by
        chance at that rate: their variance is that of counting, that of the rate, and what the scale may be off.
        """
        fade = 1 + variance * self.rows
        rows, seen = self.rows / fade + self.shown, self.seen / fade
        told = self.days / self.scale if self.certainty else 0.0
        exposure = seen + told
        if not exposure:
            return Forecast(float(self.shown), 0.0)
        unseen = (self.days - told) * rows / exposure
        off = unseen + unseen * unseen / max(rows, 1.0)
        if self.certainty:
            off += (rows * told / exposure * (1 + (self.days - told) / exposure)) ** 2 / self.certainty
        return Forecast(self.shown + unseen, off)


@dataclass(slots=True)
class Variance:
    """Of the rate from one window to the next, relative, beyond counting: the one that makes what came likeliest."""

    value: float = PRIOR
    _likelihoods: tuple[float, ...] = (0.0,) * len(VARIANCES)

    def learn(self, evidence: Evidence, rows: int, *, cut: bool) -> None:
        """Days of which this was known held so many rows, or more if *cut*."""
        self._likelihoods = tuple(
            likelihood + evidence.forecast(variance).likelihood(rows, cut=cut)
            for variance, likelihood in zip(VARIANCES, self._likelihoods, strict=True)
        )
        self.value = VARIANCES[max(range(len(VARIANCES)), key=self._likelihoods.__getitem__)]
