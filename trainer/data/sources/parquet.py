"""Parquet: a file, or a folder of them."""

import os
from pathlib import Path

from trainer.data.sources.base import Frame, Source
from trainer.errors import TrainerError

SUFFIXES = (".parquet", ".pq")
FOLDERS = ("*.parquet", "*/*.parquet")  # also one partitioned by a column


def is_parquet(path: Path) -> bool:
    """A file by its suffix, a folder by what lies in it."""
    if path.suffix.lower() in SUFFIXES:
        return True
    return os.path.isdir(path) and any(any(path.glob(pattern)) for pattern in FOLDERS)  # noqa: PTH112 - a path too long is no folder, not an error


def read_parquet(path: Path) -> Frame:
    """Read a table; the files of a folder in the order of their names."""
    import pandas as pd

    files = sorted(path.glob("*.parquet"))  # other files of the folder are nobody's business
    try:
        frames = [pd.read_parquet(file) for file in files or [path]]
    except (ArithmeticError, LookupError, MemoryError, NotImplementedError, OSError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TrainerError(
            f"{path} cannot be read as Parquet: {reason}"
        ) from error  # what pyarrow's errors derive from
    for file, frame in zip(files, frames, strict=False):
        if list(frame.columns) != list(frames[0].columns):
            raise TrainerError(
                f"{path}: {file.name} has other columns than {files[0].name}; a table has the same in each"
            )
    return Frame(pd.concat(frames, ignore_index=True))


PARQUET = Source(".parquet (a file, or a folder of them)", is_parquet, read_parquet)
