"""Making a sweep's folder."""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from hpsearch.errors import UsageError
from hpsearch.location import Location
from hpsearch.records import Round
from hpsearch.store.files import digest, reaching, reason_of, sync_folder, write_parquet, write_text
from hpsearch.store.folder import SweepFolder, round_record
from hpsearch.store.lease import Lease
from hpsearch.store.objects import ObjectPath
from hpsearch.store.rows import to_table
from hpsearch.store.schema import SCHEMA_VERSION


def create_folder(
    path: Location,
    config: str,
    manifest: Mapping[str, Any],
    schemas: Mapping[str, pa.Schema],
    plugins: Mapping[str, str] = MappingProxyType({}),
    rounds: Sequence[Round] = (),
    tables: Mapping[str, pa.Table] = MappingProxyType({}),
) -> SweepFolder:
    """A new sweep's folder: there with all that a reader expects, or not there at all.

    `plugins` are texts by file name; `rounds` and `tables` what is planned and known of it already.
    """
    require_new(path)
    digests = {"config_sha256": digest(config), "plugins": {name: digest(text) for name, text in plugins.items()}}
    described = json.dumps({"schema_version": SCHEMA_VERSION, **digests, **manifest}, indent=2) + "\n"

    def fill(folder: SweepFolder) -> None:
        folder.journal.create([round_record(planned) for planned in rounds])
        write_text(folder.config, config)
        for name, text in plugins.items():
            folder.plugins.mkdir(exist_ok=True)
            write_text(folder.plugins / name, text)
        for table, schema in schemas.items():
            folder.table(table).mkdir()
            write_parquet(folder.part(table, 0), tables.get(table, to_table([], schema)))

    try:
        if isinstance(path, ObjectPath):
            _create_objects(path, fill, described)
        else:
            _create_files(Path(str(path)), fill, described)
    except OSError as error:
        raise UsageError(f"cannot make the sweep's folder {path}: {reason_of(error)}") from error
    return SweepFolder(path)


def _create_files(path: Path, fill: Callable[[SweepFolder], None], manifest: str) -> None:
    """All of it beside, and then moved into place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    folder = SweepFolder(beside)
    try:
        fill(folder)
        write_text(folder.manifest, manifest)
        sync_folder(beside / "journal")
        beside.rename(path)
        sync_folder(path.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _create_objects(path: ObjectPath, fill: Callable[[SweepFolder], None], manifest: str) -> None:
    """The manifest last, without which there is no sweep; what a process left that died before it is deleted."""
    folder = SweepFolder(path)
    with Lease(path, path / ".lock") as lease:
        lease.require_conditional_puts()
        for leftover in path.objects():
            if leftover.parent != path / ".lock":
                leftover.unlink()
        fill(folder)
        (path / "manifest.json").put_new(manifest.encode())


def require_new(path: Location) -> None:
    """Raise UsageError, with the ways out, if there is something where a new sweep is to be."""
    with reaching(path):
        is_sweep, is_other = (path / "manifest.json").exists(), path.exists()
        if isinstance(path, ObjectPath):  # whoever died while making a sweep left a lock, and no manifest
            is_other = is_other and not (path / ".lock").is_dir()
    if is_sweep:
        raise UsageError(
            f"there is a sweep in {path} already: go on with it by `hpsearch resume {path}`, "
            "or give this one another name by `--set name=…`"
        )
    if is_other:
        raise UsageError(
            f"{path} exists and is no sweep: give this one another name by `--set name=…`, or use another --results"
        )
