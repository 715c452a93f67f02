"""What an estimator has learned, and how it goes on learning."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.architecture import Architecture, build_stack
from trainer.arrays import Array, calmly
from trainer.batches import Batches
from trainer.data import Rows
from trainer.evaluation import evaluate
from trainer.fitting import Fitting
from trainer.history import Fit
from trainer.training import Training

CAPACITY = 256
"""Rows evaluated at once, where a batch has fewer."""


class Learner:
    """Networks of one shape, side by side or one alone, and the state of their training.

    A network is mostly working memory, so what is pickled is settings and arrays. `seeds` are those of the first
    weights, of the order of rows, and of dropout; networks side by side draw the same.
    """

    def __init__(
        self,
        architectures: Sequence[Architecture],
        training: Training,
        dtype: npt.DTypeLike,
        seeds: Sequence[np.random.SeedSequence],
    ) -> None:
        self.architectures, self.training, self.dtype = tuple(architectures), training, np.dtype(dtype)
        self._build(seeds)
        self.network.initialise(*self._generators(seeds[0]))

    def _build(self, seeds: Sequence[np.random.SeedSequence]) -> None:
        capacity = max(self.training.batch_size, CAPACITY)
        if len(self.architectures) > 1:
            self.network = build_stack(self.architectures, capacity=capacity, dtype=self.dtype)
        else:
            self.network = self.architectures[0].build(capacity=capacity, dtype=self.dtype)
        trainings = [self.training] * len(self.architectures)
        shuffle, noise = (self._generators(seed) for seed in seeds[1:])
        self.fitting = Fitting(self.network, trainings, shuffle=shuffle, noise=noise)
        self._lock = Lock()

    def _generators(self, seed: np.random.SeedSequence) -> list[np.random.Generator]:
        return [np.random.default_rng(seed) for _ in self.architectures]

    def start_from(self, other: "Learner") -> None:
        """Take over the weights of a lone network of the same shape."""
        self.network.parameters[...] = other.network.parameters
        self.network.statistics[...] = other.network.statistics

    def fit(self, train: Rows, validation: Rows | None, metric: str) -> list[Fit]:
        """Train to the end: what became of each network."""
        return self.fitting.fit(train, validation, metrics=[metric])

    def pass_over(self, rows: Rows) -> float:
        """One pass over `rows`, and the mean loss after it; the patience of `fit` knows nothing of it."""
        with calmly():
            self.fitting.train_epoch(Batches(rows, self.training.batch_size, ()))
            return evaluate(self.network, rows)["loss"]

    def scores(self, x: Array) -> Array:
        """What a lone network says of x (rows, n_in): (rows, n_out). Threads may call this at the same time."""
        found = np.empty((len(x), self.architectures[0].n_out), self.dtype)
        with self._lock, calmly():
            for place, scores in self.network.chunks(x):
                found[place] = scores
        return found

    def row_losses(self, rows: Rows) -> Array:
        """What each row costs each of the networks side by side: (networks, rows)."""
        found = np.empty((*self.network.stack, len(rows), 1), self.dtype)
        with calmly():
            for place, scores in self.network.chunks(rows.x):
                self.network.plain_loss.losses(scores, rows.targets[place], found[..., place, :])
        if rows.weights is not None:
            found *= rows.weights
        return found[..., 0].astype(np.float64)

    def one(self, index: int) -> "Learner":
        """One of the networks side by side, alone, with its training as it stands."""
        state = self.fitting.state()
        lone = Learner.__new__(Learner)
        lone.__setstate__(
            {
                "architectures": self.architectures[index : index + 1],
                "training": self.training,
                "dtype": self.dtype,
                "fitting": state
                | {name: state[name][index] for name in ("parameters", "statistics")}
                | {"optimizer": {name: slot[index] for name, slot in state["optimizer"].items()}}
                | {"generators": state["generators"][index :: len(self.architectures)]}
                | {"trials": [state["trials"][index]]},
            }
        )
        return lone

    def __getstate__(self) -> dict[str, Any]:
        return {
            "architectures": self.architectures,
            "training": self.training,
            "dtype": self.dtype,
            "fitting": self.fitting.state(),
        }

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.architectures, self.training, self.dtype = state["architectures"], state["training"], state["dtype"]
        self._build([np.random.SeedSequence(0)] * 3)
        self.fitting.restore(state["fitting"])
