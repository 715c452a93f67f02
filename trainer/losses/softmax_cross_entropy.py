"""Softmax cross-entropy, for one class out of several."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.losses.base import Loss


class SoftmaxCrossEntropy(Loss):
    """−Σ_c t_c log softmax(z)_c for targets t that sum to 1 a row; the gradient is (softmax(z) − t) / batch.

    Shifting by the largest score leaves softmax as it is and keeps exp from overflowing
    (Goodfellow, Bengio, Courville 2016, section 4.1).
    """

    kind: ClassVar[str] = "softmax_cross_entropy"

    def value(self, scores: Array, targets: Array) -> float:
        shifted = scores - scores.max(axis=-1, keepdims=True)
        log_total = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        losses = (targets * (log_total - shifted)).sum(axis=-1)  # (batch,)
        return float(losses.mean(dtype=np.float64))

    def gradient(self, scores: Array, targets: Array, out: Array) -> None:
        _softmax(scores, out)
        np.subtract(out, targets, out=out)
        np.divide(out, scores.shape[-2], out=out)

    def predict(self, scores: Array) -> Array:
        probabilities = np.empty_like(scores)
        _softmax(scores, probabilities)
        return probabilities


def _softmax(scores: Array, out: Array) -> None:
    np.subtract(scores, scores.max(axis=-1, keepdims=True), out=out)
    np.exp(out, out=out)
    np.divide(out, out.sum(axis=-1, keepdims=True), out=out)
