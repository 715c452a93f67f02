"""What the two estimators have in common."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from trainer.architecture import Architecture
from trainer.arrays import Array
from trainer.data import Standardizer
from trainer.errors import TrainerError
from trainer.estimators.holdout import held_out
from trainer.estimators.learner import Learner
from trainer.estimators.settings import Settings
from trainer.estimators.strength import candidates, strongest
from trainer.estimators.table import Table, scaled
from trainer.history import Fit


@dataclass(kw_only=True, eq=False, repr=False)
class BaseMLP(Settings, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """Fitting, for both estimators; the attributes are those of scikit-learn's own networks, and `l2_`."""

    _metric: ClassVar[str]
    _usual_strength: ClassVar[float]  # of L2, where no rows are held out to choose it
    _scales_targets: ClassVar[bool]

    @abstractmethod
    def _loss(self, n_out: int) -> str:
        """The name of the loss."""

    @abstractmethod
    def _encode(self, y: Array, *, fresh: bool, classes: Any = None) -> Array:
        """The targets (rows, outputs) of y. If `fresh`, learn what classes there are: those given, or those of y."""

    def _classes(self, targets: Array) -> Array | None:
        """The class of each row, where it has one."""
        return None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (rows, features) and y, from the beginning unless `warm_start`.

        A row of weight two counts as two in every mean; a row of weight 0 is as if it were not there.
        Raises ValueError, in a sentence, for data or settings that cannot be used.
        """
        going_on = bool(self.warm_start) and hasattr(self, "_learner")
        training = self._training()
        if not going_on and hasattr(self, "_learner"):
            del self._learner  # should anything fail below, nothing half new is left
        table = self._read(X, y, sample_weight, fresh=not going_on)
        split, *seeds = self._seed().spawn(4)
        places = held_out(len(table.x), self.validation_fraction, self._classes(table.targets), split)
        train, rest = (table[place] for place in places)
        if not going_on:
            self._scale_by(train)
        training = replace(training, batch_size=min(training.batch_size, len(train.x)))
        architectures = self._architectures(train, held_out=len(rest.x) > 0, going_on=going_on)
        learner = Learner(architectures, training, table.x.dtype, seeds)
        if going_on:
            learner.start_from(self._learner)
        self._train(learner, train, rest, going_on=going_on)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """One pass over these rows, with whatever the earlier calls have left behind."""
        fresh = not hasattr(self, "_learner")
        training = self._training()
        table = self._read(X, y, sample_weight, fresh=fresh, classes=classes)
        if fresh:
            self._scale_by(table)
            l2 = 0.0 if self.l2 is None else self.l2  # nobody knows yet how many rows will come
            architecture = self._network(table, l2)
            self._keep(Learner([architecture], training, table.x.dtype, self._seed().spawn(4)[1:]))
            self._forget()
        loss = self._learner.pass_over(scaled(table, self._inputs, self._outputs, self._learner.dtype))
        self._note([loss], [], len(table.x))
        return self

    def _read(self, X: Any, y: Any, sample_weight: Any, *, fresh: bool, classes: Any = None) -> Table:
        X, y = validate_data(
            self,
            X,
            y,
            dtype=(np.float64, np.float32),
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
        return Table(X, targets, weights)

    def _seed(self) -> np.random.SeedSequence:
        words = check_random_state(self.random_state).randint(2**32, size=4, dtype=np.uint32)
        return np.random.SeedSequence(words.tolist())

    def _scale_by(self, table: Table) -> None:
        """Learn how to scale inputs and targets."""

        def fitted(columns: Array, *, scales: bool) -> Standardizer:
            if scales and self.standardize:
                return Standardizer.fitted(columns, table.weights)
            return Standardizer.identity(columns.shape[1])

        self._inputs = fitted(table.x, scales=True)
        self._outputs = fitted(table.targets, scales=self._scales_targets)

    def _architectures(self, train: Table, *, held_out: bool, going_on: bool) -> list[Architecture]:
        l2 = self.l2_ if going_on and self.l2 is None else self.l2
        tried = candidates(l2, train.count, held_out=held_out, usual=self._usual_strength)
        found = [self._network(train, each) for each in tried]
        if going_on:
            before = self._learner.architectures[0]
            for name in ("hidden", "batch_norm"):
                if getattr(found[0], name) != getattr(before, name):
                    raise TrainerError(
                        f"warm_start goes on with the network of the fit before, whose {name} was "
                        f"{getattr(before, name)!r}; it is now {getattr(found[0], name)!r}"
                    )
        return found

    def _network(self, table: Table, l2: float) -> Architecture:
        n_in, n_out = table.x.shape[1], table.targets.shape[1]
        return self._architecture(n_in, n_out, l2, self._loss(n_out))

    def _train(self, learner: Learner, train: Table, rest: Table, *, going_on: bool) -> None:
        """Train to the end, and keep the network that does best on the `rest`."""
        rows = scaled(train, self._inputs, self._outputs, learner.dtype)
        validation = scaled(rest, self._inputs, self._outputs, learner.dtype) if len(rest.x) else None
        fits = learner.fit(rows, validation, self._metric)
        index = 0
        if len(fits) > 1 and validation is not None:
            index = strongest(learner.row_losses(validation))
            learner = learner.one(index)
        _require_trained(fits[index], learner)
        self._keep(learner)
        if not going_on:
            self._forget()
        scores = [epoch.scores for epoch in fits[index].epochs]
        held = [score[f"val_{self._metric}"] for score in scores] if validation is not None else []
        self._note([score["train_loss"] for score in scores], held, len(train.x) * len(scores))
        self.loss_ = fits[index].scores["train_loss"]

    def _keep(self, learner: Learner) -> None:
        self._learner = learner
        self.l2_ = learner.architectures[0].l2
        self.n_layers_ = len(learner.architectures[0].hidden) + 2

    def _forget(self) -> None:
        """Begin a new history."""
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] | None = None
        self.best_validation_score_: float | None = None
        self.t_ = 0

    def _note(self, losses: Sequence[float], held: Sequence[float], seen: int) -> None:
        """Take epochs into the history: their training losses, scores on held-out rows, and the rows seen."""
        self.n_iter_ = len(losses)
        self.t_ += seen
        self.loss_curve_.extend(losses)
        self.loss_ = losses[-1]
        if held:
            self.validation_scores_ = [*(self.validation_scores_ or ()), *held]
            self.best_validation_score_ = max(self.validation_scores_)
        self.best_loss_ = None if self.validation_scores_ else min(self.loss_curve_)

    def _scores(self, X: Any) -> Array:
        """What the network says of X (rows, features): (rows, outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return self._learner.scores(self._inputs(X, self._learner.dtype))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_learner")


def _require_trained(fit: Fit, learner: Learner) -> None:
    """Raise TrainerError if no epoch left finite weights; warn if only earlier epochs did."""
    if not fit.diverged:
        return
    if fit.best_epoch == len(fit.epochs) or not np.isfinite(learner.network.parameters).all():
        raise TrainerError(
            f"the training diverged: a loss was not a finite number after epoch {len(fit.epochs)}; "
            "use a smaller learning_rate, or standardize"
        )
    warnings.warn(
        f"the training diverged after epoch {len(fit.epochs)}; the weights are those of epoch {fit.best_epoch}",
        ConvergenceWarning,
        stacklevel=4,
    )
