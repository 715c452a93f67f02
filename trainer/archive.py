"""NumPy archives, without pickle."""

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trainer.arrays import Array

UNREADABLE = (
    AttributeError,  # a bare array, which is no archive
    EOFError,
    KeyError,
    MemoryError,  # a header that asks for more numbers than there is memory
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


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write a `.npz` file whole: beside `path`, flushed to the disk, renamed over it; raises OSError."""
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with beside.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # makes the new name durable
    finally:
        os.close(folder)
