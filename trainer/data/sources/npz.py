"""NumPy archives with the arrays `X` and `y`."""

from pathlib import Path

from trainer.archive import UNREADABLE, read_arrays
from trainer.arrays import Array
from trainer.data.sources.base import Arrays, Source, arrays_of
from trainer.errors import TrainerError


def read_npz(path: Path) -> Arrays:
    """Read X (rows, features), numbers, and y, labels or numbers (rows,) or (rows, outputs); y may be absent."""
    arrays = _arrays(path)
    if "X" not in arrays:
        raise TrainerError(f"{path} needs an array named 'X'; it has {sorted(arrays) or 'none'}")
    return arrays_of(arrays["X"], arrays.get("y"), str(path))


def _arrays(path: Path) -> dict[str, Array]:
    try:
        return read_arrays(path)
    except UNREADABLE as error:
        raise TrainerError(f"{path} cannot be read as a .npz archive of plain arrays: {error}") from error


NPZ = Source(".npz with X and y", lambda path: path.suffix.lower() == ".npz", read_npz)
