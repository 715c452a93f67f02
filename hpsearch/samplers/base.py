"""What a sampler is: a pure function from history to proposals."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hpsearch.records import Observation
from hpsearch.space import Space

Point = tuple[float, ...]
"""A point in the unit cube."""


@dataclass(frozen=True)
class UnitInterval:
    """Where a round looks, along one coordinate of the unit cube."""

    centre: float
    low: float
    high: float


@dataclass(frozen=True)
class Proposal:
    """The points of a round, and where they were sought."""

    points: tuple[Point, ...]
    global_share: float = 1.0  # the part of the points drawn from the whole cube
    region: tuple[UnitInterval, ...] = ()  # where the others were drawn; empty if there were none


class Sampler(ABC):
    """Proposes the points of a round from what is known, remembering nothing itself."""

    kind: ClassVar[str]
    """The strategy's name in a config."""

    @abstractmethod
    def propose(self, space: Space, history: Sequence[Observation], size: int, rng: np.random.Generator) -> Proposal:
        """`size` points, given every finished trial of the rounds that this one may see, in order."""
