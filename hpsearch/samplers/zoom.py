"""Coarse to fine: look everywhere, then ever closer around the leaders."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from hpsearch.records import Observation
from hpsearch.samplers.base import Point, Proposal, Sampler, UnitInterval
from hpsearch.samplers.random import uniform_points
from hpsearch.space import Space

START = 8  # completed trials before there are leaders worth following
LEADERS = 3
SHRINK = 0.85  # of the boxes' width, a round
WIDEST, NARROWEST = 0.5, 0.02  # the boxes' width at first and at last, as a share of the range
GLOBAL_SHARE = 0.25
CHOICE_RESAMPLED = 0.2  # how often a choice is drawn anew instead of taken from the leader


class Zoom(Sampler):
    """Boxes around the best trials that contract by a fixed factor a round, and a share of global draws.

    The textbook form of coarse to fine (A. Ng, Improving Deep Neural Networks, 2017). The contraction
    counts the rounds since there were leaders, so it needs no budget and an extension changes nothing.
    """

    kind: ClassVar[str] = "zoom"

    def propose(self, space: Space, history: Sequence[Observation], size: int, rng: np.random.Generator) -> Proposal:
        completed = [seen for seen in history if seen.score is not None]
        if len(completed) < START:
            return Proposal(uniform_points(space, size, rng))
        leaders = sorted(completed, key=lambda seen: (seen.score, seen.number))[:LEADERS]
        rounds_since_start = history[-1].round - completed[START - 1].round
        width = max(WIDEST * SHRINK**rounds_since_start, NARROWEST)
        points = tuple(self._draw(space, leaders, width, rng) for _ in range(size))
        return Proposal(points, GLOBAL_SHARE, _region(leaders, width))

    def _draw(self, space: Space, leaders: Sequence[Observation], width: float, rng: np.random.Generator) -> Point:
        anywhere = rng.random(len(space.settings))
        if rng.random() < GLOBAL_SHARE:
            return tuple(float(u) for u in anywhere)
        leader = leaders[rng.choice(len(leaders), p=_rank_weights(len(leaders)))]
        resample = rng.random(len(space.settings)) < CHOICE_RESAMPLED
        return tuple(
            float(_reflect(centre + width * (u - 0.5)) if setting.distribution.ordered else u if anew else centre)
            for setting, centre, u, anew in zip(space.settings, leader.unit, anywhere, resample, strict=True)
        )


def _rank_weights(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Weights that fall with the logarithm of the rank, as in CMA-ES (N. Hansen 2016, equation 49)."""
    weights = np.log(count + 1) - np.log(np.arange(1, count + 1))
    normalised: np.ndarray[tuple[int], np.dtype[np.float64]] = weights / weights.sum()
    return normalised


def _reflect(u: float) -> float:
    """Back into [0, 1] at the bound that was crossed, so that bounds draw no crowd."""
    u = abs(u)
    return 2 - u if u > 1 else u


def _region(leaders: Sequence[Observation], width: float) -> tuple[UnitInterval, ...]:
    """Around the best; wide enough for the boxes of all leaders."""
    return tuple(
        UnitInterval(
            centre=coordinates[0],
            low=max(min(coordinates) - width / 2, 0.0),
            high=min(max(coordinates) + width / 2, 1.0),
        )
        for coordinates in zip(*(leader.unit for leader in leaders), strict=True)
    )
