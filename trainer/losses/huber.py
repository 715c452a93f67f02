"""Huber's loss, for regression with outliers."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.losses.base import Loss, Task
from trainer.parts import ROWS, Buffer


class Huber(Loss):
    """With r = z − t: r²/2 for |r| ≤ δ, else δ (|r| − δ/2); the mean over the outputs (Huber 1964).

    Both cases are c (r − c/2) with c = r cut at ±δ, and the gradient is c / outputs.
    """

    kind: ClassVar[str] = "huber"
    task: ClassVar[Task] = "regression"
    analytic: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset({"delta"})

    cut: Array
    squared: Array
    column: Array
    factor: Array
    half: Array
    above: Array
    below: Array

    def buffers(self) -> Mapping[str, Buffer]:
        return {**super().buffers(), **dict.fromkeys(("cut", "squared"), Buffer((ROWS, self.n_out)))}

    def constants(self) -> Mapping[str, Setting | Array]:
        return {
            "column": np.full((self.n_out, 1), 1 / self.n_out),
            "factor": 1 / self.n_out,
            "half": 0.5,
            "above": self.settings.delta,
            "below": -self.settings.delta,
        }

    def losses(self, scores: Array, targets: Array, out: Array) -> None:
        np.subtract(scores, targets, out=self.work)
        self._cut(self.work, self.cut)
        # c (r − c/2) = c r − (c/2) c, in two buffers
        np.multiply(self.work, self.cut, out=self.work)
        np.multiply(self.cut, self.cut, out=self.squared)
        np.multiply(self.squared, self.half, out=self.squared)
        np.subtract(self.work, self.squared, out=self.work)
        self.product(self.work, self.column, out=out)

    def slopes(self, scores: Array, targets: Array, out: Array) -> None:
        np.subtract(scores, targets, out=out)
        self._cut(out, out)
        np.multiply(out, self.factor, out=out)

    def _cut(self, residuals: Array, out: Array) -> None:
        np.minimum(residuals, self.above, out=out)
        np.maximum(out, self.below, out=out)

    def pattern(self) -> Array:
        """Where the last residuals were cut."""
        cut: Array = np.abs(self.cut.real) < self.settings.delta
        return cut

    def predict(self, scores: Array) -> Array:
        return scores.copy()
