"""Sweeps from beginning to end: the parts wired together."""

import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpsearch._version import __version__
from hpsearch.config import Config
from hpsearch.driver import Driver, Event
from hpsearch.engine import Engine
from hpsearch.errors import UsageError
from hpsearch.numeric_platform import numeric_platform
from hpsearch.objective import Data, Task, blas_threads, config_of, load_data, maximise, require_same_data, stack_key
from hpsearch.records import Status
from hpsearch.samplers import SAMPLERS, Settings
from hpsearch.stopping import STOPPING
from hpsearch.store import ParquetStore, SweepFolder, create_folder, require_new, schemas
from hpsearch.summary import Summary, ranking, summarise
from hpsearch.sweep import Plan


@dataclass(frozen=True)
class Execution:
    """Where a sweep runs; None leaves the choice to the config."""

    serial: bool = False
    workers: int | None = None
    address: str | None = None


@dataclass(frozen=True)
class Hooks:
    """How a caller follows a sweep and stops it."""

    say: Callable[[str], None] = lambda text: None
    """Told, in a sentence, what the user should know before the work begins."""
    started: Callable[[Summary], None] = lambda summary: None
    """Told what there is before the engine is started, which can take seconds."""
    ready: Callable[[int], None] = lambda workers: None
    """Told how many workers there are."""
    observer: Callable[[Event], None] = lambda event: None
    should_stop: Callable[[], bool] = lambda: False


def run(config: Config, results: Path, execution: Execution, hooks: Hooks) -> Summary:
    """Make the sweep's folder in `results` and run the sweep."""
    path = results / config.run.name
    require_new(path)
    plan = plan_of(config)  # before anything is made or started, as it may refuse
    data = load_data(config)
    for note in data.prepared.notes:
        hooks.say(note)
    task = Task.of(config, data)
    search, tables = config.run.search, schemas(config.space, config.run.recorded)
    hooks.started(Summary(path, search.trials, {}, search.metric, None))
    with _engine(
        task, execution, hooks, search.trials
    ) as engine:  # first: if it cannot start, there is nothing to resume
        folder = create_folder(path, config.text(), _manifest(config, data), tables, dict(config.known.plugins))
        with ParquetStore(folder, tables, time.monotonic) as store:
            _drive(task, plan, store, engine, hooks)
    return summary_of(folder, config)


def resume(path: Path, execution: Execution, hooks: Hooks, trials: int | None = None) -> Summary:
    """Run what is missing of a sweep; with `trials`, extend it to so many in all. Raises UsageError if it has those."""
    folder = SweepFolder.existing(path)
    config = config_of(folder)
    summary = summary_of(folder, config)
    if trials is not None and trials <= summary.planned:
        raise UsageError(
            f"--trials is how many trials {path} is to have in all, above {summary.planned}; it is {trials}"
        )
    if trials is None and summary.done >= summary.planned:
        return summary
    plan = plan_of(config, trials or summary.planned)
    data = load_data(config)
    _check_same(folder.read_manifest(), config, data)
    task = Task.of(config, data)
    with ParquetStore(folder, schemas(config.space, config.run.recorded), time.monotonic) as store:
        if trials is not None:
            folder.extend(trials, _now())
        hooks.started(summary_of(folder, config))
        with _engine(task, execution, hooks, plan.trials) as engine:
            _drive(task, plan, store, engine, hooks)
    return summary_of(folder, config)


def plan_of(config: Config, trials: int | None = None) -> Plan:
    """The search that a config describes; with `trials`, of so many. Raises UsageError if its strategy cannot give it."""
    search = config.run.search
    sampler = SAMPLERS[search.strategy](Settings(points=search.points))
    sampler.require(config.space, trials or search.trials)
    return Plan(
        space=config.space,
        sampler=sampler,
        seed=config.run.seed,
        trials=trials or search.trials,
        round_size=search.round,
        lookahead=search.lookahead,
        metric=search.metric,
        maximise=maximise(search.metric),
        stopping=STOPPING[search.stopping],
        epochs=lambda values: config.trial(values).train.epochs,
        start_with=tuple(search.start_with),
    )


def summary_of(folder: SweepFolder, config: Config) -> Summary:
    """What stands in a sweep's folder now."""
    search = config.run.search
    trials = folder.read_tables()["trials"]
    planned = folder.planned_trials(search.trials)
    summary = summarise(folder.path, trials, planned, search.metric, maximise=maximise(search.metric))
    return replace(summary, edges=config.edges(summary.settings))


def ranked_trials(folder: SweepFolder, config: Config) -> pa.Table:
    """Every trial, the best first, those that did not complete last."""
    metric = config.run.search.metric
    trials = folder.read_tables()["trials"]
    best = ranking(trials, metric, maximise=maximise(metric))
    return pa.concat_tables([best, trials.filter(pc.not_equal(trials["status"], Status.COMPLETED.value))])


def _drive(task: Task, plan: Plan, store: ParquetStore, engine: Engine, hooks: Hooks) -> None:
    config = task.config
    hooks.ready(engine.workers)
    driver = Driver(
        plan,
        store,
        engine,
        observer=hooks.observer,
        should_stop=hooks.should_stop,
        stack_key=partial(stack_key, task),
        platform=None if config.run.engine.mixed else numeric_platform(config.run.resources.cpus),
        abort_on_gate_failure=config.run.gradcheck.on_failure == "abort",
    )
    with blas_threads(1):
        driver.run()


def _engine(task: Task, execution: Execution, hooks: Hooks, trials: int) -> Engine:
    config = task.config
    if execution.serial:
        from hpsearch.engine.serial import SerialEngine

        return SerialEngine(task)
    from hpsearch.engine.ray import RayEngine, available_workers

    settings = config.run.engine
    address = execution.address or settings.address or os.environ.get("RAY_ADDRESS")
    there_are = available_workers(address, config.run.resources.cpus)
    wanted = execution.workers or settings.workers or there_are
    if address:  # a worker for which the cluster has no processor would never start
        wanted = min(wanted, there_are)
    return RayEngine(task, workers=_useful(min(wanted, trials), config, hooks), address=address)


def _useful(workers: int, config: Config, hooks: Hooks) -> int:
    """No more workers than there can be trials under way at once."""
    search = config.run.search
    in_flight = search.round * (1 + search.lookahead)
    if workers > in_flight:
        needed = -(-workers // (1 + search.lookahead))
        hooks.say(
            f"{in_flight} of {workers} workers can be used: so many trials are under way at once. search.round={needed} "
            "would use them all; it is another sweep, with other rows."
        )
    return min(workers, in_flight)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _manifest(config: Config, data: Data) -> Mapping[str, Any]:
    packages = ("numpy", "pandas", "pyarrow", "ray", "scikit-learn")
    return {
        "name": config.run.name,
        "seed": config.run.seed,
        "created_at": _now(),
        "platform": numeric_platform(config.run.resources.cpus),
        "data": {
            "source": config.run.data.source,
            "fingerprint": data.dataset.fingerprint(),
            "rows": data.prepared.sizes(),
            "task": data.dataset.task,
            "features": data.prepared.train.x.shape[1],
            "classes": list(data.dataset.classes),
        },
        "versions": {
            "hpsearch": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in packages},
        },
        "command": sys.argv[1:],
    }


def _check_same(manifest: Mapping[str, Any], config: Config, data: Data) -> None:
    """Refuse to mix results that would not be comparable."""
    require_same_data(manifest, config.run, data)
    here = numeric_platform(config.run.resources.cpus)
    if manifest["platform"] != here and not config.run.engine.mixed:
        raise UsageError(
            f"this sweep began on the numeric platform {manifest['platform']}, this machine is {here}: its numbers would "
            "differ in their last bits. Resume it on a machine like the first, or begin a new sweep"
        )
