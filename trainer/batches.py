"""Shuffled mini-batches."""

from collections.abc import Iterator, Sequence

import numpy as np

from trainer.arrays import Array, aligned_zeros
from trainer.data.dataset import Rows

CHUNK = 65536
"""Numbers gathered at once, for several batches where a batch has fewer: calls cost time."""

Batch = tuple[Array, Array, Array | None]
"""x (batch, n_in), targets (batch, n_out), weights (batch, 1)."""


class Batches:
    """The training rows, gathered into buffers that the next chunk overwrites; no copy of the whole is made."""

    def __init__(self, rows: Rows, size: int, stack: tuple[int, ...]) -> None:
        self.rows = rows
        self.size = min(size, len(rows))
        steps = min(max(1, CHUNK // (self.size * rows.x.shape[1])), -(-len(rows) // self.size))
        self._chunk = steps * self.size
        self._sources = [rows.x, rows.targets] + ([] if rows.weights is None else [rows.weights])
        self._buffers = [
            aligned_zeros((*stack, self._chunk, source.shape[1]), source.dtype) for source in self._sources
        ]
        self._batches = [self._cut(start, start + self.size) for start in range(0, self._chunk, self.size)]

    def _cut(self, start: int, end: int) -> Batch:
        x, targets, *weights = (buffer[..., start:end, :] for buffer in self._buffers)
        return x, targets, weights[0] if weights else None

    def __call__(self, orders: Sequence[Array]) -> Iterator[Batch]:
        """The rows in the order given for each trial, batch by batch; the last batch may be smaller."""
        count = len(orders[0])
        for start in range(0, count, self._chunk):
            held = min(self._chunk, count - start)
            for trial, order in enumerate(orders):
                self._gather(trial, order[start : start + held])
            yield from self._batches[: held // self.size]
            if held % self.size:
                yield self._cut(held - held % self.size, held)

    def _gather(self, trial: int, indices: Array) -> None:
        for source, buffer in zip(self._sources, self._buffers, strict=True):
            out = (buffer if buffer.ndim == 2 else buffer[trial])[: len(indices)]
            np.take(source, indices, axis=0, out=out, mode="clip")  # the default mode would go through a copy
