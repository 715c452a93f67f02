"""What an estimator has learned, and how it goes on learning."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.architecture import Architecture
from trainer.arrays import Array, calmly
from trainer.batches import Batches
from trainer.data import Rows
from trainer.evaluation import EVALUATION_ROWS, evaluate
from trainer.fitting import Fitting
from trainer.history import Fit
from trainer.training import Training


class Learner:
    """A network and the state of its training.

    A network is mostly working memory, so what is pickled is settings and arrays. `seeds` are those of the first
    weights, of the order of rows, and of dropout.
    """

    def __init__(
        self,
        architecture: Architecture,
        training: Training,
        dtype: npt.DTypeLike,
        seeds: Sequence[np.random.SeedSequence],
    ) -> None:
        self.architecture, self.training, self.dtype = architecture, training, np.dtype(dtype)
        self._build(seeds[1:])
        self.network.initialise(np.random.default_rng(seeds[0]))

    def _build(self, seeds: Sequence[np.random.SeedSequence]) -> None:
        shuffle, noise = (np.random.default_rng(seed) for seed in seeds)
        capacity = max(self.training.batch_size, EVALUATION_ROWS)
        self.network = self.architecture.build(capacity=capacity, dtype=self.dtype)
        self.fitting = Fitting(self.network, [self.training], shuffle=[shuffle], noise=[noise])
        self._lock = Lock()

    def start_from(self, other: "Learner") -> None:
        """Take over the weights of a network of the same shape."""
        self.network.parameters[...] = other.network.parameters
        self.network.statistics[...] = other.network.statistics

    def fit(self, train: Rows, validation: Rows | None, metric: str) -> Fit:
        """Train to the end."""
        return self.fitting.fit(train, validation, metrics=[metric])[0]

    def pass_over(self, rows: Rows) -> float:
        """One pass over `rows`, and the mean loss after it; the patience of `fit` knows nothing of it.

        The learning rate is the constant one: a schedule would end, and nobody knows how many passes there will be.
        """
        if (self.training.schedule, self.training.warmup) != ("constant", 0):
            self.training = replace(self.training, schedule="constant", warmup=0)
            state = self.fitting.state()
            self._build([np.random.SeedSequence(0)] * 2)
            self.fitting.restore(state)
        with calmly():
            self.fitting.train_epoch(Batches(rows, self.training.batch_size, ()))
            return evaluate(self.network, rows)["loss"]

    def scores(self, x: Array) -> Array:
        """What the network says of x (rows, n_in): (rows, n_out). Threads may call this at the same time."""
        found = np.empty((len(x), self.architecture.n_out), self.dtype)
        with self._lock, calmly():
            for place, scores in self.network.chunks(x):
                found[place] = scores
        return found

    def __getstate__(self) -> dict[str, Any]:
        settings = {"architecture": self.architecture, "training": self.training, "dtype": self.dtype}
        return settings | {"fitting": self.fitting.state()}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.architecture, self.training, self.dtype = state["architecture"], state["training"], state["dtype"]
        self._build([np.random.SeedSequence(0)] * 2)
        self.fitting.restore(state["fitting"])
