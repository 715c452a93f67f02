"""Scaling of features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.arrays import Array
from trainer.errors import TrainerError

SPAN = 4.0
"""Scaled training rows differ by at most this much in a column."""


@dataclass(frozen=True)
class Standardizer:
    """x ↦ (x − mean) / scale, column by column, in float64 and then rounded to the network's type."""

    mean: Array  # (columns,)
    scale: Array  # (columns,), 1 where a column is constant

    @classmethod
    def fitted(cls, x: Array, weights: Array | None = None, *, span: float = SPAN) -> "Standardizer":
        """Mean and scale of the columns of x (rows, columns), of which there must be some.

        The scale is the standard deviation, but at least the range / `span`: a column that is almost always the same
        (a pixel at the margin, a rare category) has next to no deviation, and divided by it alone its few other
        values would be the largest numbers of the table. Measured in docs/decisions/006-defaults.md.
        `weights` (rows, 1), above 0: a row of weight 2 counts as two rows.
        Of a constant, the mean may be off by rounding and the deviation is then not 0; so constants are looked for.
        """
        with np.errstate(all="ignore"):
            mean, deviation = _moments(x) if weights is None else _weighted_moments(x, weights)
        least, most = x.min(axis=0), x.max(axis=0)
        scale = np.maximum(deviation, most / span - least / span)  # the range itself may overflow
        return cls(np.where(least == most, x[0], mean), np.where(least == most, 1.0, scale))

    @classmethod
    def identity(cls, columns: int) -> "Standardizer":
        """What leaves every column as it is."""
        return cls(np.zeros(columns), np.ones(columns))

    def __call__(self, x: Array, dtype: npt.DTypeLike = np.float32, names: Sequence[str] = ()) -> Array:
        """Scale x (rows, columns); raises TrainerError where that leaves the range of `dtype`.

        `names`: of the columns, if they have some, for the sentence.
        """
        with np.errstate(all="ignore"):
            scaled = np.ascontiguousarray((x - self.mean) / self.scale, dtype=dtype)
        if not np.isfinite(scaled).all():
            column = int(np.isfinite(scaled).all(axis=0).argmin())
            most = float(x[np.abs(x[:, column]).argmax(), column])
            name = f"the column {names[column]!r}" if names else f"column {column}"
            raise TrainerError(f"{name} holds {most!r}, which cannot be scaled among its other values")
        return scaled

    def inverse(self, scaled: Array) -> Array:
        """Back from scaled (rows, columns) to x, in the type of `scaled`."""
        x: Array = (scaled * self.scale + self.mean).astype(scaled.dtype)
        return x


def _moments(x: Array) -> tuple[Array, Array]:
    return x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)


def _weighted_moments(x: Array, weights: Array) -> tuple[Array, Array]:
    shares = weights.astype(np.float64) / weights.sum(dtype=np.float64)  # (rows, 1)
    mean = (shares * x).sum(axis=0)
    return mean, np.sqrt((shares * np.square(x - mean)).sum(axis=0))
