"""What stands in a sweep's folder, in a few words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from hpsearch.records import Status


@dataclass(frozen=True)
class Summary:
    """A sweep's state."""

    path: Path
    planned: int  # trials in all
    counts: Mapping[Status, int]  # trials done, by how they ended
    metric: str
    best: Mapping[str, Any] | None  # the best trial's row, if a trial completed
    edges: Sequence[str] = ()  # where the best trial lies at an end of a range that could be wider

    @property
    def done(self) -> int:
        """How many trials have a row."""
        return sum(self.counts.values())

    @property
    def settings(self) -> Mapping[str, Any]:
        """The best trial's searched settings."""
        return {
            name.removeprefix("param_"): value
            for name, value in (self.best or {}).items()
            if name.startswith("param_") and value is not None
        }


def summarise(path: Path, trials: pa.Table, planned: int, metric: str, *, maximise: bool) -> Summary:
    """Count, and find the best among the completed trials, ties to the lowest number."""
    counts = Counter(Status(status) for status in trials["status"].to_pylist())
    order = ranking(trials, metric, maximise=maximise)
    best = order.slice(0, 1).to_pylist()
    return Summary(path, planned, counts, metric, best[0] if best else None)


def ranking(trials: pa.Table, metric: str, *, maximise: bool) -> pa.Table:
    """The completed trials, best first, ties to the lowest number."""
    import pyarrow.compute as pc

    completed = trials.filter(pc.equal(trials["status"], Status.COMPLETED.value))
    return completed.sort_by([(metric, "descending" if maximise else "ascending"), ("trial", "ascending")])
