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
        """Mean and standard deviation of the columns of x (rows, features)."""
        deviation = x.std(axis=0)
        return cls(x.mean(axis=0), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, x: Array) -> Array:
        """Scale x (rows, features)."""
        return np.ascontiguousarray((x - self.mean) / self.scale, dtype=np.float32)
