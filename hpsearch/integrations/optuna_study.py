"""A sweep as a study of Optuna's, in a journal file that `optuna.load_study` and Optuna's dashboard read."""

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from hpsearch.config import Config
from hpsearch.known import maximise
from hpsearch.records import Status, Trial
from hpsearch.samplers.optuna import quietly
from hpsearch.space import Choice, Distribution, Space
from hpsearch.space.continuous import Continuous, Log
from hpsearch.space.integer import Integer, LogInteger
from hpsearch.store import SweepFolder
from hpsearch.widening import space_of

STATES = {Status.COMPLETED: TrialState.COMPLETE, Status.STOPPED: TrialState.PRUNED}
"""What Optuna calls the ends of trials; all others have failed."""

Row = Mapping[str, Any]


def write_study(file: Path, name: str, folder: SweepFolder, config: Config) -> None:
    """Write a new journal with a study of this name.

    Values and intermediate values are the metric that the sweep goes by. Parameters have the sweep's ranges; Optuna has
    no scale for one_minus_log, and shows it on the plain one. The rest of each row is in its user attributes.
    """
    with quietly():
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(file))),
            study_name=name,
            direction="maximize" if maximise(config.run.search.metric) else "minimize",
        )
        study.add_trials(_trials(folder, config))
        study.set_metric_names([config.run.search.metric])


def _trials(folder: SweepFolder, config: Config) -> Iterator[FrozenTrial]:
    """Those that have ended, in the order of their numbers."""
    tables, metric = folder.read_tables(), config.run.search.metric
    planned = {
        trial.number: (trial, space_of(config.space, each) if config.run.search.widen else config.space)
        for each in folder.read_rounds()
        for trial in each.trials
    }
    curves: dict[int, dict[int, float]] = {}
    for row in tables["epochs"].select(["trial", "epoch", metric]).to_pylist():
        curves.setdefault(row["trial"], {})[row["epoch"]] = row[metric]
    for row in tables["trials"].to_pylist():
        yield _trial(row, *planned[row["trial"]], curves.get(row["trial"], {}), row[metric])


def _trial(row: Row, trial: Trial, space: Space, curve: Mapping[int, float], value: float | None) -> FrozenTrial:
    found: dict[Any, Any] = {}
    params, distributions = {}, {}
    for title, setting in zip(space.titles, space.settings, strict=True):
        if setting.exists(found):
            found[setting.path] = params[title] = trial.values[space.names[setting.path]]
            distributions[title] = _distribution(setting.distribution)
    state = STATES.get(Status(row["status"]), TrialState.FAIL)
    attributes = {
        key: each
        for key, each in row.items()
        if each is not None and key != "started_at" and not key.startswith("param_")
    }
    frozen: FrozenTrial = create_trial(
        state=state,
        value=value if state is not TrialState.FAIL else None,
        params=params,
        distributions=distributions,
        user_attrs=attributes,
        intermediate_values={epoch: math.nan if each is None else each for epoch, each in curve.items()},
    )
    started = row["started_at"].astimezone().replace(tzinfo=None)  # local time, as Optuna has it
    frozen.datetime_start, frozen.datetime_complete = started, started + timedelta(seconds=row["duration_s"])
    return frozen


def _distribution(distribution: Distribution) -> BaseDistribution:
    if isinstance(distribution, Choice):
        return CategoricalDistribution(distribution.labels)
    if isinstance(distribution, Integer):
        return IntDistribution(distribution.low, distribution.high, log=isinstance(distribution, LogInteger))
    if isinstance(distribution, Continuous):
        return FloatDistribution(distribution.low, distribution.high, log=isinstance(distribution, Log))
    raise TypeError(f"Optuna has nothing like {distribution}")
