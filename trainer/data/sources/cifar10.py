"""CIFAR-10 in its binary version (A. Krizhevsky 2009): a folder of files, each row a label and 3 × 32 × 32 bytes."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from trainer.arrays import Array
from trainer.data.sources.base import Arrays, Source
from trainer.errors import TrainerError

BYTES = 3 * 32 * 32
BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
FILES = tuple(f"{batch}.bin" for batch in BATCHES)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def read_cifar10(folder: Path) -> Arrays:
    """Read the files of `FILES` that are there, in this order, as one data set: red, then green, then blue pixels."""
    rows = np.concatenate([_rows(folder / name) for name in FILES if (folder / name).is_file()])
    return Arrays(rows[:, 1:], rows[:, 0], CLASSES)


def _rows(path: Path) -> Array:
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise TrainerError(f"{path} cannot be read: {error}") from error
    if not len(content) or len(content) % (1 + BYTES):
        raise TrainerError(
            f"{path} is cut short: {len(content)} bytes are no multiple of {1 + BYTES}, the size of a row"
        )
    rows = content.reshape(-1, 1 + BYTES)
    if rows[:, 0].max() >= len(CLASSES):
        raise TrainerError(f"{path} is no file of CIFAR-10: a label is {rows[:, 0].max()}, and they go from 0 to 9")
    return rows


def holds_any(files: Sequence[str]) -> Callable[[Path], bool]:
    """Whether a path is a folder with one of the files."""
    return lambda path: any(os.path.isfile(path / name) for name in files)  # noqa: PTH113 - a path too long is no file, not an error


CIFAR10 = Source("a folder with CIFAR-10's binary version", holds_any(FILES), read_cifar10)
