"""A sweep's results as pandas frames: finished, interrupted or still running."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from hpsearch.config import Config, dump
from hpsearch.folders import config_of, current_space, summary_of
from hpsearch.known import maximise
from hpsearch.location import Location, location
from hpsearch.space import Space
from hpsearch.store import SweepFolder, is_being_written
from hpsearch.summary import Summary, ranking


@dataclass(frozen=True)
class Results:
    """What a sweep had found when it was loaded.

    The larger frames are read when they are first asked for; they are of the same trials.
    """

    folder: SweepFolder
    config: Config
    space: Space  # with the ranges of the last round, where ranges may be widened
    summary: Summary
    manifest: Mapping[str, Any]
    running: bool  # whether a process was working on it
    trials: pd.DataFrame  # a row a trial that has ended

    @property
    def path(self) -> Location:
        """The sweep's folder."""
        return self.folder.path

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """A row a trial and epoch."""
        return self._of_trials("epochs")

    @cached_property
    def gradchecks(self) -> pd.DataFrame:
        """A row a trial, epoch, check and parameter tensor."""
        return self._of_trials("gradchecks")

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """A row a round and setting: the region that the round searched."""
        rounds: pd.DataFrame = self.folder.read_tables(["rounds"])["rounds"].to_pandas()
        return rounds

    @property
    def metric(self) -> str:
        """The score by which trials are ranked."""
        return self.summary.metric

    @property
    def maximise(self) -> bool:
        """Whether the better of two trials has the larger score."""
        return maximise(self.metric)

    @property
    def best(self) -> pd.Series | None:
        """The row of the best completed trial; of the best configuration with its mean scores, where it has several.

        None before a trial has completed.
        """
        return None if self.summary.best is None else pd.Series(dict(self.summary.best), dtype=object)

    def leaders(self, count: int) -> pd.DataFrame:
        """The best completed trials, best first; of configurations with several trials the first, with mean scores."""
        import pyarrow as pa

        trials = pa.Table.from_pandas(self.trials, preserve_index=False)
        ranked = ranking(trials, self.metric, maximise=self.maximise, repeats=self.summary.repeats)
        found: pd.DataFrame = ranked.slice(0, count).to_pandas()
        return found

    @property
    def best_config(self) -> str | None:
        """The best trial's config as YAML text, numbers in place of distributions; None before a trial has completed.

        A confirmation over fresh seeds says which trial that is, if there was one.
        """
        best = self.summary.best
        if best is None:
            return None
        number = best["trial"] if self.confirmed is None else self.confirmed
        rounds = self.trials.set_index("trial")["round"]
        trial = self.folder.read_trial(number, int(rounds[number]))
        settings = self.config.settled(trial.values)
        return dump({key: value for key, value in settings.items() if key not in {"search", "engine"}})

    @property
    def confirmed(self) -> int | None:
        """The trial with the best mean over fresh seeds, as the last `hpsearch best --top` found.

        None if there was no such confirmation, or another trial leads the sweep since.
        """
        again, best = self.rerun or {}, self.summary.best
        if best is None or not again.get("confirmation") or again.get("ranked_first") != best["trial"]:
            return None
        return int(again["trial"]["number"])

    @cached_property
    def rerun(self) -> Mapping[str, Any] | None:
        """What the last `hpsearch best` found, as its `best/report.json` says; None if there is none to read."""
        try:
            found = json.loads((self.path / "best" / "report.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _of_trials(self, name: str) -> pd.DataFrame:
        """A table without the trials that have ended since the sweep was loaded."""
        rows: pd.DataFrame = self.folder.read_tables([name])[name].to_pandas()
        return rows[rows["trial"].isin(self.trials["trial"])].reset_index(drop=True)


def load(path: str | Location) -> Results:
    """Read a sweep's folder: its Parquet, and its journal for what is not in Parquet yet.

    Safe while the sweep runs, which it neither waits for nor holds up: every trial that was counted before the call is
    there. Raises UsageError if `path` is no sweep's folder, HpsearchError if it is damaged.
    """
    folder = SweepFolder.existing(location(str(path)))
    config, running = config_of(folder), is_being_written(folder)
    trials = folder.read_tables(["trials"])["trials"]
    return Results(
        folder=folder,
        config=config,
        space=current_space(folder, config),
        summary=summary_of(folder, config, trials),
        manifest=folder.read_manifest(),
        running=running,
        trials=trials.to_pandas(),
    )
