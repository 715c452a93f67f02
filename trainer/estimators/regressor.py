"""Regression."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin

from trainer.arrays import Array
from trainer.checks import require_one_of
from trainer.estimators.base import BaseMLP
from trainer.losses import LOSSES


@dataclass(kw_only=True, eq=False, repr=False)
class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-layer perceptron for numbers: y is (rows,), or (rows, outputs) for several at once.

    `loss`: mean_squared_error, or huber, whose `delta` is in standard deviations of the target.
    The other settings are in `Settings`. `validation_scores_` are R².
    """

    loss: str = "mean_squared_error"
    delta: float = 1.0

    _metric: ClassVar[str] = "r2"
    _usual_strength: ClassVar[float] = 5.0
    _scales_targets: ClassVar[bool] = True

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One pass over X (rows, features) and y, going on from the calls before.

        The scaling of inputs and targets is that of the first call; `l2=None` means 0, no row is held out, and the
        learning rate is constant. Settings changed between calls have no effect.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Array:
        """The numbers expected for X (rows, features): (rows,) or (rows, outputs)."""
        scores = self._scores(X)
        found = self._scaling.outputs.inverse(scores)
        return found[:, 0] if found.shape[1] == 1 else found

    def _loss(self) -> str:
        require_one_of("loss", self.loss, [name for name, loss in LOSSES.items() if loss.task == "regression"])
        return self.loss

    def _encode(self, y: Array, *, fresh: bool, classes: Any = None) -> Array:
        self.out_activation_ = "identity"
        targets: Array = np.asarray(y, np.float64)
        return targets[:, np.newaxis] if targets.ndim == 1 else targets
