"""Tables of numbers on their way from a source to the network."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from trainer.arrays import Array
from trainer.data.preprocessing import Standardizer


@dataclass(frozen=True)
class Dataset:
    """A data set for classification, as its source gives it."""

    name: str
    x: Array  # (rows, features), float64
    y: Array  # (rows,), index into classes
    classes: tuple[str, ...]

    def fingerprint(self) -> str:
        """A hash of every value, by which a sweep knows its data again."""
        digest = hashlib.sha256()
        for array in (np.ascontiguousarray(self.x), np.ascontiguousarray(self.y)):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.data)
        digest.update(repr(self.classes).encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Rows:
    """Rows ready for a network."""

    x: Array  # (rows, features), float32, contiguous
    targets: Array  # (rows, outputs), of the same type; one-hot for classes
    weights: Array | None = None  # (rows, 1), how much each row counts; their mean should be 1

    def __len__(self) -> int:
        return len(self.x)

    def as_yes_or_no(self) -> "Rows":
        """The same rows with one target (rows, 1) in place of two classes: 1 for the second of them, else 0."""
        return replace(self, targets=np.ascontiguousarray(self.targets[:, 1:]))


@dataclass(frozen=True)
class Prepared:
    """A data set split and scaled; everything fitted was fitted on the training rows alone."""

    train: Rows
    validation: Rows
    test: Rows
    standardizer: Standardizer
    classes: tuple[str, ...]

    def sizes(self) -> Mapping[str, int]:
        """The number of rows in each part."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}
