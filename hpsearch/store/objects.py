"""Places in an S3 bucket: objects are put whole, or only if there is none yet, and found by listing."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from errno import ENOENT
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePath, PurePosixPath
from typing import Any, Self, TypeVar

from hpsearch.errors import UsageError

READERS = 16  # requests at a time, where many objects are read
CONFLICTS = 5  # how often a put is tried anew that met another one on its way
ABSENT = ("404", "NoSuchKey")
REFUSED = ("403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken")

Source = TypeVar("Source")
Found = TypeVar("Found")


class Bucket:
    """A bucket, and the connection to it, which is made when it is first needed."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def client(self) -> Any:
        """boto3's client, which finds endpoint, region and credentials as every program for S3 does."""
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError
        except ImportError as error:
            raise UsageError("results at s3:// need boto3: pip install 'hpsearch[s3]'") from error
        patience = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "max_attempts": 4},
            max_pool_connections=2 * READERS,
        )
        try:
            return boto3.Session().client("s3", config=patience)
        except (BotoCoreError, ValueError) as error:
            raise UsageError(f"s3://{self.name} cannot be reached: {error}") from error


class ObjectPath:
    """An object, or the objects whose keys begin with this one and a slash."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self.bucket, self.key = bucket, key.strip("/")

    def __str__(self) -> str:
        return f"s3://{self.bucket.name}/{self.key}".rstrip("/")

    def __repr__(self) -> str:
        return f"ObjectPath({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectPath) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __deepcopy__(self, memo: Any) -> Self:
        return self  # it never changes, and a connection has no copies

    @property
    def name(self) -> str:
        return PurePosixPath(self.key).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.key).stem

    @property
    def parent(self) -> Self:
        return self._at(self.key.rpartition("/")[0])

    def __truediv__(self, name: str | PurePath, /) -> Self:
        return self._at(f"{self.key}/{name}")

    def with_name(self, name: str) -> Self:
        return self.parent / name

    def resolve(self) -> Self:
        return self

    def is_absolute(self) -> bool:
        return True

    def exists(self) -> bool:
        return self.is_file() or self.is_dir()

    def is_file(self) -> bool:
        # Not by asking for the object alone, whose answer is the same where the bucket is missing.
        return self._first(self.key) == self.key

    def is_dir(self) -> bool:
        return self._first(f"{self.key}/") is not None

    def glob(self, pattern: str) -> list[Self]:
        """The objects directly within this place whose names match, in order."""
        return [path for path in self.objects("/") if fnmatchcase(path.name, pattern)]

    def objects(self, delimiter: str = "") -> list[Self]:
        """Every object within this place, by key; with a slash as delimiter, only those directly within it."""
        with _explained(self):
            pages = self.bucket.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket.name, Prefix=f"{self.key}/", Delimiter=delimiter
            )
            return [self._at(each["Key"]) for page in pages for each in page.get("Contents", [])]

    def mkdir(self, *, parents: bool = False, exist_ok: bool = False) -> None:
        """Nothing: a bucket has no folders."""

    def read_bytes(self) -> bytes:
        return self.read_with_age()[0]

    def read_text(self, encoding: str = "utf-8") -> str:
        return self.read_bytes().decode(encoding)

    def read_with_age(self) -> tuple[bytes, float]:
        """The content, and for how many seconds it has been there: by the server's clock, whatever ours says."""
        with _explained(self):
            answer = self.bucket.client.get_object(Bucket=self.bucket.name, Key=self.key)
            content: bytes = answer["Body"].read()
        put: datetime = answer["LastModified"]
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return content, (now - put).total_seconds()

    def put(self, content: bytes) -> None:
        """Put an object in place whole, whatever is there; on return it is durable."""
        with _explained(self):
            self.bucket.client.put_object(Bucket=self.bucket.name, Key=self.key, Body=content)

    def put_new(self, content: bytes) -> None:
        """Put an object where none is; raises FileExistsError if there is one of another content.

        One of the same content is this one: its first answer was lost on the way, and the client asked again.
        """
        for attempt in range(CONFLICTS):
            try:
                with _explained(self):
                    self.bucket.client.put_object(Bucket=self.bucket.name, Key=self.key, Body=content, IfNoneMatch="*")
            except FileExistsError:
                if self.read_bytes() != content:
                    raise
            except BlockingIOError:
                if attempt + 1 == CONFLICTS:
                    raise
                continue
            return

    def rename(self, target: Self) -> Self:
        with _explained(self):
            source = {"Bucket": self.bucket.name, "Key": self.key}
            self.bucket.client.copy_object(Bucket=target.bucket.name, Key=target.key, CopySource=source)
        self.unlink()
        return target

    def unlink(self, missing_ok: bool = False) -> None:
        """Delete the object; one that is not there is deleted already."""
        with _explained(self):
            self.bucket.client.delete_object(Bucket=self.bucket.name, Key=self.key)

    def _at(self, key: str) -> Self:
        return type(self)(self.bucket, key)

    def _first(self, prefix: str) -> str | None:
        with _explained(self):
            answer = self.bucket.client.list_objects_v2(Bucket=self.bucket.name, Prefix=prefix, MaxKeys=1)
        found = [str(each["Key"]) for each in answer.get("Contents", [])]
        return found[0] if found else None


def each(read: Callable[[Source], Found], paths: Sequence[Source]) -> Iterable[Found]:
    """What `read` makes of each, in order; of objects, several at a time."""
    if not paths or not isinstance(paths[0], ObjectPath):
        return [read(path) for path in paths]
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(read, paths))


class StorageError(OSError):
    """A bucket does not do what it is asked to."""

    def __init__(self, path: ObjectPath, reason: str) -> None:
        super().__init__(reason)
        self.filename = str(path)

    def __str__(self) -> str:
        return str(self.args[0])


@contextmanager
def _explained(path: ObjectPath) -> Iterator[None]:
    """Turn what boto3 raises into OSErrors, as files raise them."""
    _ = path.bucket.client  # whose own errors are sentences already
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code, message = (str(error.response["Error"].get(key, "")) for key in ("Code", "Message"))
        raise _refusal(code, message, path) from error
    except BotoCoreError as error:
        raise StorageError(path, _reason(error, path.bucket.client.meta.endpoint_url)) from error


def _refusal(code: str, message: str, path: ObjectPath) -> OSError:
    if code in ABSENT:
        return FileNotFoundError(ENOENT, os.strerror(ENOENT), str(path))
    if code in REFUSED:
        return StorageError(path, f"these credentials are not let in ({code})")
    known = {
        "PreconditionFailed": FileExistsError("another object is there"),
        "ConditionalRequestConflict": BlockingIOError("another object is being put there"),
        "NoSuchBucket": StorageError(path, f"there is no bucket {path.bucket.name!r}"),
    }
    return known.get(code) or StorageError(path, f"{code}: {message}")


def _reason(error: Any, endpoint: str) -> str:
    from botocore.exceptions import ConnectionError as Unconnected
    from botocore.exceptions import HTTPClientError, NoCredentialsError, PartialCredentialsError

    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    if isinstance(error, HTTPClientError | Unconnected):
        return f"no storage answers at {endpoint}"
    return " ".join(str(error).split())[:300]
