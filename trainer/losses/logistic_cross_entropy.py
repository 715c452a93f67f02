"""Logistic cross-entropy, for yes or no: one question (binary), or several at once (multi-label)."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.errors import TrainerError
from trainer.losses.base import Loss, LossSettings, Task
from trainer.parts import ROWS, Buffer


class LogisticCrossEntropy(Loss):
    """−t log σ(z) − (1 − t) log(1 − σ(z)), the mean over the outputs; its gradient is (σ(z) − t) / outputs.

    Computed as max(z, 0) − z t + log(1 + e^−|z|), in which nothing overflows (TensorFlow's documentation of
    sigmoid_cross_entropy_with_logits). Label smoothing ε trains towards (1 − ε) t + ε/2. `class_weights`:
    with one output the weights of no and yes; with several, the weight of each output.
    """

    kind: ClassVar[str] = "logistic_cross_entropy"
    task: ClassVar[Task] = "classification"
    analytic: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset({"label_smoothing", "class_weights"})

    wanted: Array
    loss: Array
    zero: Array
    half: Array
    one: Array
    kept: Array
    spread: Array
    column: Array
    no_weight: Array
    yes_extra: Array

    def __init__(self, n_out: int, settings: LossSettings | None = None) -> None:
        super().__init__(n_out, settings)
        self._smooths = bool(np.any(np.asarray(self.settings.label_smoothing) != 0))
        self._weights = self.settings.class_weights
        if self._weights is not None and len(self._weights) != max(n_out, 2):
            raise TrainerError(f"class_weights must be {max(n_out, 2)} numbers; there are {len(self._weights)}")

    def buffers(self) -> Mapping[str, Buffer]:
        full = Buffer((ROWS, self.n_out))
        return {**super().buffers(), "wanted": full, "loss": full}

    def constants(self) -> Mapping[str, Setting | Array]:
        smoothing = np.asarray(self.settings.label_smoothing)
        weights = np.ones(max(self.n_out, 2)) if self._weights is None else np.asarray(self._weights, np.float64)
        binary = self.n_out == 1
        return {
            "zero": 0.0,
            "half": 0.5,
            "one": 1.0,
            "kept": (1 - smoothing).tolist(),
            "spread": (smoothing / 2).tolist(),
            "column": np.full((self.n_out, 1), 1 / self.n_out),
            "no_weight": weights[np.newaxis, :1] if binary else weights[np.newaxis, : self.n_out],
            "yes_extra": weights[np.newaxis, 1:2] - weights[0] if binary else np.zeros((1, self.n_out)),
        }

    def losses(self, scores: Array, targets: Array, out: Array) -> None:
        np.negative(scores, out=self.work)
        np.minimum(scores, self.work, out=self.work)  # −|z|
        np.exp(self.work, out=self.work)
        np.log1p(self.work, out=self.loss)
        np.maximum(scores, self.zero, out=self.work)
        np.add(self.loss, self.work, out=self.loss)
        np.multiply(scores, self._smooth(targets), out=self.work)
        np.subtract(self.loss, self.work, out=self.loss)
        self._weigh(self.loss, targets)
        self.product(self.loss, self.column, out=out)

    def slopes(self, scores: Array, targets: Array, out: Array) -> None:
        np.multiply(scores, self.half, out=out)
        np.tanh(out, out=out)
        np.add(out, self.one, out=out)
        np.multiply(out, self.half, out=out)
        np.subtract(out, self._smooth(targets), out=out)
        self._weigh(out, targets)
        if self.n_out > 1:
            np.multiply(out, self.column[0], out=out)

    def _smooth(self, targets: Array) -> Array:
        if not self._smooths:
            return targets
        np.multiply(targets, self.kept, out=self.wanted)
        np.add(self.wanted, self.spread, out=self.wanted)
        return self.wanted

    def _weigh(self, values: Array, targets: Array) -> None:
        if self._weights is not None:
            np.multiply(targets, self.yes_extra, out=self.wanted)
            np.add(self.wanted, self.no_weight, out=self.wanted)
            np.multiply(values, self.wanted, out=values)

    def predict(self, scores: Array) -> Array:
        probabilities: Array = np.exp(np.minimum(scores, 0)) / (1 + np.exp(-np.abs(scores)))
        return probabilities
