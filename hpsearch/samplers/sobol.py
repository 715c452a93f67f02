"""Quasi-random search: points that keep out of each other's way."""

from typing import ClassVar

import numpy as np

from hpsearch.samplers.base import Array, Ask, Proposal, Sampler, as_points


class Sobol(Sampler):
    """Sobol's sequence, scrambled once a sweep (A. Owen 1998, "Scrambling Sobol and Niederreiter-Xing points").

    SciPy's points with the direction numbers of S. Joe and F. Kuo (2008).
    """

    kind: ClassVar[str] = "sobol"

    def propose(self, ask: Ask) -> Proposal:
        return Proposal(as_points(sobol_points(ask)))


def sobol_points(ask: Ask) -> Array:
    """The next points of the sweep's sequence, (size, settings)."""
    dimensions = len(ask.space.settings)
    if dimensions == 0:
        return np.empty((ask.size, 0))
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, scramble=True, rng=ask.sweep_generator())
    if ask.proposed:  # SciPy stumbles over a step of 0
        sequence.fast_forward(ask.proposed)
    points: Array = np.concatenate([sequence.random(1) for _ in range(ask.size)])  # one by one: any number goes
    return points
