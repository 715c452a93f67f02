"""Batches and networks for tests of the gradient check."""

import numpy as np

from trainer import Architecture
from trainer.data import Prepared
from trainer.gradcheck import Batch, Report
from trainer.gradcheck.surface import Build


def batch_of(prepared: Prepared, rng: np.random.Generator, rows: int = 8) -> Batch:
    chosen = rng.choice(len(prepared.train), rows, replace=False)
    return Batch(prepared.train.x[chosen], prepared.train.targets[chosen])


def building(batch: Batch, hidden: tuple[int, ...], **settings: object) -> Build:
    architecture = Architecture(batch.x.shape[1], batch.targets.shape[1], hidden, **settings)
    return lambda dtype: architecture.build(capacity=len(batch.x), dtype=dtype)


def methods(report: Report) -> set[str]:
    return {tensor.method for tensor in report.tensors}
