"""The best configuration: trained again, compared with what was recorded, and only then shown the test rows."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from hpsearch.config import Config, dump
from hpsearch.errors import HpsearchError
from hpsearch.numeric_platform import numeric_platform
from hpsearch.objective import (
    Data,
    Task,
    Worker,
    blas_threads,
    config_of,
    load_data,
    maximise,
    require_same_data,
    train_trial,
)
from hpsearch.records import Trial
from hpsearch.settings import architecture_of, plugins_of, rows_of
from hpsearch.store import SweepFolder, schemas
from hpsearch.store.compare import Difference, count_compared, differences, tables_of_outcome, tables_of_trial
from hpsearch.store.files import JsonLines, explaining, read_json_lines, write_text
from hpsearch.summary import ranking
from trainer import Model, Network, evaluate


class Verdict(StrEnum):
    """Whether a re-run gave what was recorded."""

    IDENTICAL = "identical"
    OTHER_PLATFORM = "other platform"
    NOT_REPRODUCED = "not reproduced"


@dataclass(frozen=True)
class Rerun:
    """The best trial, trained again."""

    trial: Trial
    verdict: Verdict
    compared: int  # recorded values that were compared
    differences: tuple[Difference, ...]
    scores: Mapping[str, float]  # of the re-run, on training and validation rows
    recorded_platform: str
    platform: str


@dataclass(frozen=True)
class Look:
    """A look at the test rows."""

    number: int  # the how-manieth of this sweep
    scores: Mapping[str, float]  # test_loss, test_<metric>


def rerun_best(path: Path, clock: Callable[[], float]) -> tuple[Rerun, Look | None]:
    """Retrain the best trial of a sweep, compare every recorded number, and write `best/`.

    A re-run that should have given the recorded numbers and did not gets no look at the test rows and
    leaves no model. Raises HpsearchError if there is no best trial, UsageError if the data has changed.
    """
    folder = SweepFolder.existing(path)
    config = config_of(folder)
    recorded = _recorded_best(folder, config)
    data = load_data(config)
    require_same_data(folder.read_manifest(), config.run, data)
    rerun, network = _retrained(folder, config, data, recorded, clock)
    with explaining(path):
        return rerun, _write(path / "best", config, data, rerun, network, clock)


def _write(
    folder: Path, config: Config, data: Data, rerun: Rerun, network: Network | None, clock: Callable[[], float]
) -> Look | None:
    """Fill `best/`, in which nothing of an earlier re-run stays but its looks."""
    folder.mkdir(exist_ok=True)
    (folder / "model.npz").unlink(missing_ok=True)
    look = None
    if network is not None and rerun.verdict is not Verdict.NOT_REPRODUCED:
        _write_model(folder / "model.npz", config, rerun.trial, data, network)
        look = _look(folder / "looks.jsonl", config, data, rerun.trial, network, clock)
    write_text(folder / "config.yaml", dump(config.trial(rerun.trial.values).model_dump(mode="json")))
    write_text(folder / "report.json", report_json(rerun, look))
    return look


def report_json(rerun: Rerun, look: Look | None) -> str:
    """The result of a re-run as JSON text."""
    content = {**asdict(rerun), "test": None if look is None else asdict(look)}
    return json.dumps(content, indent=2, default=str) + "\n"


def _recorded_best(folder: SweepFolder, config: Config) -> dict[str, pa.Table]:
    """The rows of the best trial."""
    metric = config.run.search.metric
    tables = folder.read_tables()
    order = ranking(tables["trials"], metric, maximise=maximise(metric))
    if not len(order):
        raise HpsearchError(f"no trial of {folder.path} has completed, so there is no best one")
    return tables_of_trial(tables, order["trial"][0].as_py())


def _retrained(
    folder: SweepFolder,
    config: Config,
    data: Data,
    recorded: Mapping[str, pa.Table],
    clock: Callable[[], float],
) -> tuple[Rerun, Network | None]:
    number = recorded["trials"]["trial"][0].as_py()
    trial = next(trial for each in folder.read_rounds() for trial in each.trials if trial.number == number)
    platform = numeric_platform(config.run.resources.cpus)
    worker = Worker("best", os.uname().nodename, platform, clock)
    outcome, network = train_trial(Task.of(config, data), trial, worker)
    found = differences(recorded, tables_of_outcome(outcome, schemas(config.space, config.run.recorded)))
    recorded_platform = recorded["trials"]["platform"][0].as_py()
    verdict = Verdict.NOT_REPRODUCED if found else Verdict.IDENTICAL
    rerun = Rerun(
        trial=trial,
        verdict=verdict if recorded_platform == platform else Verdict.OTHER_PLATFORM,
        compared=count_compared(recorded),
        differences=tuple(found),
        scores=outcome.result.scores,
        recorded_platform=recorded_platform,
        platform=platform,
    )
    return rerun, network


def _write_model(file: Path, config: Config, trial: Trial, data: Data, network: Network) -> None:
    run, prepared = config.trial(trial.values), data.prepared
    architecture = architecture_of(run, prepared.train, prepared.classes, plugins_of(config))
    model = Model(architecture, network.parameters, network.statistics, prepared.standardizer, prepared.classes)
    model.save(file)


def _look(
    file: Path, config: Config, data: Data, trial: Trial, network: Network, clock: Callable[[], float]
) -> Look | None:
    """Evaluate on the test rows, and write down that it was done."""
    if not len(data.prepared.test):
        return None
    with blas_threads(config.run.resources.cpus):
        found = evaluate(network, rows_of(network.loss.kind, data.prepared.test), config.run.metrics)
    scores = {f"test_{name}": value for name, value in found.items()}
    number = 1 + (sum(1 for _ in read_json_lines(file)) if file.exists() else 0)
    looks = JsonLines(file)
    looks.append([{"look": number, "at": _utc(clock()), "trial": trial.number, **scores}])
    looks.close()
    return Look(number, scores)


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
