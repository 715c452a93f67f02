"""Training: epochs of shuffled mini-batches, each followed by an evaluation."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from trainer.arrays import Array, Setting, calmly
from trainer.batches import Batches
from trainer.data.dataset import Rows
from trainer.errors import TrainerError
from trainer.evaluation import evaluate_trials
from trainer.history import End, Epoch, Fit, OnEpoch
from trainer.metrics import require_metrics
from trainer.network import Network
from trainer.optimizers import OPTIMIZERS, Rates, clip_norm
from trainer.penalties import MaxNorm
from trainer.training import Training

SHARED = ("optimizer", "batch_size", "epochs", "patience")
"""The settings of training in which trials side by side must agree; the rest may differ."""


@dataclass
class _Trial:
    """What training remembers of one of the trials side by side."""

    epochs: list[Epoch] = field(default_factory=list)
    end: End | None = None
    best_epoch: int = 0
    best_loss: float = float("inf")
    kept: tuple[Array, Array] | None = None  # parameters and statistics to go back to


class Fitting:
    """A training that can be interrupted between epochs, and resumed from its `state`.

    Trains `network` in place from its present parameters: one trial, or several side by side with one `Training`
    and one generator each. `shuffle` orders the rows of each epoch, `noise` feeds dropout.
    """

    def __init__(
        self,
        network: Network,
        trainings: Sequence[Training],
        *,
        shuffle: Sequence[np.random.Generator],
        noise: Sequence[np.random.Generator],
    ) -> None:
        if len({tuple(getattr(training, name) for name in SHARED) for training in trainings}) != 1:
            raise TrainerError(f"trials side by side must agree on {', '.join(SHARED)}")
        self.network, self.trainings = network, tuple(trainings)
        self.training = trainings[0]
        self.shuffle, self.noise = tuple(shuffle), tuple(noise)
        rates = Rates(*(self._setting(name) for name in ("beta", "beta2", "epsilon", "weight_decay")))
        self.optimizer = OPTIMIZERS[self.training.optimizer](network, rates)
        self._clip = self._limit("clip")
        max_norm = self._limit("max_norm")
        self._max_norm = None if max_norm is None else MaxNorm(max_norm)
        self._schedules = [training.rates() for training in trainings]
        self._varies = any(training.schedule != "constant" or training.warmup for training in trainings)
        self._trials = [_Trial() for _ in trainings]
        self.epoch = 0

    def _setting(self, name: str) -> Setting:
        values = [getattr(training, name) for training in self.trainings]
        return values if self.network.stack else values[0]

    def _limit(self, name: str) -> Setting | None:
        values = [getattr(training, name) for training in self.trainings]
        if all(value is None for value in values):
            return None
        limits = [float("inf") if value is None else value for value in values]
        return limits if self.network.stack else limits[0]

    def fit(
        self,
        train: Rows,
        validation: Rows | None = None,
        *,
        epochs: int | None = None,
        metrics: Sequence[str] = (),
        train_metrics: Sequence[str] = (),
        on_epoch: Sequence[OnEpoch] = (),
    ) -> list[Fit]:
        """Train for `epochs` more, or up to the epochs of the settings. The last, smaller batch is included.

        Without validation rows patience goes by the training loss. Returns all epochs since the first.
        """
        return fit_together(
            [self],
            [(train, validation)],
            epochs=epochs,
            metrics=metrics,
            train_metrics=train_metrics,
            on_epoch=on_epoch,
        )

    def begin(
        self, train: Rows, validation: Rows | None, metrics: Sequence[str], train_metrics: Sequence[str]
    ) -> "Course":
        """What training on these rows takes, checked; trials that only ran out of epochs go on."""
        require_metrics([*metrics, *train_metrics], self.network.loss, self.network.layers[-1].n_out)
        train = _checked(train, self.network)
        judged = {"train": (train, train_metrics)}
        if validation is not None:
            judged["val"] = _checked(validation, self.network), metrics
        batches = Batches(train, self.training.batch_size, self.network.stack)
        if batches.size > self.network.capacity:
            raise TrainerError(
                f"the network was built for batches of up to {self.network.capacity} rows; batch_size is {batches.size}"
            )
        for trial in self._trials:
            trial.end = None if trial.end is End.EPOCHS else trial.end
        return Course(self, batches, judged)

    @property
    def going_on(self) -> list[bool]:
        """Which of the trials have not ended."""
        return [trial.end is None for trial in self._trials]

    @property
    def fits(self) -> list[Fit]:
        """Each trial so far."""
        return [Fit(tuple(trial.epochs), trial.end or End.EPOCHS, trial.best_epoch) for trial in self._trials]

    def finish(self) -> None:
        """Go back to the weights that each trial keeps; a trial that only ran out of epochs can be trained on."""
        for index, trial in enumerate(self._trials):
            trial.end = trial.end or End.EPOCHS
            if trial.kept is not None:
                for now, kept in zip(self._of(index), trial.kept, strict=True):
                    now[...] = kept

    def train_epoch(self, batches: Batches) -> None:
        """One pass over the rows, in a new order; `fit` calls this, calmly."""
        network, rows = self.network, len(batches.rows)
        network.forget()
        orders = [rng.permutation(rows) for rng in self.shuffle]
        steps = -(-rows // batches.size)
        self._set_rates(self.epoch)
        for index, (x, targets, weights) in enumerate(batches(orders)):
            if self._varies:  # a lone step is taken in the middle: at its end cosine may have come to 0
                self._set_rates(self.epoch + ((index + 1) / steps if steps > 1 else 0.5))
            network.draw(self.noise, x.shape[-2])
            network.backpropagate(network.forward(x, train=True), targets, weights)
            self._update()
            network.learn_statistics(x.shape[-2] / batches.size)
        self.epoch += 1

    def _set_rates(self, time: float) -> None:
        rates = [
            training.learning_rate * schedule.factor(time)
            for training, schedule in zip(self.trainings, self._schedules, strict=True)
        ]
        self.optimizer.set_learning_rate(rates if self.network.stack else rates[0])

    def _update(self) -> None:
        if self._clip is not None:
            self.optimizer.add_penalties()
            clip_norm(self.network.gradient, self._clip)
        self.optimizer.step(penalised=self._clip is not None)
        if self._max_norm is not None:
            for tensor in self.network.tensors.values():
                if tensor.penalised:
                    self._max_norm.project(tensor.value, tensor.gradient)

    def record(self, epochs: Sequence[Epoch], stops: Sequence[bool]) -> None:
        """Keep the state of each trial that goes on, and judge it by this."""
        for index, (trial, epoch) in enumerate(zip(self._trials, epochs, strict=True)):
            if trial.end is None:
                trial.epochs.append(epoch)
                self._judge(index, trial, epoch, stop=stops[index])

    def _judge(self, index: int, trial: _Trial, epoch: Epoch, *, stop: bool) -> None:
        """Remember the best, and find out whether this was the last epoch."""
        losses = [epoch.scores[name] for name in ("train_loss", "val_loss") if name in epoch.scores]
        loss = epoch.scores.get("val_loss", epoch.scores["train_loss"])
        patience = self.training.patience
        if not np.isfinite(losses).all():
            trial.end = End.DIVERGED
        elif patience is None or loss < trial.best_loss:
            trial.best_epoch, trial.best_loss = epoch.epoch, loss
            trial.kept = None if patience is None else self._copy(index)
        elif epoch.epoch - trial.best_epoch >= patience:
            trial.end = End.PATIENCE
        if stop and trial.end is None:
            trial.end = End.STOPPED
        if trial.end is not None and trial.kept is None:
            trial.best_epoch = epoch.epoch
            trial.kept = self._copy(index) if len(self._trials) > 1 else None

    def _copy(self, index: int) -> tuple[Array, Array]:
        parameters, statistics = self._of(index)
        return parameters.copy(), statistics.copy()

    def _of(self, index: int) -> tuple[Array, Array]:
        """The parameters and statistics of one trial."""
        network = self.network
        return (
            (network.parameters[index], network.statistics[index])
            if network.stack
            else (network.parameters, network.statistics)
        )

    def state(self) -> dict[str, Any]:
        """Everything that resuming needs, copied: arrays, numbers, and the generators' states."""
        return deepcopy(
            {
                "epoch": self.epoch,
                "parameters": self.network.parameters,
                "statistics": self.network.statistics,
                "steps": self.optimizer.steps,
                "optimizer": self.optimizer.state,
                "rates": self.optimizer.rates,
                "generators": [rng.bit_generator.state for rng in (*self.shuffle, *self.noise)],
                "trials": self._trials,
            }
        )

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state kept earlier, as if never interrupted."""
        self._go_back(state)
        state = deepcopy(state)
        self.epoch, self._trials = state["epoch"], state["trials"]
        for rng, generator in zip((*self.shuffle, *self.noise), state["generators"], strict=True):
            rng.bit_generator.state = generator

    def rewind(self, state: Mapping[str, Any]) -> None:
        """Take weights and optimizer back to an earlier state; epochs, learning-rate schedule and generators go on.

        A training that has diverged can then be trained on.
        """
        self._go_back(state)
        for trial in self._trials:
            trial.end = None

    def _go_back(self, state: Mapping[str, Any]) -> None:
        self.network.parameters[...] = state["parameters"]
        self.network.statistics[...] = state["statistics"]
        self.optimizer.restore(state["steps"], state["optimizer"], state["rates"])


@dataclass(frozen=True)
class Course:
    """A fitting, and the rows that it trains on and is judged by."""

    fitting: Fitting
    batches: Batches
    judged: Mapping[str, tuple[Rows, Sequence[str]]]  # train and val: the rows, and the metrics of these

    def epoch(self) -> list[dict[str, float]]:
        """Train for one epoch; the scores of each trial after it."""
        self.fitting.train_epoch(self.batches)
        found: list[dict[str, float]] = [{} for _ in self.fitting.trainings]
        for part, (rows, metrics) in self.judged.items():
            for scores, values in zip(found, evaluate_trials(self.fitting.network, rows, metrics), strict=True):
                scores |= {f"{part}_{name}": value for name, value in values.items()}
        return found


def fit_together(
    fittings: Sequence[Fitting],
    parts: Sequence[tuple[Rows, Rows | None]],
    *,
    epochs: int | None = None,
    metrics: Sequence[str] = (),
    train_metrics: Sequence[str] = (),
    on_epoch: Sequence[OnEpoch] = (),
) -> list[Fit]:
    """As `Fitting.fit` for several networks in lock-step, each on rows of its own: the folds of a cross-validation.

    The scores of a trial are the means over its networks, and beside them is val_loss_std, the standard deviation of
    their val_loss (over n − 1). Patience and `on_epoch` go by these, so all networks of a trial end after one epoch.
    Each network is, bit for bit, what it would be if it were trained for so many epochs alone.
    """
    courses = [fitting.begin(*each, metrics, train_metrics) for fitting, each in zip(fittings, parts, strict=True)]
    first = fittings[0]
    last = first.training.epochs if epochs is None else first.epoch + epochs
    with calmly():  # an overflow ends the training as diverged
        while first.epoch < last and any(first.going_on):
            found = zip(*[course.epoch() for course in courses], strict=True)
            states = [Epoch(first.epoch, _means(scores)) for scores in found]
            asked = on_epoch or [lambda epoch: None] * len(states)
            going_on = zip(states, asked, first.going_on, strict=True)
            stops = [going and bool(ask(state)) for state, ask, going in going_on]
            for fitting in fittings:
                fitting.record(states, stops)
    if last >= first.training.epochs or not any(first.going_on):
        for fitting in fittings:
            fitting.finish()
    return first.fits


def _means(scores: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """The means of scores over networks; of one network, these are its scores."""
    if len(scores) == 1:
        return scores[0]
    means = {name: float(np.mean([each[name] for each in scores])) for name in scores[0]}
    if "val_loss" in means:
        means["val_loss_std"] = float(np.std([each["val_loss"] for each in scores], ddof=1))
    return means


def fit(
    network: Network,
    train: Rows,
    validation: Rows | None,
    training: Training,
    *,
    shuffle: np.random.Generator,
    noise: np.random.Generator,
    metrics: Sequence[str] = ("accuracy",),
    on_epoch: OnEpoch = lambda epoch: None,
) -> Fit:
    """Train `network` in place from its present parameters, from the first epoch to the end."""
    fitting = Fitting(network, [training], shuffle=[shuffle], noise=[noise])
    return fitting.fit(train, validation, metrics=metrics, on_epoch=[on_epoch])[0]


def _checked(rows: Rows, network: Network) -> Rows:
    """The rows in the network's type and layout; raises TrainerError if they cannot be learned from."""
    wanted = network.layers[0].n_in, network.layers[-1].n_out
    if not len(rows):
        raise TrainerError("there are no rows; training and validation need at least one each")
    if (rows.x.shape[1], rows.targets.shape[1]) != wanted or len(rows.x) != len(rows.targets):
        raise TrainerError(
            f"the network takes {wanted[0]} features and {wanted[1]} targets a row; "
            f"it was given x {rows.x.shape} and targets {rows.targets.shape}"
        )
    if not all(np.isfinite(bound) for part in (rows.x, rows.targets) for bound in (part.min(), part.max())):
        raise TrainerError("features and targets must be finite numbers; fill in or leave out what is missing")

    def ready(part: Array) -> Array:
        return np.ascontiguousarray(part, dtype=network.dtype)

    weights = None if rows.weights is None else ready(rows.weights)
    return replace(rows, x=ready(rows.x), targets=ready(rows.targets), weights=weights)
