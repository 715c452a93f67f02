"""Model files as fitted scikit-learn estimators."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from trainer.arrays import Array
from trainer.data.targets import are_numbers
from trainer.model import Model, load
from trainer.plugins import Plugin


class _Pretrained(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The model in the file `path`, which `Model.save` wrote: arrays and JSON, no pickle. It is never fitted again.

    `plugins`: those that its network is built from, as for `trainer.load`.
    """

    def __init__(self, path: Path | str, plugins: Sequence[Plugin] = ()) -> None:
        self.path = path
        self.plugins = plugins

    @cached_property
    def model_(self) -> Model:
        """The model; raises TrainerError if the file is not there, or damaged."""
        return load(self.path, self.plugins)

    def set_params(self, **params: Any) -> Self:
        """As scikit-learn has it; the model is read again when it is next asked for."""
        self.__dict__.pop("model_", None)
        found: Self = super().set_params(**params)
        return found

    def fit(self, X: Any, y: Any = None) -> Self:
        """Nothing: the model stays as it is in the file."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "model_"}

    def __sklearn_is_fitted__(self) -> bool:
        return True


class PretrainedClassifier(ClassifierMixin, _Pretrained):  # type: ignore[misc]  # scikit-learn has no types
    """A model of classes, or of labels that are each yes or no.

    X is what the model was trained on: (rows, features), or a DataFrame with the table's columns in any order.
    """

    @property
    def classes_(self) -> Array:
        """The classes, as numbers where all their names are numbers; or the labels' names."""
        classes = self.model_.classes
        if not are_numbers(classes):
            return np.array(classes)
        numbers = np.array(classes, float)
        return numbers.astype(int) if (numbers % 1 == 0).all() else numbers

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, in the order of `classes_`, or of each label: (rows, classes)."""
        return self.model_.predict_proba(X)

    def predict(self, X: Any) -> Array:
        """The most probable class of each row, or 0 and 1 for each label."""
        probabilities = self.predict_proba(X)
        if self.model_.multilabel:
            return (probabilities > 0.5).astype(int)
        found: Array = self.classes_[probabilities.argmax(axis=1)]
        return found


class PretrainedRegressor(RegressorMixin, _Pretrained):  # type: ignore[misc]  # scikit-learn has no types
    """A model of numbers; X as for `PretrainedClassifier`."""

    def predict(self, X: Any) -> Array:
        """Numbers (rows,), or (rows, outputs)."""
        found: Array = self.model_.predict(X)
        return found


def pretrained(path: Path | str, plugins: Sequence[Plugin] = ()) -> PretrainedClassifier | PretrainedRegressor:
    """The estimator of a model file; raises TrainerError if there is none, it is damaged, or a plug-in is missing."""
    classifies = bool(load(path, plugins).classes)
    return PretrainedClassifier(path, plugins) if classifies else PretrainedRegressor(path, plugins)
