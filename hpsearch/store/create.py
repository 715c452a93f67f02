"""Making a sweep's folder."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from hpsearch.errors import UsageError
from hpsearch.records import Round
from hpsearch.store.files import JsonLines, digest, sync_folder, write_parquet, write_text
from hpsearch.store.folder import SweepFolder, round_record
from hpsearch.store.rows import to_table
from hpsearch.store.schema import SCHEMA_VERSION


def create_folder(
    path: Path,
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
    described = {"schema_version": SCHEMA_VERSION, **digests, **manifest}
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    folder = SweepFolder(beside)
    try:
        folder.journal.mkdir(parents=True)
        journal = JsonLines(folder.round_journal)
        journal.append([round_record(planned) for planned in rounds])
        journal.close()
        write_text(folder.config, config)
        for name, text in plugins.items():
            folder.plugins.mkdir(exist_ok=True)
            write_text(folder.plugins / name, text)
        for table, schema in schemas.items():
            folder.table(table).mkdir()
            write_parquet(folder.part(table, 0), tables.get(table, to_table([], schema)))
        write_text(folder.manifest, json.dumps(described, indent=2) + "\n")
        sync_folder(folder.journal)
        beside.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        reason = os.strerror(error.errno) if error.errno else error
        raise UsageError(f"cannot make the sweep's folder {path}: {reason}") from error
    return SweepFolder(path)


def require_new(path: Path) -> None:
    """Raise UsageError, with the ways out, if there is something where a new sweep is to be."""
    if (path / "manifest.json").exists():
        raise UsageError(
            f"there is a sweep in {path} already: go on with it by `hpsearch resume {path}`, "
            "or give this one another name by `--set name=…`"
        )
    if path.exists():
        raise UsageError(
            f"{path} exists and is no sweep: give this one another name by `--set name=…`, or use another --results"
        )
