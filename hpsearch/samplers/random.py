"""Random search."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from hpsearch.records import Observation
from hpsearch.samplers.base import Point, Proposal, Sampler
from hpsearch.space import Space


class Random(Sampler):
    """Uniform in the unit cube (Bergstra, Bengio 2012, "Random Search for Hyper-Parameter Optimization")."""

    kind: ClassVar[str] = "random"

    def propose(self, space: Space, history: Sequence[Observation], size: int, rng: np.random.Generator) -> Proposal:
        return Proposal(uniform_points(space, size, rng))


def uniform_points(space: Space, size: int, rng: np.random.Generator) -> tuple[Point, ...]:
    """`size` points, uniform in the unit cube."""
    return tuple(tuple(float(u) for u in rng.random(len(space.settings))) for _ in range(size))
