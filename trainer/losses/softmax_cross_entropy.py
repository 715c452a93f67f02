"""Softmax cross-entropy, for one class out of several."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.errors import TrainerError
from trainer.losses.base import Loss, LossSettings, Task
from trainer.parts import ROWS, Buffer


class SoftmaxCrossEntropy(Loss):
    """−Σ_c t_c log softmax(z)_c for targets t that sum to 1 a row; the gradient of a row is softmax(z) − t.

    Shifting by the largest score leaves softmax as it is and keeps exp from overflowing
    (Goodfellow, Bengio, Courville 2016, section 4.1). Label smoothing ε trains towards (1 − ε) t + ε/classes
    (Szegedy et al. 2016, section 7). A class weight multiplies the loss of its rows.
    """

    kind: ClassVar[str] = "softmax_cross_entropy"
    task: ClassVar[Task] = "classification"
    analytic: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset({"label_smoothing", "class_weights"})

    by_class: Array
    largest: Array
    largest_column: Array
    total: Array
    smoothed: Array
    kept: Array
    spread: Array
    column: Array
    class_weights: Array

    def __init__(self, n_out: int, settings: LossSettings | None = None) -> None:
        super().__init__(n_out, settings)
        self._smooths = bool(np.any(np.asarray(self.settings.label_smoothing) != 0))
        self._weights = self.settings.class_weights
        if self._weights is not None and len(self._weights) != n_out:
            raise TrainerError(f"class_weights must be {n_out} numbers, one a class; there are {len(self._weights)}")

    def buffers(self) -> Mapping[str, Buffer]:
        smoothed = {"smoothed": Buffer((ROWS, self.n_out))} if self._smooths else {}
        return {
            **super().buffers(),
            **smoothed,
            "by_class": Buffer((self.n_out, ROWS)),
            "largest": Buffer((1, ROWS), shared="largest"),
            "largest_column": Buffer((ROWS, 1), shared="largest"),
            "total": Buffer((ROWS, 1)),
        }

    def constants(self) -> Mapping[str, Setting | Array]:
        smoothing = np.asarray(self.settings.label_smoothing)
        weights = np.ones(self.n_out) if self._weights is None else np.asarray(self._weights)
        return {
            "kept": (1 - smoothing).tolist(),
            "spread": (smoothing / self.n_out).tolist(),
            "column": np.ones((self.n_out, 1)),
            "class_weights": weights[:, np.newaxis],
        }

    def losses(self, scores: Array, targets: Array, out: Array) -> None:
        """As log Σ exp(z) − Σ_c t_c z_c, of the shifted scores."""
        wanted = self._smooth(targets)
        self._shift(scores, self.work)
        np.exp(self.work, self.work)
        self.product(self.work, self.column, self.total)
        np.log(self.total, self.total)
        self._shift(scores, self.work)
        np.multiply(self.work, wanted, self.work)
        self.product(self.work, self.column, out)
        np.subtract(self.total, out, out)
        if self._weights is not None:
            np.multiply(out, self._row_weights(targets), out)

    def slopes(self, scores: Array, targets: Array, out: Array) -> None:
        self._softmax(scores, out)
        np.subtract(out, self._smooth(targets), out)
        if self._weights is not None:
            np.multiply(out, self._row_weights(targets), out)

    def _softmax(self, scores: Array, out: Array) -> None:
        self._shift(scores, out)
        np.exp(out, out)
        self.product(out, self.column, self.total)
        np.divide(out, self.total, out)

    def _shift(self, scores: Array, out: Array) -> None:
        """Subtract each row's largest score; it is found class by class, because NumPy is slow along short rows."""
        np.copyto(self.by_class, scores.mT)
        np.maximum.reduce(self.by_class, -2, keepdims=True, out=self.largest)
        np.subtract(scores, self.largest_column, out)

    def _smooth(self, targets: Array) -> Array:
        if not self._smooths:
            return targets
        np.multiply(targets, self.kept, self.smoothed)
        np.add(self.smoothed, self.spread, self.smoothed)
        return self.smoothed

    def _row_weights(self, targets: Array) -> Array:
        self.product(targets, self.class_weights, self.total)
        return self.total

    def random_targets(self, rng: np.random.Generator, rows: int) -> Array:
        shares = super().random_targets(rng, rows)
        shares /= shares.sum(axis=-1, keepdims=True)
        return shares

    def predict(self, scores: Array) -> Array:
        shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
        probabilities: Array = shifted / shifted.sum(axis=-1, keepdims=True)
        return probabilities
