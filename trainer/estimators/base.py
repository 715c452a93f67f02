"""What the two estimators have in common."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import SeedSequence
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from trainer.architecture import Architecture
from trainer.arrays import Array
from trainer.errors import TrainerError
from trainer.estimators.examples import Examples, Scaling
from trainer.estimators.holdout import held_out
from trainer.estimators.learner import Learner
from trainer.estimators.settings import Settings
from trainer.estimators.strength import MOST_ROWS, STRENGTHS, choose
from trainer.history import Fit
from trainer.training import Training


@dataclass(kw_only=True, eq=False, repr=False)
class BaseMLP(Settings, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """Fitting, for both estimators; the attributes are those of scikit-learn's own networks, and `l2_`.

    Where `l2` is to be chosen or `patience` is set, some rows are first held out to find out what L2 and how many
    epochs are best for them (`validation_scores_`); then all rows are trained on, with that (`loss_curve_`).
    """

    _metric: ClassVar[str]
    _usual_strength: ClassVar[float]  # of L2, in 1/rows, where no rows can be held out to choose it
    _scales_targets: ClassVar[bool]

    @abstractmethod
    def _loss(self) -> str:
        """The name of the loss."""

    @abstractmethod
    def _encode(self, y: Array, *, fresh: bool, classes: Any = None) -> Array:
        """The targets (rows, outputs) of y. If `fresh`, learn what classes there are: those given, or those of y."""

    def _strata(self, targets: Array) -> Array | None:
        """The class of each row, where it has one."""
        return None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (rows, features) and y, from the beginning unless `warm_start`.

        A row of weight two counts as two in every mean; a row of weight 0 is as if it were not there.
        Raises ValueError, in a sentence, for data or settings that cannot be used.
        """
        training = self._training()
        before = self._before()
        examples = self._read(X, y, sample_weight, fresh=before is None)
        training = replace(training, batch_size=min(training.batch_size, len(examples)))
        split, *seeds = self._seed().spawn(4)
        held, l2, training = self._find_out(examples, training, split, seeds, before)
        scaling = self._scaling_of(examples) if before is None else self._scaling
        learner = self._begin(examples, l2, training, seeds, before)
        fit = learner.fit(scaling.rows(examples, learner.dtype), None, self._metric)
        _require_trained(fit, learner)
        self._keep(learner, scaling, anew=before is None)
        self._note([epoch.scores["train_loss"] for epoch in fit.epochs], len(examples))
        self.loss_ = fit.scores["train_loss"]
        self.validation_scores_ = held
        self.best_validation_score_ = None if held is None else max(held)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """One pass over these rows, with whatever the earlier calls have left behind."""
        training = self._training()
        fresh = not hasattr(self, "_learner")
        examples = self._read(X, y, sample_weight, fresh=fresh, classes=classes)
        if fresh:
            l2 = 0.0 if self.l2 is None else self.l2  # nobody knows yet how many rows will come
            learner = self._begin(examples, l2, training, self._seed().spawn(4)[1:], None)
            self._keep(learner, self._scaling_of(examples), anew=True)
            self.validation_scores_ = self.best_validation_score_ = None
        loss = self._learner.pass_over(self._scaling.rows(examples, self._learner.dtype))
        if not np.isfinite(loss):
            del self._learner  # whose weights are no numbers either
            raise _diverged("this pass")
        self._note([loss], len(examples))
        return self

    def _before(self) -> Learner | None:
        """What a fit is to go on from; without a warm start what was learned is dropped, also if the fit fails."""
        if self.warm_start:
            return getattr(self, "_learner", None)
        self.__dict__.pop("_learner", None)
        return None

    def _read(self, X: Any, y: Any, sample_weight: Any, *, fresh: bool, classes: Any = None) -> Examples:
        X, y = validate_data(
            self,
            X,
            y,
            dtype=(np.float64, np.float32),
            order="C",  # sums of columns, and so the last bits, would depend on it
            multi_output=True,
            y_numeric=self._scales_targets,
            reset=fresh,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            counted = weights > 0
            X, y, weights = X[counted], y[counted], weights[counted, np.newaxis]
        targets = self._encode(y, fresh=fresh, classes=classes)
        if not fresh and targets.shape[1] != self.n_outputs_:
            raise TrainerError(f"y has {targets.shape[1]} columns; in the fit before it had {self.n_outputs_}")
        self.n_outputs_: int = targets.shape[1]
        return Examples(X, targets, weights)

    def _seed(self) -> SeedSequence:
        words = check_random_state(self.random_state).randint(2**32, size=4, dtype=np.uint32)
        return SeedSequence(words.tolist())

    def _scaling_of(self, examples: Examples) -> Scaling:
        return Scaling.fitted(examples, inputs=self.standardize, outputs=self.standardize and self._scales_targets)

    def _network(self, examples: Examples, l2: float) -> Architecture:
        return self._architecture(examples.x.shape[1], examples.targets.shape[1], l2, self._loss())

    def _begin(
        self, examples: Examples, l2: float, training: Training, seeds: Sequence[SeedSequence], before: Learner | None
    ) -> Learner:
        """A learner for such rows, with the weights of the one before if there is one."""
        learner = Learner(self._network(examples, l2), training, examples.x.dtype, seeds)
        if before is not None:
            for name in ("hidden", "batch_norm"):
                old, new = (getattr(each.architecture, name) for each in (before, learner))
                if new != old:
                    raise TrainerError(
                        f"warm_start goes on with the network of the fit before, whose {name} was {old!r}; it is {new!r}"
                    )
            learner.start_from(before)
        return learner

    def _find_out(
        self,
        examples: Examples,
        training: Training,
        split: SeedSequence,
        seeds: Sequence[SeedSequence],
        before: Learner | None,
    ) -> tuple[list[float] | None, float, Training]:
        """The scores on held-out rows, the L2, and how to train; held-out rows decide what is not settled."""
        l2 = self.l2
        if l2 is None:
            l2 = self._usual_strength / examples.count if before is None else before.architecture.l2
        chooses = self.l2 is None and before is None and len(examples) <= MOST_ROWS
        places = held_out(len(examples), self.validation_fraction, self._strata(examples.targets), split)
        if not len(places[1]) or not (chooses or training.patience):
            return None, l2, training
        train, rest = (examples[place] for place in places)
        scaling = self._scaling_of(train) if before is None else self._scaling
        rows, validation = (scaling.rows(part, examples.x.dtype) for part in (train, rest))
        if chooses:
            candidates = [self._network(train, strength / train.count) for strength in STRENGTHS]
            index, fit = choose(
                candidates, training, examples.x.dtype, seeds, train=rows, validation=validation, metric=self._metric
            )
            l2 = STRENGTHS[index] / examples.count
        else:
            fit = self._begin(train, l2, training, seeds, before).fit(rows, validation, self._metric)
        held = [epoch.scores[f"val_{self._metric}"] for epoch in fit.epochs]
        return held, l2, replace(training, epochs=max(1, fit.best_epoch), patience=None)

    def _keep(self, learner: Learner, scaling: Scaling, *, anew: bool) -> None:
        self._learner, self._scaling = learner, scaling
        self.l2_ = learner.architecture.l2
        self.n_layers_ = len(learner.architecture.hidden) + 2
        if anew:
            self.loss_curve_: list[float] = []
            self.t_ = 0

    def _note(self, losses: Sequence[float], rows: int) -> None:
        """Take epochs into the history: their losses, and the rows of each."""
        self.n_iter_ = len(losses)
        self.t_ += rows * len(losses)
        self.loss_curve_.extend(losses)
        self.loss_ = losses[-1]
        self.best_loss_ = min(self.loss_curve_)

    def _scores(self, X: Any) -> Array:
        """What the network says of X (rows, features): (rows, outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return self._learner.scores(self._scaling.inputs(X, self._learner.dtype))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_learner")


def _require_trained(fit: Fit, learner: Learner) -> None:
    """Raise TrainerError if no epoch left finite weights; warn if only earlier epochs did."""
    if not fit.diverged:
        return
    if fit.best_epoch in (0, len(fit.epochs)) or not np.isfinite(learner.network.parameters).all():
        raise _diverged(f"epoch {len(fit.epochs)}")
    warnings.warn(
        f"the training diverged after epoch {len(fit.epochs)}; the weights are those of epoch {fit.best_epoch}",
        ConvergenceWarning,
        stacklevel=3,
    )


def _diverged(after: str) -> TrainerError:
    return TrainerError(
        f"the training diverged: a loss was not a finite number after {after}; "
        "use a smaller learning_rate, or standardize"
    )
