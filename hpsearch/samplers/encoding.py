"""Points of a space as rows of numbers whose distances mean something."""

import math

import numpy as np
import numpy.typing as npt

from hpsearch.samplers.base import Array
from hpsearch.space import Choice, Distribution, Space
from hpsearch.space.integer import Integer


class Encoding:
    """A column for an ordered setting, a column for each member of a choice.

    Whole numbers stand at their own place on the scale. Two different members of a choice are 1 apart. A setting
    that does not exist at a point stands in the middle, so it adds nothing to the distance between two such points.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        widths = [_width(setting.distribution) for setting in space.settings]
        self.setting_of_column: npt.NDArray[np.intp] = np.repeat(np.arange(len(widths)), widths)

    def __call__(self, units: Array) -> Array:
        """Rows for the points `units` (points, settings); (points, columns)."""
        there = self._space.presence(units)
        blocks = [
            np.where(there[:, [index]], _encoded(setting.distribution, units[:, index]), _middle(setting.distribution))
            for index, setting in enumerate(self._space.settings)
        ]
        return np.concatenate(blocks, axis=1)

    def distances(self, rows: Array) -> Array:
        """Squared distances between rows along each setting; (settings, rows, rows)."""
        gaps = (rows[:, None, :] - rows[None, :, :]) ** 2
        starts = np.flatnonzero(np.diff(self.setting_of_column, prepend=-1))
        return np.ascontiguousarray(np.moveaxis(np.add.reduceat(gaps, starts, axis=2), 2, 0))


def _width(distribution: Distribution) -> int:
    return len(distribution.labels) if isinstance(distribution, Choice) else 1


def _middle(distribution: Distribution) -> float:
    return math.sqrt(0.5) / len(distribution.labels) if isinstance(distribution, Choice) else 0.5


def _encoded(distribution: Distribution, along: Array) -> Array:
    if isinstance(distribution, Choice):
        encoded: Array = math.sqrt(0.5) * np.eye(len(distribution.labels))[distribution.indices(along)]
        return encoded
    if isinstance(distribution, Integer):
        along = np.array([distribution.to_unit(distribution.from_unit(u)) for u in along.tolist()])
    return along[:, None]
