"""NumPy archives, read without pickle."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from trainer.arrays import Array

UNREADABLE = (
    AttributeError,  # a bare array, which is no archive
    EOFError,
    KeyError,
    NotImplementedError,  # a compression that zipfile does not know
    OSError,
    RuntimeError,  # an encrypted member
    TypeError,
    ValueError,  # among others, an array of objects
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged or foreign file raises."""


def read_arrays(path: Path) -> dict[str, Array]:
    """Every array in a `.npz` file, by name; raises one of `UNREADABLE`."""
    with path.open("rb") as file, np.load(file) as archive:  # given a path, NumPy leaves a bad file open
        return {name: archive[name] for name in archive.files}
