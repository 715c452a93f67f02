"""The layout of a sweep's folder, and reading it while the sweep runs or afterwards."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hpsearch.errors import HpsearchError, UsageError
from hpsearch.location import Location
from hpsearch.records import Interval, Round, Trial
from hpsearch.store.files import digest, reaching, write_text
from hpsearch.store.journal import FileJournal, Journal
from hpsearch.store.object_journal import ObjectJournal
from hpsearch.store.objects import ObjectPath, each
from hpsearch.store.rows import Row, region_rows, to_table
from hpsearch.store.schema import KEYS, SCHEMA_VERSION, TABLES

NEEDED = {"config_sha256", "data", "platform"}
"""What a manifest must say for a sweep to be read or resumed."""


class SweepFolder:
    """The files of one sweep, by name; or its objects."""

    def __init__(self, path: Location) -> None:
        self.path = path
        self.config = path / "config.yaml"
        self.manifest = path / "manifest.json"
        self.lock = path / ".lock"
        self.journal = journal_at(path / "journal")
        self.plugins = path / "plugins"
        self.damaged = path / ".damaged"

    @classmethod
    def existing(cls, path: Location) -> "SweepFolder":
        """The folder of a sweep that must be there already; raises UsageError."""
        folder = cls(path)
        with reaching(path):
            there = folder.manifest.is_file()
        if not there:
            raise UsageError(f"{str(path)!r} is not a sweep's folder: it holds no manifest.json")
        manifest = folder.read_manifest()
        version = manifest.get("schema_version")
        if version == SCHEMA_VERSION and not (manifest.keys() >= NEEDED and folder.journal.is_whole()):
            raise UsageError(f"{path} is damaged: its manifest.json or its journal is not whole")
        if version != SCHEMA_VERSION:
            raise UsageError(
                f"{path} has the results schema {version}; this version of hpsearch reads {SCHEMA_VERSION}"
            )
        return folder

    def table(self, name: str) -> Location:
        """The folder of a table's parts."""
        return self.path / name

    def part(self, name: str, number: int) -> Location:
        """A part of a table."""
        return self.table(name) / f"part-{number:05d}.parquet"

    def part_numbers(self, name: str) -> list[int]:
        """The numbers of a table's parts, in order."""
        return sorted(int(path.stem.rpartition("-")[2]) for path in self.table(name).glob("part-*.parquet"))

    def read_manifest(self) -> dict[str, Any]:
        """The manifest; raises UsageError if it is damaged."""
        try:
            manifest = json.loads(self.manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.manifest} cannot be read: {error}") from error
        if not isinstance(manifest, dict):
            raise UsageError(f"{self.manifest} is damaged: it holds no mapping")
        return manifest

    def planned_trials(self, at_first: int) -> int:
        """How many trials the sweep is to have: as many as its config said, or its last extension."""
        extensions = self.read_manifest().get("extensions", [])
        return int(extensions[-1]["trials"]) if extensions else at_first

    def extend(self, trials: int, at: str) -> None:
        """Plan so many trials in all; only for who holds the lock."""
        manifest = self.read_manifest()
        extensions = [*manifest.get("extensions", []), {"at": at, "trials": trials}]
        write_text(self.manifest, json.dumps({**manifest, "extensions": extensions}, indent=2) + "\n")

    def require_config_as_written(self) -> None:
        """Raise UsageError if the config and its plug-ins are not those that the rows came from."""
        manifest = self.read_manifest()
        digests = {self.plugins / name: sha256 for name, sha256 in manifest.get("plugins", {}).items()}
        for file, sha256 in {self.config: manifest["config_sha256"], **digests}.items():
            try:
                text = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"{file} cannot be read: {error}") from error
            if digest(text) != sha256:
                raise UsageError(
                    f"{file} was changed after the sweep began, so its rows would not be of one kind; undo the change, "
                    "or begin a new sweep with it under another name"
                )

    def read_rounds(self) -> list[Round]:
        """Every planned round, in order."""
        return [_round(record) for record in self.journal.rounds()]

    def read_trial(self, number: int, planned_in: int) -> Trial:
        """One planned trial of a round; its values have the types of the config, which a column may not keep.

        Raises HpsearchError if the journal, which is damaged then, does not have it.
        """
        records = self.journal.rounds(wanted=lambda each: each == planned_in)
        found = [trial for record in records for trial in _round(record).trials if trial.number == number]
        if not found:
            raise HpsearchError(
                f"{self.path}: the journal is damaged: trial {number} is not in it; put it back from a copy"
            )
        return found[0]

    def read_tables(self, names: Sequence[str] = TABLES) -> dict[str, pa.Table]:
        """Every acknowledged row of these tables, sorted by key; safe while a sweep writes."""
        journaled = self._journaled()  # first: what vanishes from the journal later is in the parts by then
        tables = {}
        for name in names:
            parts = self._parts(name)
            found = self._region_rows_beyond(parts) if name == "rounds" else journaled[name]
            rows = to_table(found, parts.schema) if found else parts.slice(0, 0)
            tables[name] = _merged(parts, rows, KEYS[name])
        return tables

    def _parts(self, name: str) -> pa.Table:
        parts = each(read_part, [self.part(name, number) for number in self.part_numbers(name)])
        try:
            return pa.concat_tables(parts)
        except pa.ArrowException as error:
            raise HpsearchError(
                f"{self.table(name)} holds parts of different columns, so one is damaged. Put it back from a copy; or {_repair(self.path)}"
            ) from error

    def _journaled(self) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        for record in self.journal.outcomes():
            for table, found in record.items():
                rows[table].extend(found)
        return rows

    def _region_rows_beyond(self, parts: pa.Table) -> list[Row]:
        """What the journal has of the rounds that are in no part yet; the others, most of a long sweep, are not parsed."""
        written = set(parts["round"].unique().to_pylist())
        records = self.journal.rounds(wanted=lambda number: number not in written)
        return [row for record in records for row in region_rows(_round(record))]


def _repair(sweep: Location) -> str:
    return f"set it aside and run its trials again, with the same results, by: hpsearch resume {sweep} --repair"


def read_part(path: Location) -> pa.Table:
    """A part of a table; raises HpsearchError, which says how to go on, if it is damaged."""
    import pyarrow.parquet as pq

    try:
        source = pa.BufferReader(path.read_bytes()) if isinstance(path, ObjectPath) else path
        return pq.read_table(source, partitioning=None, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0].removeprefix(f"Could not open Parquet input source '{path}': ").rstrip(".")
        raise HpsearchError(
            f"{path} is damaged: {reason}. Put it back from a copy; or {_repair(path.parent.parent)}"
        ) from error


def journal_at(path: Location) -> Journal:
    """The journal of a sweep, in files or in objects."""
    return ObjectJournal(path) if isinstance(path, ObjectPath) else FileJournal(Path(str(path)))


def round_record(planned: Round) -> dict[str, Any]:
    """A round as JSON; `_round` reads it back, exact to the last bit."""
    return {
        "round": planned.number,
        "trials": [_trial_record(trial) for trial in planned.trials],
        "global_share": planned.global_share,
        "region": [_interval_record(place) for place in planned.region],
    }


def _interval_record(place: Interval) -> list[Any]:
    record = [place.setting, place.centre, place.low, place.high]
    return record if place.range_low is None else [*record, place.range_low, place.range_high]


def _trial_record(trial: Trial) -> list[Any]:
    record = [trial.number, trial.seed, trial.unit, trial.values, trial.limits]
    return record if trial.configuration is None else [*record, trial.configuration]


def _round(record: dict[str, Any]) -> Round:
    number = record["round"]
    return Round(
        number,
        tuple(
            Trial(trial, number, seed, tuple(unit), values, tuple(limits), *configuration)
            for trial, seed, unit, values, limits, *configuration in record["trials"]
        ),
        record["global_share"],
        tuple(Interval(*place) for place in record["region"]),
    )


def _merged(parts: pa.Table, rows: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """Both together, sorted by key, a row that is in both only once."""
    if len(rows):
        known = parts.select(keys).append_column("known", pa.array([True] * len(parts), pa.bool_()))
        marked = rows.join(known, list(keys), join_type="left anti")
        parts = pa.concat_tables([parts, marked.select(parts.column_names).cast(parts.schema)])
    return parts.sort_by([(key, "ascending") for key in keys])
