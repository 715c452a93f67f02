"""Parquet: a file, or a folder of them."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from trainer.data.sources.base import Frame, Source
from trainer.errors import TrainerError

SUFFIXES = (".parquet", ".pq")
FOLDERS = ("*.parquet", "*/*.parquet")  # also one partitioned by a column
MISSING = "__HIVE_DEFAULT_PARTITION__"


def is_parquet(path: Path) -> bool:
    """A file by its suffix, a folder by what lies in it."""
    if path.suffix.lower() in SUFFIXES:
        return True
    return os.path.isdir(path) and any(any(path.glob(pattern)) for pattern in FOLDERS)  # noqa: PTH112 - a path too long is no folder, not an error


def read_parquet(path: Path) -> Frame:
    """Read a table; the files of a folder in the order of their names, with the columns that folders k=v in it stand for."""
    import pandas as pd

    files = _files(path)
    try:
        frames = [pd.read_parquet(file, partitioning=None).assign(**_partition(file, path)) for file in files or [path]]
    except (ArithmeticError, LookupError, MemoryError, NotImplementedError, OSError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TrainerError(
            f"{path} cannot be read as Parquet: {reason}"
        ) from error  # what pyarrow's errors derive from
    for file, frame in zip(files, frames, strict=False):
        if list(frame.columns) != list(frames[0].columns):
            raise TrainerError(
                f"{path}: {file.relative_to(path)} has other columns than {files[0].relative_to(path)}; a table has the same in each"
            )
    return Frame(pd.concat(frames, ignore_index=True))


def _files(path: Path) -> list[Path]:
    """Those of a folder that are Parquet by their names; others, and hidden ones, are nobody's business."""

    def shown(files: Iterable[Path]) -> list[Path]:
        return [file for file in files if not any(part[0] in "_." for part in file.relative_to(path).parts)]

    return sorted(shown(path.glob("*.parquet")) or shown(path.rglob("*.parquet")), key=Path.as_posix)


def _partition(file: Path, folder: Path) -> dict[str, str | None]:
    """The columns that a file's folders say, in the way of Apache Hive."""
    parts = file.relative_to(folder).parent.parts
    pairs = [part.partition("=") for part in parts if "=" in part]
    return {name: None if value == MISSING else unquote(value) for name, _, value in pairs}


PARQUET = Source(".parquet (a file, or a folder of them)", is_parquet, read_parquet)
