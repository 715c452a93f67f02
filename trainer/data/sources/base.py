"""What a source of data is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.arrays import Array
from trainer.errors import TrainerError

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Arrays:
    """Numbers without names, as a source gives them."""

    x: Array  # (rows, features), finite real numbers
    y: Array | None  # (rows,) or (rows, outputs); None: there are none, so these rows are for prediction alone
    classes: tuple[str, ...] | None = None  # the names of the labels 0, 1, … in y, where the format has some


def arrays_of(x: Array, y: Array | None, where: str) -> Arrays:
    """X (rows, features) and y (rows,) or (rows, outputs), checked; raises TrainerError, which begins with `where`."""
    if x.ndim != 2 or (y is not None and (y.ndim not in {1, 2} or len(y) != len(x))):
        shape = "none" if y is None else y.shape
        raise TrainerError(f"{where} needs X (rows, features) and y (rows,); it has X {x.shape} and y {shape}")
    if not np.issubdtype(x.dtype, np.number) or np.iscomplexobj(x) or not np.isfinite(x).all():
        raise TrainerError(f"{where}: X must hold finite real numbers")
    if x.shape[1] == 0:
        raise TrainerError(f"{where}: X has no columns to learn from")
    if y is not None and np.issubdtype(y.dtype, np.inexact) and not np.isfinite(y).all():
        raise TrainerError(f"{where}: y must hold labels or numbers; some are not finite numbers")
    return Arrays(x.astype(np.float64), y if y is None or y.dtype.kind != "S" else _decoded(y, where))


def _decoded(y: Array, where: str) -> Array:
    """Labels that are bytes, as the texts that they stand for."""
    try:
        return np.strings.decode(y, "utf-8")
    except UnicodeDecodeError as error:
        raise TrainerError(f"{where}: y must hold labels as text in UTF-8; some are bytes of something else") from error


@dataclass(frozen=True)
class Frame:
    """A table as its source gives it."""

    frame: "DataFrame"
    decimal_commas: bool = False  # whether numbers in its texts may have a comma for a point


@dataclass(frozen=True)
class Source:
    """A format of files or folders."""

    known_as: str  # in words, for a sentence about what can be read
    recognises: Callable[[Path], bool]
    """Whether a path is of this format, by its name or by what is in the folder."""
    read: Callable[[Path], Frame | Arrays]
    """A table or arrays; raises TrainerError, in a sentence, for what is damaged or of another kind."""
