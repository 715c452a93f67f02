"""The unit vectors along which a gradient is compared with slopes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trainer.arrays import Array
from trainer.gradcheck.settings import Settings

SPARE = 5  # so many directions and coordinates more may be drawn where some straddle kinks
SHIFTS = 4096


@dataclass(frozen=True)
class Probe:
    """A random direction of a whole tensor, or a coordinate: `vector` / `length` at a place of the flat tensor."""

    place: slice
    vector: Array
    length: float = 1.0
    coordinate: int = -1  # flat index; -1: a direction

    def move(self, step: float) -> Array:
        """How a step along this moves its place."""
        move: Array = (step / self.length) * self.vector
        return move

    def along(self, gradient: Array) -> float:
        """The part of a flat gradient along this."""
        return float(np.dot(gradient[self.place], self.vector)) / self.length


class Probes:
    """Draws probes from a generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._numbers = np.empty(0)

    def candidates(self, size: int, settings: Settings) -> Iterator[tuple[Iterator[Probe], int]]:
        """Directions, then coordinates: those to try, and how many are wanted; in a small tensor every coordinate."""
        if settings.coordinates is None or size <= settings.directions + settings.coordinates:
            yield _coordinates(range(size)), size
            return
        if settings.directions:
            yield (self._direction(size) for _ in range(settings.directions + SPARE)), settings.directions
        if settings.coordinates:
            drawn = self._rng.choice(size, min(size, settings.coordinates + SPARE), replace=False)
            yield _coordinates(drawn.tolist()), settings.coordinates

    def _direction(self, size: int) -> Probe:
        """A window on one long sequence of uniform numbers, for numbers are what directions cost.

        Windows at different places are as good as independent, and no sum of such numbers is 0 by chance.
        """
        if self._numbers.size < size + SHIFTS:
            self._numbers = self._rng.random(size + SHIFTS) - 0.5
        start = int(self._rng.integers(self._numbers.size - size + 1))
        vector = self._numbers[start : start + size]
        return Probe(slice(None), vector, float(np.linalg.norm(vector)))


def _coordinates(indices: Sequence[int]) -> Iterator[Probe]:
    return (Probe(slice(index, index + 1), np.ones(1), coordinate=index) for index in indices)
