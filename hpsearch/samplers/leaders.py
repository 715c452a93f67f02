"""The trials around which a search zooms in."""

from collections.abc import Sequence
from heapq import nsmallest

import numpy as np

from hpsearch.records import Observation
from hpsearch.samplers.base import Array, UnitInterval
from hpsearch.space import Space


def leaders(history: Sequence[Observation], count: int) -> list[Observation]:
    """The best completed trials, ties to the lowest number."""
    completed = (seen for seen in history if seen.score is not None)
    return nsmallest(count, completed, key=lambda seen: (seen.score, seen.number))


def near(
    space: Space, around: Sequence[Observation], steps: Array, resampled: float, rng: np.random.Generator
) -> Array:
    """Points a step each away from one of the leaders, the better ones more often; (points, settings).

    A step over a bound is reflected, so that bounds draw no crowd. A choice is drawn anew with probability
    `resampled`, else it is the leader's.
    """
    centres = np.array([leader.unit for leader in around])
    centres = centres[rng.choice(len(around), len(steps), p=_rank_weights(len(around)))]
    ordered = [setting.distribution.ordered for setting in space.settings]
    anew = rng.random(centres.shape) < resampled
    choices = np.where(anew, rng.random(centres.shape), centres)
    moved = 1 - np.abs(1 - np.abs(np.clip(centres + steps, -1, 2)))
    return np.where(ordered, moved, choices)


def _rank_weights(count: int) -> Array:
    """Weights (count,) that fall with the logarithm of the rank, as in CMA-ES (N. Hansen 2016, equation 49)."""
    weights: Array = np.log(count + 1) - np.log(np.arange(1, count + 1))
    normalised: Array = weights / weights.sum()
    return normalised


def region(around: Sequence[Observation], reach: float | Array) -> tuple[UnitInterval, ...]:
    """Centred at the best; wide enough to reach so far from each of them, along each setting."""
    units = np.array([leader.unit for leader in around])
    low = np.maximum(units.min(axis=0) - reach, 0.0)
    high = np.minimum(units.max(axis=0) + reach, 1.0)
    return tuple(UnitInterval(*place) for place in zip(around[0].unit, low.tolist(), high.tolist(), strict=True))
