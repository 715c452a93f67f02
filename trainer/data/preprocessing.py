"""Scaling of features."""

from dataclasses import dataclass

import numpy as np

from trainer.arrays import Array
from trainer.errors import TrainerError

SPAN = 4.0
"""Scaled training rows differ by at most this much in a column."""


@dataclass(frozen=True)
class Standardizer:
    """x ↦ (x − mean) / scale, column by column, in float64 and then rounded to float32."""

    mean: Array  # (features,)
    scale: Array  # (features,), 1 where a feature is constant

    @classmethod
    def fitted(cls, x: Array) -> "Standardizer":
        """Mean and scale of the columns of x (rows, features), of which there must be some.

        The scale is the standard deviation, but at least the range / `SPAN`: a column that is almost always the same
        (a pixel at the margin, a rare category) has next to no deviation, and divided by it alone its few other
        values would be the largest numbers of the table. Measured in docs/decisions/005-defaults.md.
        Of a constant, the mean may be off by rounding and the deviation is then not 0; so constants are looked for.
        """
        with np.errstate(all="ignore"):
            mean, deviation = x.mean(axis=0), x.std(axis=0)
        least, most = x.min(axis=0), x.max(axis=0)
        scale = np.maximum(deviation, most / SPAN - least / SPAN)  # the range itself may overflow
        return cls(np.where(least == most, x[0], mean), np.where(least == most, 1.0, scale))

    def __call__(self, x: Array) -> Array:
        """Scale x (rows, features); raises TrainerError where that leaves the range of float32."""
        with np.errstate(all="ignore"):
            scaled = np.ascontiguousarray((x - self.mean) / self.scale, dtype=np.float32)
        if not np.isfinite(scaled).all():
            row, column = (int(index[0]) for index in np.nonzero(~np.isfinite(scaled)))
            raise TrainerError(
                f"column {column} holds {float(x[row, column])!r}, which cannot be scaled among its other values"
            )
        return scaled
