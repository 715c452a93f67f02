"""The strength of L2 where none is given: networks side by side, judged on held-out rows."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trainer.architecture import Architecture, build_stack
from trainer.arrays import Array, calmly
from trainer.data import Rows
from trainer.evaluation import EVALUATION_ROWS
from trainer.fitting import Fitting
from trainer.history import Fit
from trainer.network import Network
from trainer.training import Training

STRENGTHS = (0.1, 1.0, 5.0, 20.0, 50.0)
"""Tried are these, divided by the number of rows: the penalty of a prior, which counts for less the more is known."""
MOST_ROWS = 10_000
"""With more rows the choice matters less than the time it takes."""


def choose(
    architectures: Sequence[Architecture],
    training: Training,
    dtype: npt.DTypeLike,
    seeds: Sequence[np.random.SeedSequence],
    *,
    train: Rows,
    validation: Rows,
    metric: str,
) -> tuple[int, Fit]:
    """Train networks that differ in nothing but L2, the weakest first: which to prefer, and what became of it.

    All draw the same, from `seeds`: of the first weights, of the order of rows, and of dropout.
    """
    first, shuffle, noise = ([np.random.default_rng(seed) for _ in architectures] for seed in seeds)
    network = build_stack(architectures, capacity=max(training.batch_size, EVALUATION_ROWS), dtype=dtype)
    network.initialise(*first)
    fitting = Fitting(network, [training] * len(architectures), shuffle=shuffle, noise=noise)
    fits = fitting.fit(train, validation, metrics=[metric])
    index = strongest(_row_losses(network, validation))
    return index, fits[index]


def _row_losses(network: Network, rows: Rows) -> Array:
    """What each row costs each of the networks side by side: (networks, rows)."""
    found = np.empty((*network.stack, len(rows), 1), network.dtype)
    with calmly():
        for place, scores in network.chunks(rows.x):
            network.plain_loss.losses(scores, rows.targets[place], found[:, place])
    if rows.weights is not None:
        found *= rows.weights
    return found[..., 0].astype(np.float64)


def strongest(losses: Array) -> int:
    """The last of the candidates that cannot be told from the best by losses (candidates, rows).

    That is, whose mean loss is above the best one's by at most one standard error of the difference, which is
    taken row by row (the rule of one standard error, Breiman, Friedman, Olshen, Stone 1984, section 3.4.3, for
    pairs). So noise is met with a strong penalty, and clean data keeps a weak one.
    """
    with np.errstate(all="ignore"):
        means = losses.mean(axis=1)
        if not np.isfinite(means).any():
            return 0  # all have diverged, and there is nothing to choose by
        excess = losses - losses[np.argmin(np.nan_to_num(means, nan=np.inf))]
        bound = excess.std(axis=1) / np.sqrt(losses.shape[1])
        return int(np.flatnonzero(excess.mean(axis=1) <= bound)[-1])
