"""Scaling of features."""

from dataclasses import dataclass

import numpy as np

from trainer.arrays import Array


@dataclass(frozen=True)
class Standardizer:
    """x ↦ (x − mean) / scale, column by column, in float64 and then rounded to float32."""

    mean: Array  # (features,)
    scale: Array  # (features,), the standard deviation; 1 where a feature is constant

    @classmethod
    def fitted(cls, x: Array) -> "Standardizer":
        """Mean and standard deviation of the columns of x (rows, features), of which there must be some.

        Of a constant, the mean may be off by rounding and the deviation is then not 0; so constants are looked for.
        """
        constant = x.min(axis=0) == x.max(axis=0)
        return cls(np.where(constant, x[0], x.mean(axis=0)), np.where(constant, 1.0, x.std(axis=0)))

    def __call__(self, x: Array) -> Array:
        """Scale x (rows, features)."""
        return np.ascontiguousarray((x - self.mean) / self.scale, dtype=np.float32)
