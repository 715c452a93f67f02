"""NumPy archives with the arrays `X` and `y`."""

from pathlib import Path

import numpy as np

from trainer.archive import UNREADABLE, read_arrays
from trainer.arrays import Array
from trainer.data.dataset import Dataset
from trainer.errors import TrainerError

FEW = 20  # different numbers, which may be labels however few the rows are


def load_npz(path: Path) -> Dataset:
    """Read X (rows, features), numbers, and y (rows,), class labels."""
    arrays = _arrays(path)
    missing = [name for name in ("X", "y") if name not in arrays]
    if missing:
        raise TrainerError(f"{path} needs an array named {missing[0]!r}; it has {sorted(arrays) or 'none'}")
    x, y = arrays["X"], arrays["y"]
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise TrainerError(f"{path} needs X (rows, features) and y (rows,); it has X {x.shape} and y {y.shape}")
    if not np.issubdtype(x.dtype, np.number) or np.iscomplexobj(x) or not np.isfinite(x).all():
        raise TrainerError(f"{path}: X must hold finite real numbers")
    if x.shape[1] == 0:
        raise TrainerError(f"{path}: X has no columns to learn from")
    if np.issubdtype(y.dtype, np.inexact) and not np.isfinite(y).all():
        raise TrainerError(f"{path}: y must hold class labels; some are not finite numbers")
    labels, codes = np.unique(y, return_inverse=True)
    if np.issubdtype(y.dtype, np.inexact) and len(labels) > max(FEW, len(y) // 2):
        raise TrainerError(f"{path}: y must hold class labels; its {len(labels)} different numbers look like none")
    if len(labels) < 2:
        raise TrainerError(f"{path}: y must hold at least two classes; it has {len(labels)}")
    return Dataset(path.stem, x.astype(np.float64), codes.astype(np.int64), tuple(str(label) for label in labels))


def _arrays(path: Path) -> dict[str, Array]:
    try:
        return read_arrays(path)
    except UNREADABLE as error:
        raise TrainerError(f"{path} cannot be read as a .npz archive of plain arrays: {error}") from error
