"""What an estimator was given to learn from, and the same ready for a network."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.arrays import Array
from trainer.data import Rows, Standardizer
from trainer.data.preprocessing import SPAN


@dataclass(frozen=True)
class Examples:
    """Rows as they were given, but for those of weight 0, which are left out."""

    x: Array  # (rows, features)
    targets: Array  # (rows, outputs)
    weights: Array | None  # (rows, 1), above 0

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Array) -> "Examples":
        return Examples(self.x[rows], self.targets[rows], None if self.weights is None else self.weights[rows])

    @property
    def count(self) -> float:
        """The number of rows, where a row of weight two counts as two."""
        return float(len(self.x) if self.weights is None else self.weights.sum())


@dataclass(frozen=True)
class Scaling:
    """How inputs and targets are scaled."""

    inputs: Standardizer
    outputs: Standardizer

    @classmethod
    def fitted(cls, examples: Examples, *, inputs: bool, outputs: bool) -> "Scaling":
        """Mean 0 of what is to be scaled; targets to a deviation of 1, on which the strength of L2 depends."""

        def fitted(columns: Array, span: float, *, scales: bool) -> Standardizer:
            if scales:
                return Standardizer.fitted(columns, examples.weights, span=span)
            return Standardizer.identity(columns.shape[1])

        return cls(fitted(examples.x, SPAN, scales=inputs), fitted(examples.targets, math.inf, scales=outputs))

    def rows(self, examples: Examples, dtype: npt.DTypeLike) -> Rows:
        """The rows as a network of type `dtype` takes them; the mean of the weights is 1."""
        weights = None if examples.weights is None else (examples.weights / np.mean(examples.weights)).astype(dtype)
        return Rows(self.inputs(examples.x, dtype), self.outputs(examples.targets, dtype), weights)
