"""From a trial to its outcome: the gate, then the training."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from threadpoolctl import threadpool_limits

from hpsearch.config import Config, Known, Run, load_config
from hpsearch.errors import UsageError
from hpsearch.gate import accusation, architecture_of, check_gradients, gradcheck_rows, training_of
from hpsearch.records import EpochRow, Outcome, Place, Result, Status, Trial
from hpsearch.seeds import TrialGenerators, split_seed
from hpsearch.store.folder import SweepFolder
from trainer import Architecture, Fit, Network, TrainerError, fit
from trainer.data import Dataset, Prepared, Rows, load, prepare
from trainer.initializers import INITIALIZERS
from trainer.layers import ACTIVATIONS
from trainer.metrics import METRICS, larger_is_better
from trainer.optimizers import OPTIMIZERS
from trainer.schedules import SCHEDULES

EVALUATION_ROWS = (
    256  # rows evaluated at once, or a batch if that is larger; part of what decides the last bits of a loss
)

KNOWN = Known(
    activations=list(ACTIVATIONS),
    initializers=list(INITIALIZERS),
    optimizers=list(OPTIMIZERS),
    schedules=list(SCHEDULES),
    metrics=[name for name, task in METRICS.items() if task == "classification"],
)
"""The names that the trainer offers to configs."""


@dataclass(frozen=True)
class Data:
    """A config's data, whole and prepared."""

    dataset: Dataset
    prepared: Prepared


@dataclass(frozen=True)
class Task:
    """What a worker must know to run any trial of a sweep; it never sees the test rows."""

    config: Config
    train: Rows
    validation: Rows

    @classmethod
    def of(cls, config: Config, data: Data) -> "Task":
        """The task of a sweep over this data."""
        return cls(config, data.prepared.train, data.prepared.validation)


@dataclass(frozen=True)
class Worker:
    """Who runs a trial, and by which clock (seconds since 1970)."""

    name: str
    node: str
    platform: str
    clock: Callable[[], float]


def load_data(run: Run) -> Data:
    """Read and split a config's data; raises UsageError."""
    try:
        dataset = load(run.data.source)
        prepared = prepare(dataset, validation=run.data.validation, test=run.data.test, seed=split_seed(run.seed))
    except TrainerError as error:
        raise UsageError(f"data.source: {error}") from error
    return Data(dataset, prepared)


def require_same_data(manifest: Mapping[str, Any], run: Run, data: Data) -> None:
    """Raise UsageError if the data is not that of the sweep with this manifest."""
    if manifest["data"]["fingerprint"] != data.dataset.fingerprint():
        raise UsageError(
            f"the data {run.data.source!r} is not what this sweep began with; "
            "put the old data back, or begin a new sweep under another name"
        )


def config_of(folder: SweepFolder) -> Config:
    """The config of a sweep; raises UsageError if it is no longer the one that the sweep began with."""
    folder.require_config_as_written()
    return load_config(folder.config, KNOWN)


def maximise(metric: str) -> bool:
    """Whether the better of two trials has the larger value of a recorded metric."""
    return larger_is_better(metric)


def run_trial(task: Task, trial: Trial, worker: Worker) -> Outcome:
    """Gate and train one trial. Whatever goes wrong in it becomes its outcome."""
    return train_trial(task, trial, worker)[0]


def train_trial(task: Task, trial: Trial, worker: Worker) -> tuple[Outcome, Network | None]:
    """As `run_trial`, and the trained network if the trial completed."""
    started = worker.clock()
    try:
        with blas_threads(task.config.run.resources.cpus):
            result, network = _gated(task, trial)
    except Exception as error:  # noqa: BLE001 - a trial's own failure must not end the sweep
        result, network = Result(Status.FAILED, error=f"{type(error).__name__}: {error}"), None
    place = Place(
        started_at=datetime.fromtimestamp(started, UTC),
        duration_s=worker.clock() - started,
        worker=worker.name,
        node=worker.node,
        platform=worker.platform,
    )
    return Outcome(trial, result, place), network


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Limit BLAS threads at run time: environment variables are too late once NumPy is loaded."""
    with threadpool_limits(limits=count, user_api="blas"):
        yield


def _gated(task: Task, trial: Trial) -> tuple[Result, Network | None]:
    """The gate; and behind it, the training."""
    run = task.config.trial(trial.values)
    architecture = architecture_of(run, task.train.x.shape[1], task.train.targets.shape[1])
    generators = TrialGenerators.of(trial.seed)
    report = check_gradients(architecture, task.train, generators.gradcheck)
    gate = Result(
        Status.GATE_FAILED,
        gradchecks=gradcheck_rows(report),
        gradcheck_error=report.error,
        gradcheck_verdict=report.verdict,
    )
    if not report.passed:
        return replace(gate, error=accusation(report)), None
    result, network = _trained(task, run, architecture, generators)
    epochs = tuple(EpochRow(epoch.epoch, dict(epoch.scores)) for epoch in result.epochs)
    if result.diverged:
        error = f"a loss was not a finite number after epoch {epochs[-1].epoch}"
        return replace(gate, status=Status.DIVERGED, epochs=epochs, error=error), None
    done = replace(gate, status=Status.COMPLETED, epochs=epochs, scores=result.scores, best_epoch=result.best_epoch)
    return done, network


def _trained(task: Task, run: Run, architecture: Architecture, generators: TrialGenerators) -> tuple[Fit, Network]:
    network = architecture.build(capacity=max(min(run.train.batch_size, len(task.train)), EVALUATION_ROWS))
    network.initialise(generators.initialise)
    result = fit(
        network,
        task.train,
        task.validation,
        training_of(run),
        shuffle=generators.shuffle,
        noise=generators.noise,
        metrics=run.metrics,
    )
    return result, network
