"""Classification."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from trainer.arrays import Array
from trainer.errors import TrainerError
from trainer.estimators.base import BaseMLP


@dataclass(kw_only=True, eq=False, repr=False)
class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-layer perceptron for classes: y is (rows,) labels, or (rows, labels) of 0 and 1 for several at once.

    Two classes, and several labels, have logistic outputs; more classes have a softmax. The settings are in
    `Settings`, and `label_smoothing` beside them. `validation_scores_` are accuracies.
    """

    label_smoothing: float = 0.0

    _metric: ClassVar[str] = "accuracy"
    _usual_strength: ClassVar[float] = 1.0
    _scales_targets: ClassVar[bool] = False

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One pass over X (rows, features) and y, going on from the calls before.

        The first call needs `classes`, all that will ever come. The scaling of inputs is that of the first call;
        `l2=None` means 0, no row is held out, and the learning rate is constant. Settings changed between calls have no
        effect.
        """
        if not hasattr(self, "_learner"):
            if classes is None:
                raise TrainerError("classes must be passed on the first call to partial_fit; y may lack some of them")
        elif classes is not None and not np.array_equal(unique_labels(classes), self.classes_):
            raise TrainerError(f"classes are {classes!r}; in the calls before they were {self.classes_!r}")
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X: Any) -> Array:
        """The most probable class of each row of X (rows, features), or 0 and 1 for each label."""
        probabilities = self.predict_proba(X)
        if self.n_outputs_ == 1:
            probabilities = probabilities[:, -1]
        found: Array = self._labels.inverse_transform(probabilities)
        return found

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, in the order of `classes_`, or of each label: (rows, classes)."""
        probabilities: Array = np.exp(self.predict_log_proba(X))
        return probabilities

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithm of `predict_proba`, finite also where that is 0."""
        z = self._scores(X)
        if len(self.classes_) == 1:
            return np.zeros_like(z)
        if self.out_activation_ == "softmax":
            z -= z.max(axis=1, keepdims=True)
            found: Array = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
            return found
        yes = -np.logaddexp(0, -z)  # log 1 / (1 + e⁻ᶻ)
        return yes if self._several else np.hstack([-np.logaddexp(0, z), yes])

    @property
    def _several(self) -> bool:
        """Whether a row may have several labels."""
        several: bool = self._labels.y_type_.startswith("multilabel")
        return several

    def _loss(self) -> str:
        return f"{self.out_activation_}_cross_entropy"

    def _strata(self, targets: Array) -> Array | None:
        if self._several:
            return None
        found: Array = targets[:, 0] if targets.shape[1] == 1 else targets.argmax(axis=1)
        return found

    def _encode(self, y: Array, *, fresh: bool, classes: Any = None) -> Array:
        check_classification_targets(y)
        if fresh:
            several = type_of_target(y).startswith("multilabel")
            self._labels = LabelBinarizer().fit(y if several or classes is None else classes)
            self.classes_ = self._labels.classes_
            self.out_activation_ = "logistic" if several or len(self.classes_) < 3 else "softmax"
        if not self._several:
            unknown = np.setdiff1d(y, self.classes_)
            if len(unknown):
                raise TrainerError(
                    f"y has the classes {unknown.tolist()}, which are not among {self.classes_.tolist()}"
                )
        targets: Array = self._labels.transform(y).astype(np.float64)
        return targets

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
