"""NumPy archives with the arrays `X` and `y`."""

from pathlib import Path

import numpy as np

from trainer.archive import UNREADABLE, read_arrays
from trainer.arrays import Array
from trainer.data.sources.base import Arrays, Source
from trainer.errors import TrainerError


def read_npz(path: Path) -> Arrays:
    """Read X (rows, features), numbers, and y, labels or numbers (rows,) or (rows, outputs); y may be absent."""
    arrays = _arrays(path)
    if "X" not in arrays:
        raise TrainerError(f"{path} needs an array named 'X'; it has {sorted(arrays) or 'none'}")
    x, y = arrays["X"], arrays.get("y")
    if x.ndim != 2 or (y is not None and (y.ndim not in {1, 2} or len(y) != len(x))):
        shape = "none" if y is None else y.shape
        raise TrainerError(f"{path} needs X (rows, features) and y (rows,); it has X {x.shape} and y {shape}")
    if not np.issubdtype(x.dtype, np.number) or np.iscomplexobj(x) or not np.isfinite(x).all():
        raise TrainerError(f"{path}: X must hold finite real numbers")
    if x.shape[1] == 0:
        raise TrainerError(f"{path}: X has no columns to learn from")
    if y is not None and np.issubdtype(y.dtype, np.inexact) and not np.isfinite(y).all():
        raise TrainerError(f"{path}: y must hold labels or numbers; some are not finite numbers")
    return Arrays(x.astype(np.float64), y)


def _arrays(path: Path) -> dict[str, Array]:
    try:
        return read_arrays(path)
    except UNREADABLE as error:
        raise TrainerError(f"{path} cannot be read as a .npz archive of plain arrays: {error}") from error


NPZ = Source(".npz with X and y", lambda path: path.suffix.lower() == ".npz", read_npz)
