"""Files that survive a crash at any moment: whole or not there at all."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from hpsearch.errors import HpsearchError


class StoreError(HpsearchError):
    """A write failed; what was acknowledged before is safe."""


@contextmanager
def explaining(sweep: Path) -> Iterator[None]:
    """Turn the system's errors about a sweep's files into a sentence."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise StoreError(
            f"cannot write to {sweep}: {reason}; everything counted so far is safe. Mend this, then go on by: "
            f"hpsearch resume {sweep}"
        ) from error


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Put a file in place whole: written beside it, flushed to disk, renamed over it."""
    beside = path.with_name(f".{path.name}.tmp")
    write(beside)
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """A text file, put in place whole."""
    replace_file(path, lambda beside: _write(beside, text))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def write_parquet(path: Path, table: pa.Table) -> None:
    """A Parquet file, put in place whole."""
    import pyarrow.parquet as pq

    replace_file(path, lambda beside: pq.write_table(table, beside, write_page_checksum=True))


def digest(text: str) -> str:
    """A hash by which a text is known again."""
    return hashlib.sha256(text.encode()).hexdigest()


class JsonLines:
    """An append-only file of JSON lines, for one writer."""

    def __init__(self, path: Path) -> None:
        """Open for appending; a line that a crash left unfinished is cut off."""
        self.path = path
        if path.exists():
            _cut_unfinished_line(path)
        self._file = path.open("ab", buffering=0)  # a buffer would try a failed write again when it is closed
        sync_folder(path.parent)

    def append(self, records: Sequence[Any]) -> None:
        """Add records; on return they are on the disk."""
        rest = memoryview(b"".join(json.dumps(record).encode() + b"\n" for record in records))
        while rest:  # a write may take less than it is given
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; everything is on the disk already."""
        self._file.close()


def read_json_lines(path: Path, wanted: Callable[[int], bool] = lambda number: True) -> Iterator[Any]:
    """The whole records of a file, leaving out an unfinished last line; raises HpsearchError for a damaged one.

    Only records `wanted` by their number, from 0, are parsed.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file):
            if not line.endswith(b"\n"):
                return
            if not wanted(number):
                continue
            try:
                yield json.loads(line)
            except ValueError as error:
                raise HpsearchError(f"{path}, line {number + 1} is damaged: {error}") from error


def _cut_unfinished_line(path: Path) -> None:
    with path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)
