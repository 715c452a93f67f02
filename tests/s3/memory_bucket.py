"""A bucket in memory: as quick as laws about every interleaving need; what it says, a test compares with the server."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from io import BytesIO
from typing import Any

from hpsearch.store.objects import Bucket


class MemoryBucket(Bucket):
    """A bucket whose client keeps the objects itself."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.client = MemoryClient(name)


class MemoryClient:
    """What of boto3's client is used here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._objects: dict[str, tuple[bytes, datetime]] = {}
        self._one_at_a_time = threading.Lock()

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str | None = None) -> None:
        with self._one_at_a_time:
            if IfNoneMatch == "*" and Key in self._objects:
                raise _error("PreconditionFailed")
            self._objects[Key] = (Body, _now())

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        try:
            body, put = self._objects[Key]
        except KeyError:
            raise _error("NoSuchKey") from None
        headers = {"date": format_datetime(_now(), usegmt=True)}
        return {"Body": BytesIO(body), "LastModified": put, "ResponseMetadata": {"HTTPHeaders": headers}}

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        self._objects.pop(Key, None)

    def copy_object(self, *, Bucket: str, Key: str, CopySource: dict[str, str]) -> None:
        self.put_object(Bucket=Bucket, Key=Key, Body=self.get_object(**CopySource)["Body"].read())

    def list_objects_v2(
        self, *, Bucket: str, Prefix: str, Delimiter: str = "", MaxKeys: int = 1000
    ) -> dict[str, list[dict[str, str]]]:
        found = [key for key in sorted(self._objects.copy()) if key.startswith(Prefix)]
        if Delimiter:
            found = [key for key in found if Delimiter not in key.removeprefix(Prefix)]
        return {"Contents": [{"Key": key} for key in found[:MaxKeys]]}

    def get_paginator(self, name: str) -> "MemoryClient":
        return self

    def paginate(self, **query: Any) -> Iterator[dict[str, list[dict[str, str]]]]:
        yield self.list_objects_v2(**query, MaxKeys=10**9)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _error(code: str) -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")
