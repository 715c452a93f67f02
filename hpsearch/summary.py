"""What stands in a sweep's folder, in a few words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from hpsearch.location import Location
from hpsearch.records import Status


@dataclass(frozen=True)
class Summary:
    """A sweep's state."""

    path: Location
    planned: int  # trials in all
    counts: Mapping[Status, int]  # trials done, by how they ended
    metric: str
    best: Mapping[str, Any] | None  # the best trial's row, if a trial completed; of a configuration, with its means
    repeats: int = 1  # trials of a configuration
    scores: Mapping[int, Sequence[float]] = field(default_factory=dict)
    """Of each configuration with several trials: the metric of those that have completed."""
    settings: Mapping[str, Any] = field(default_factory=dict)  # the best trial's searched settings
    widened: Sequence[str] = ()  # which ranges are wider than at first
    edges: Sequence[str] = ()  # where the best trial lies at an end of a range that could be wider

    @property
    def done(self) -> int:
        """How many trials have a row."""
        return sum(self.counts.values())


def summarise(
    path: Location, trials: pa.Table, planned: int, metric: str, *, maximise: bool, repeats: int = 1
) -> Summary:
    """Count, and find the best among the completed trials, ties to the lowest number."""
    counts = Counter(Status(status) for status in trials["status"].to_pylist())
    best = ranking(trials, metric, maximise=maximise, repeats=repeats).slice(0, 1).to_pylist()
    scores = _scores(_completed(trials), metric) if repeats > 1 else {}
    return Summary(path, planned, counts, metric, best[0] if best else None, repeats, scores, _settings(best))


def _settings(best: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The searched settings in the best rows' first, as columns have them: without nulls, and labels may be text."""
    return {
        name.removeprefix("param_"): value
        for row in best[:1]
        for name, value in row.items()
        if name.startswith("param_") and value is not None
    }


def ranking(trials: pa.Table, metric: str, *, maximise: bool, repeats: int = 1) -> pa.Table:
    """The completed trials, best first, ties to the lowest number.

    With `repeats`, a row for each configuration all of whose trials completed: its first trial's, in which the scores
    are the means over its trials.
    """
    completed = _completed(trials)
    if repeats > 1:
        completed = _means(completed, repeats)
    return completed.sort_by([(metric, "descending" if maximise else "ascending"), ("trial", "ascending")])


def _completed(trials: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    return trials.filter(pc.equal(trials["status"], Status.COMPLETED.value))


def _scores(completed: pa.Table, metric: str) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for number, score in zip(completed["configuration"].to_pylist(), completed[metric].to_pylist(), strict=True):
        found.setdefault(number, []).append(score)
    return found


def _means(completed: pa.Table, repeats: int) -> pa.Table:
    scores = [name for name in completed.column_names if name.startswith(("val_", "train_"))]
    wanted = [("trial", "min"), ("trial", "count"), *((name, "mean") for name in scores)]
    means = completed.group_by("configuration", use_threads=False).aggregate(wanted).to_pylist()
    whole = {row["trial_min"]: row for row in means if row["trial_count"] == repeats}
    rows = completed.filter(pa.array([trial in whole for trial in completed["trial"].to_pylist()], pa.bool_()))
    for name in scores:
        values = [whole[trial][f"{name}_mean"] for trial in rows["trial"].to_pylist()]
        index = rows.column_names.index(name)
        rows = rows.set_column(index, rows.field(index), pa.array(values, pa.float64()))
    return rows
