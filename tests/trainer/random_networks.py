"""Correct networks of every kind, at random, on real and on random data."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from trainer import Architecture
from trainer.arrays import Array
from trainer.data import BUNDLED, load, prepare
from trainer.gradcheck import Batch, Report, check
from trainer.initializers import INITIALIZERS
from trainer.layers import ACTIVATIONS
from trainer.losses import LOSSES

DEEPEST, WIDEST = 10, 24


@dataclass(frozen=True)
class Sample:
    """A correct network, and what it is checked on."""

    architecture: Architecture
    batch: Batch
    data: str

    def check(self, rng: np.random.Generator) -> Report:
        return check(lambda dtype: self.architecture.build(capacity=len(self.batch.x), dtype=dtype), self.batch, rng)


def sample(rng: np.random.Generator) -> Sample:
    """A network of 1 to 10 hidden layers; any activation, loss, penalty, dropout and initialiser; 2 to 12 rows."""
    rows = int(rng.integers(2, 13))
    data = str(rng.choice([*BUNDLED, "random"]))
    x = _rows(data)[rng.integers(0, len(_rows(data)), rows)] if data != "random" else _random_rows(rng, rows)
    loss = str(rng.choice(list(LOSSES)))
    n_out = int(rng.integers(2 if loss == "softmax_cross_entropy" else 1, 8))
    classifies = "cross_entropy" in loss
    architecture = Architecture(
        n_in=x.shape[1],
        n_out=n_out,
        hidden=tuple(int(width) for width in rng.integers(1, WIDEST + 1, rng.integers(1, DEEPEST + 1))),
        activation=str(rng.choice(list(ACTIVATIONS))),
        batch_norm=_coin(rng),
        dropout=float(rng.choice([0.0, rng.uniform(0.05, 0.8)])),
        input_dropout=float(rng.choice([0.0, 0.0, rng.uniform(0.05, 0.5)])),
        input_groups=tuple(index // 2 for index in range(x.shape[1])) if _coin(rng) else None,
        initializer=str(rng.choice(list(INITIALIZERS))) if _coin(rng) else None,
        l1=float(rng.choice([0.0, 1e-4])),
        l2=float(rng.choice([0.0, 1e-4])),
        loss=loss,
        label_smoothing=0.1 if classifies and _coin(rng) else 0.0,
        class_weights=tuple(rng.uniform(0.2, 3.0, max(2, n_out))) if classifies and _coin(rng) else None,
        delta=float(rng.uniform(0.3, 3.0)) if loss == "huber" else 1.0,
    )
    weights = rng.uniform(0.1, 2.0, (rows, 1)) if _coin(rng) else None
    return Sample(architecture, Batch(x, _targets(rng, loss, rows, n_out), weights), data)


@cache
def _rows(data: str) -> Array:
    return prepare(load(data), validation=0.2, test=0.2, seed=np.random.SeedSequence(0)).train.x


def _random_rows(rng: np.random.Generator, rows: int) -> Array:
    """Numbers in [0, 1] or around 0, of any size, some columns constant."""
    x = rng.random((rows, int(rng.integers(1, 30)))) if _coin(rng) else rng.standard_normal((rows, 9))
    return x * 10.0 ** rng.integers(-2, 3) * (rng.random(x.shape[1]) > 0.2)


def _targets(rng: np.random.Generator, loss: str, rows: int, n_out: int) -> Array:
    if loss == "softmax_cross_entropy":
        return np.eye(n_out)[rng.integers(0, n_out, rows)]
    if loss == "logistic_cross_entropy":
        return rng.integers(0, 2, (rows, n_out)).astype(np.float64)
    return rng.standard_normal((rows, n_out))


def _coin(rng: np.random.Generator) -> bool:
    return bool(rng.integers(2))
