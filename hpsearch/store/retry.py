"""A sweep begun anew where the machine failed: what did not depend on the failures is taken over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpsearch.errors import UsageError
from hpsearch.location import Location
from hpsearch.records import Round, Status
from hpsearch.store.create import create_folder
from hpsearch.store.folder import SweepFolder
from hpsearch.store.lock import is_being_written

SHOWN = 10
OWN = ("schema_version", "config_sha256", "plugins")
"""What every folder says of itself in its manifest."""


@dataclass(frozen=True)
class Retry:
    """What a new sweep takes over of one in which trials failed."""

    failed: list[int]  # trials
    kept: list[Round]  # those planned before a failure could be seen
    dropped: list[Round]  # those that saw one, or came after one that did

    @classmethod
    def of(cls, folder: SweepFolder, lookahead: int) -> "Retry":
        """Of a sweep whose rounds see all but the last `lookahead` rounds before them; raises UsageError."""
        if is_being_written(folder):
            raise UsageError(f"another process is running the sweep {folder.path}; wait for it, or stop it")
        trials = folder.read_tables()["trials"]
        failed = trials.filter(pc.equal(trials["status"], Status.FAILED.value))
        if not len(failed):
            raise UsageError(f"no trial of {folder.path} failed, so there is none to retry")
        rounds = folder.read_rounds()
        first = min(failed["round"].to_pylist()) + 1 + lookahead
        return cls(failed["trial"].to_pylist(), rounds[:first], rounds[first:])

    def __str__(self) -> str:
        """What failed, and what is planned anew for it."""
        shown = ", ".join(map(str, self.failed[:SHOWN])) + ("" if len(self.failed) <= SHOWN else ", …")
        one = len(self.failed) == 1
        what = f"trial {shown}" if one else f"{len(self.failed)} trials ({shown})"
        if not self.dropped:
            return f"{what} failed, which no later round saw"
        first, last = self.dropped[0].number, self.dropped[-1].number
        saw = f"round {first}" if first == last else f"rounds {first} to {last}"
        return f"{what} failed; {saw} saw {'it' if one else 'them'}, or what came of {'it' if one else 'them'}, and will be planned anew"

    def create(self, folder: SweepFolder, path: Location, schemas: Mapping[str, pa.Schema]) -> SweepFolder:
        """The new sweep's folder: with the trials of the rounds that are kept, but for those that failed."""
        numbers = pa.array(
            [each.number for planned in self.kept for each in planned.trials if each.number not in self.failed]
        )
        rows = {
            name: table.filter(pc.less(table["round"], len(self.kept)))
            if name == "rounds"
            else table.filter(pc.is_in(table["trial"], numbers))
            for name, table in folder.read_tables().items()
        }
        manifest: dict[str, Any] = folder.read_manifest()
        plugins = {name: (folder.plugins / name).read_text(encoding="utf-8") for name in manifest.get("plugins", {})}
        told = {key: value for key, value in manifest.items() if key not in OWN}
        told["retried"] = {"sweep": str(folder.path), "trials": self.failed}
        config = folder.config.read_text(encoding="utf-8")
        return create_folder(path, config, told, schemas, plugins, self.kept, rows)
