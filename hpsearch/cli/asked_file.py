"""Files that a user asked for."""

import os
from pathlib import Path

from hpsearch.errors import UsageError
from hpsearch.location import Location


def require_place(file: Location) -> None:
    """Raise UsageError if no file can be written there; before the work whose result it is to hold."""
    if file.is_dir():
        raise UsageError(f"--output {file} is a folder; name a file in it")
    if not isinstance(file, Path):
        return  # a bucket has no folders
    if not file.parent.is_dir():
        raise UsageError(f"--output {file}: there is no folder {file.parent}; make it, or name another place")
    if file.exists() and not file.is_file():
        raise UsageError(f"--output {file} is no file but a device or a pipe, which would be replaced; name a file")
    if not os.access(file.parent, os.W_OK):
        raise UsageError(
            f"{file} cannot be written: the folder {file.parent} is read-only; name another place by --output"
        )
