"""Where results are: a folder of this machine, or a place in an object store."""

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any, Protocol, Self

from hpsearch.errors import UsageError


class Location(Protocol):
    """What is asked of a place: the part of `pathlib.Path` that an object store can offer as well.

    Writing is the business of `hpsearch.store.files`, which puts files and objects in place whole.
    """

    @property
    def name(self) -> str:
        """The last part."""

    @property
    def stem(self) -> str:
        """The last part without its suffix."""

    @property
    def parent(self) -> Self:
        """The place around it."""

    def __truediv__(self, name: str | PurePath, /) -> Self:
        """The place of this name within it."""

    def with_name(self, name: str) -> Self:
        """The place of this name beside it."""

    def resolve(self) -> Self:
        """The same place by its full name."""

    def is_absolute(self) -> bool:
        """Whether it is the same place from everywhere."""

    def exists(self) -> bool:
        """Whether anything is there."""

    def is_file(self) -> bool:
        """Whether a file or an object is there."""

    def is_dir(self) -> bool:
        """Whether other places are within it."""

    def glob(self, pattern: str) -> Iterable[Self]:
        """The places directly within it whose names match."""

    def read_bytes(self) -> bytes:
        """All that is there; raises OSError."""

    def read_text(self, encoding: str) -> str:
        """All that is there, as text; raises OSError."""

    def mkdir(self, *, parents: bool = False, exist_ok: bool = False) -> None:
        """Make a folder, where there are such."""

    def rename(self, target: Any) -> Self:
        """Move what is there."""

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove what is there."""


def location(text: str | Path) -> Location:
    """The place that a user means; raises UsageError for one that results cannot be kept in."""
    scheme, separator, rest = str(text).partition("://")
    if not separator:
        return Path(text)
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise UsageError(f"results are in a folder or at s3://BUCKET/PATH, not at {str(text)!r}")
    from hpsearch.store.objects import Bucket, ObjectPath

    return ObjectPath(Bucket(bucket), key)
