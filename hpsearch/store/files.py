"""Files and objects that survive a crash at any moment: whole or not there at all."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from hpsearch.errors import HpsearchError, UsageError
from hpsearch.location import Location
from hpsearch.store.objects import ObjectPath

Wanted = Callable[[int], bool]
"""Which records of several are asked for, by their numbers from 0; None: all of them."""


class StoreError(HpsearchError):
    """A write failed; what was acknowledged before is safe."""


@contextmanager
def explaining(sweep: Location) -> Iterator[None]:
    """Turn the system's errors about a sweep's files into a sentence."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot write to {sweep}: {reason_of(error)}; everything counted so far is safe. Mend this, then go on by: "
            f"hpsearch resume {sweep}"
        ) from error


@contextmanager
def reaching(place: Location) -> Iterator[None]:
    """Turn a storage's errors, where nothing was begun yet, into a UsageError."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{place} cannot be used: {reason_of(error)}") from error


def reason_of(error: OSError) -> str:
    """What the system, or a bucket, says of a failure."""
    return os.strerror(error.errno) if error.errno else str(error)


def replace_file(path: Location, write: Callable[[Path], None]) -> None:
    """Put a file in place whole: written beside it, flushed to disk, renamed over it; or an object."""
    if isinstance(path, ObjectPath):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder) / path.name)
            path.put((Path(folder) / path.name).read_bytes())
    else:
        _replace_file(Path(str(path)), write)


@contextmanager
def local_copy(path: Location) -> Iterator[Path]:
    """A file to read: itself, or for as long as it is needed what an object holds."""
    if not isinstance(path, ObjectPath):
        yield Path(str(path))
        return
    with tempfile.TemporaryDirectory() as folder, reaching(path):
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        yield copy


def _replace_file(path: Path, write: Callable[[Path], None]) -> None:
    beside = path.with_name(f".{path.name}.tmp")
    try:
        write(beside)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):  # where nothing can be written, nothing is left behind
            beside.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Location) -> None:
    """Make renames and new names in a folder durable; in an object store they are."""
    if isinstance(folder, ObjectPath):
        return
    descriptor = os.open(str(folder), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Location, text: str) -> None:
    """A text file, put in place whole."""
    replace_file(path, lambda beside: _write(beside, text))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def write_parquet(path: Location, table: pa.Table) -> None:
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
        rest = memoryview(as_json_lines(records))
        while rest:  # a write may take less than it is given
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; everything is on the disk already."""
        self._file.close()


def append_json_lines(path: Location, records: Sequence[Any]) -> None:
    """Add records to a file, or put an object that has them as well; on return they are durable."""
    if isinstance(path, ObjectPath):
        before = list(read_json_lines(path)) if path.exists() else []
        path.put(as_json_lines([*before, *records]))
        return
    lines = JsonLines(Path(str(path)))
    lines.append(records)
    lines.close()


def read_json_lines(path: Location, wanted: Wanted | None = None) -> Iterator[Any]:
    """The whole records of a file, leaving out an unfinished last line; raises HpsearchError for a damaged one.

    Only records `wanted` by their number, from 0, are parsed.
    """
    if isinstance(path, ObjectPath):
        yield from _records(path, path.read_bytes().splitlines(keepends=True), wanted)
    else:
        with Path(str(path)).open("rb") as file:
            yield from _records(path, file, wanted)


def as_json_lines(records: Sequence[Any]) -> bytes:
    """Records as JSON, a line each."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def _records(path: Location, lines: Iterable[bytes], wanted: Wanted | None) -> Iterator[Any]:
    for number, line in enumerate(lines):
        if not line.endswith(b"\n"):
            return
        if wanted and not wanted(number):
            continue
        try:
            yield json.loads(line)
        except ValueError as error:
            raise HpsearchError(f"{path}, line {number + 1} is damaged: {error}") from error


def _cut_unfinished_line(path: Path) -> None:
    with path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)
