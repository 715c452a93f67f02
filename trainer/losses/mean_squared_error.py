"""The mean squared error, for regression."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.losses.base import Loss, Task


class MeanSquaredError(Loss):
    """The mean over the outputs of (z − t)² (Gauss 1809), without a factor ½; the gradient is 2 (z − t) / outputs."""

    kind: ClassVar[str] = "mean_squared_error"
    task: ClassVar[Task] = "regression"
    analytic: ClassVar[bool] = True

    column: Array
    factor: Array

    def constants(self) -> Mapping[str, Setting | Array]:
        return {"column": np.full((self.n_out, 1), 1 / self.n_out), "factor": 2 / self.n_out}

    def losses(self, scores: Array, targets: Array, out: Array) -> None:
        np.subtract(scores, targets, out=self.work)
        np.multiply(self.work, self.work, out=self.work)
        self.product(self.work, self.column, out=out)

    def slopes(self, scores: Array, targets: Array, out: Array) -> None:
        np.subtract(scores, targets, out=out)
        np.multiply(out, self.factor, out=out)

    def predict(self, scores: Array) -> Array:
        return scores.copy()
