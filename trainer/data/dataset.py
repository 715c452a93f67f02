"""Tables of numbers on their way from a source to the network."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.arrays import Array
from trainer.data.layout import Kind
from trainer.data.preprocessing import Standardizer
from trainer.data.table import Columns

if TYPE_CHECKING:
    from trainer.data.encoding import TableEncoder


@dataclass(frozen=True)
class Dataset:
    """A data set, as its source gives it."""

    name: str
    x: Array | Columns  # (rows, features), numbers; or a table, whose columns become numbers once the rows are split
    y: Array  # (rows,) index into classes; or (rows, outputs), float64: numbers, or 1 where a label holds
    classes: tuple[str, ...]  # or the labels' names; of numbers none
    task: Kind = "classification"
    target: tuple[str, ...] = ()  # the columns of a table that y came from
    unused: tuple[str, ...] = ()  # the columns of a table that x has not
    groups: Array | None = None  # (rows,), rows of one group are not to be torn apart
    times: Array | None = None  # (rows,), by which rows are to be ordered
    notes: tuple[str, ...] = ()  # sentences about what was decided or left out

    def fingerprint(self) -> str:
        """A hash of every value, by which a sweep knows its data again."""
        digest = hashlib.sha256()
        arrays = [self.x, self.y] if isinstance(self.x, np.ndarray) else [*self.x.values(), self.y]
        for array in (*arrays, self.groups, self.times):
            if array is not None:
                _add(digest, array)
        digest.update(repr(self.classes).encode())
        if not isinstance(self.x, np.ndarray):
            digest.update(repr((tuple(self.x), self.target, self.groups is None, self.times is None)).encode())
        return digest.hexdigest()


def _add(digest: Any, array: Array) -> None:
    if array.dtype == object:
        array = np.frombuffer(repr(array.tolist()).encode(), np.uint8)
    array = np.ascontiguousarray(array)
    digest.update(f"{array.dtype.str}{array.shape}".encode())
    digest.update(array.data)


@dataclass(frozen=True)
class Rows:
    """Rows ready for a network."""

    x: Array  # (rows, features), float32, contiguous
    targets: Array  # (rows, outputs), of the same type; one-hot for classes
    weights: Array | None = None  # (rows, 1), how much each row counts; their mean should be 1
    multilabel: bool = False  # whether each target is a yes or no of its own, and not one class of several
    scaling: Standardizer | None = None  # of targets that are numbers; metrics are of what they were before

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
    task: Kind = "classification"
    target: tuple[str, ...] = ()
    encoder: "TableEncoder | None" = None  # of a table's columns, before the standardizer
    notes: tuple[str, ...] = ()  # sentences about what was decided or left out

    def sizes(self) -> Mapping[str, int]:
        """The number of rows in each part."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}
