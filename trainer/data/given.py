"""Data that a program has in memory: arrays, or a DataFrame."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.data.sources.base import Arrays, arrays_of
from trainer.data.table import Table, columns_of, require_different
from trainer.errors import TrainerError

if TYPE_CHECKING:
    from pandas import DataFrame

GIVEN = "<given>"
"""The name of such data where a source is named."""
WHERE = "the given data"
TARGET = "target"
"""The name of a target that has none."""


@dataclass(frozen=True)
class Given:
    """What was given, as a source would have read it."""

    name: ClassVar[str] = GIVEN
    content: Table | Arrays
    target: tuple[str, ...] = ()  # the columns of a table that y became


def given(data: Any) -> Given:
    """A pair (X, y), or a DataFrame that has its target in it; raises TrainerError for anything else.

    X: (rows, features), numbers, or a DataFrame; y: (rows,), labels or numbers, or (rows, outputs). The rows of X and
    y belong together by their places, whatever their index says.
    """
    if hasattr(data, "columns"):
        return Given(Table(columns_of(data)))
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TrainerError(f"{WHERE} must be a pair (X, y) or a DataFrame; it is {type(data).__name__}")
    x, y = data
    if hasattr(x, "columns"):
        return _table(x, y)
    return Given(arrays_of(_array(x, "X"), _plain(_array(y, "y")), WHERE))


def _table(x: "DataFrame", y: Any) -> Given:
    """X with the columns of y behind its own."""
    import pandas as pd

    try:
        targets = pd.DataFrame(y).reset_index(drop=True)
    except ValueError as error:
        shape = np.shape(y) or type(y).__name__
        raise TrainerError(
            f"{WHERE} needs y (rows,) or (rows, outputs), as many rows as X has; it is {shape}"
        ) from error
    if len(targets) != len(x):
        raise TrainerError(f"{WHERE} needs as many rows in y as in X; X has {len(x)}, y {len(targets)}")
    if not hasattr(y, "columns"):
        name = getattr(y, "name", None)
        stem = TARGET if name is None else str(name)
        targets.columns = (
            [stem] if targets.shape[1] == 1 else [f"{stem}_{place + 1}" for place in range(targets.shape[1])]
        )
    frame = pd.concat([x.reset_index(drop=True), targets], axis=1)
    require_different(str(name).strip() for name in frame.columns)
    return Given(Table(columns_of(frame)), tuple(str(name).strip() for name in targets.columns))


def _array(values: Any, name: str) -> Array:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise TrainerError(f"{WHERE}: the rows of {name} must all have one length; they differ") from error


def _plain(y: Array) -> Array:
    """Text as text: pandas gives it as objects."""
    if y.dtype != object:
        return y
    if not all(isinstance(label, str) for label in y.flat):
        raise TrainerError(
            f"{WHERE}: y must hold labels or numbers, all of one type; some are missing, or something else"
        )
    return y.astype(str)
