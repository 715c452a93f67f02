"""What a sampler is: a pure function from history to proposals."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from hpsearch.records import Observation, Trial
from hpsearch.seeds import round_generator, sweep_generator
from hpsearch.space import Scalar, Space

Array = npt.NDArray[np.float64]

Point = tuple[float, ...]
"""A point in the unit cube."""


Cost = Callable[[Mapping[str, Scalar]], float]
"""What a trial with these values costs, above 0; counted, so that it is the same on every machine."""


@dataclass(frozen=True)
class Settings:
    """What a config can set of a sampler."""

    points: int = 5  # of grid: how many values of each setting


@dataclass(frozen=True)
class Ask:
    """A wish for the points of a round, with all that may be known of the rounds before it.

    A trial here stands for a configuration, with all of its repeats.
    """

    space: Space
    history: Sequence[Observation]  # every trial of the rounds that may be seen, finished, in order
    pending: Sequence[Trial]  # those of the rounds since then; how they end is not to be known
    size: int  # how many points are wanted
    round: int  # the round's number
    seed: int  # of the sweep
    given: int = 0  # how many of the first trials were not proposed by the sampler
    cost: Cost | None = None  # of which less is better, all else equal; None if it does not matter

    @property
    def earlier(self) -> list[Observation | Trial]:
        """Every trial of the rounds before, in order."""
        return [*self.history, *self.pending]

    @property
    def proposed(self) -> int:
        """How many points the sampler proposed in earlier rounds."""
        return len(self.history) + len(self.pending) - self.given

    def generator(self) -> np.random.Generator:
        """For what is random in this round."""
        return round_generator(self.seed, self.round)

    def sweep_generator(self) -> np.random.Generator:
        """For what is random, but the same in every round."""
        return sweep_generator(self.seed)


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
    global_share: float = 1.0  # the part of the points sought in the whole cube
    region: tuple[UnitInterval, ...] = ()  # where the others were sought; empty if there were none


class Sampler(ABC):
    """Proposes the points of a round from what is known, remembering nothing itself."""

    kind: ClassVar[str]
    """The strategy's name in a config."""
    widens: ClassVar[bool] = True
    """Whether the ranges of its space may grow from round to round."""
    prices: ClassVar[bool] = False
    """Whether it heeds what trials cost."""

    def __init__(self, settings: Settings = Settings()) -> None:
        self.settings = settings

    def require(self, space: Space, trials: int) -> None:
        """Raise UsageError if so many trials, each with a configuration of its own, cannot be had."""

    @abstractmethod
    def propose(self, ask: Ask) -> Proposal:
        """`ask.size` points."""


def as_points(array: Array) -> tuple[Point, ...]:
    """The rows of an array (points, settings) as points."""
    return tuple(tuple(row) for row in array.tolist())
