"""CIFAR-10 in its Python version (A. Krizhevsky 2009): a folder of pickles, each a dict with `data` and `labels`.

They are read without unpickling, as a pickle may run anything: see `trainer.data.sources.pickled`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from trainer.arrays import Array
from trainer.data.sources.base import Arrays, Source
from trainer.data.sources.cifar10 import BATCHES, BYTES, CLASSES, holds_any
from trainer.data.sources.pickled import BAD_PICKLE, read_pickle
from trainer.errors import TrainerError


def read_cifar10_python(folder: Path) -> Arrays:
    """Read the files of `BATCHES` that are there, in this order, as one data set: red, then green, then blue pixels."""
    parts = [_part(folder / name) for name in BATCHES if (folder / name).is_file()]
    return Arrays(np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]), CLASSES)


def _part(path: Path) -> tuple[Array, Array]:
    """The pixels (rows, 3072) and the labels (rows,) of a file."""
    try:
        content = read_pickle(path.read_bytes())
    except OSError as error:
        raise TrainerError(f"{path} cannot be read: {error.strerror or error}") from error
    except BAD_PICKLE as error:
        raise TrainerError(f"{path} is no file of CIFAR-10, or it is damaged: {error}") from error
    x, labels = (_entry(content, key, path) for key in ("data", "labels"))
    if not isinstance(x, np.ndarray) or x.dtype != np.uint8 or x.ndim != 2 or x.shape[1] != BYTES or not len(x):
        raise TrainerError(f"{path} is no file of CIFAR-10: its data must be bytes (rows, {BYTES})")
    if not isinstance(labels, list) or len(labels) != len(x):
        raise TrainerError(
            f"{path} is no file of CIFAR-10: its labels must be a list of {len(x)}, one a row of its data"
        )
    if not all(type(label) is int and 0 <= label < len(CLASSES) for label in labels):
        raise TrainerError(f"{path} is no file of CIFAR-10: its labels must be whole numbers from 0 to 9")
    return x, np.array(labels, np.uint8)


def _entry(content: Any, key: str, path: Path) -> Any:
    """What stands under a key, which is text, or bytes where Python 3 has read the file of Python 2 and written it again."""
    if isinstance(content, dict):
        for each in (key, key.encode()):
            if each in content:
                return content[each]
    raise TrainerError(f"{path} is no file of CIFAR-10: it has no {key!r}")


CIFAR10_PYTHON = Source("a folder with CIFAR-10's Python version", holds_any(BATCHES), read_cifar10_python)
