"""Sweeps from beginning to end: the parts wired together."""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

from hpsearch._version import __version__
from hpsearch.config import Config, Search
from hpsearch.cost import flops
from hpsearch.data import Data, LoadData, load_data, require_same_data, require_source
from hpsearch.driver import Driver, Event
from hpsearch.engine import Engine
from hpsearch.engine.processors import processors_here
from hpsearch.errors import UsageError
from hpsearch.folders import config_of, is_training, schemas_of, summary_of
from hpsearch.known import maximise
from hpsearch.location import Location
from hpsearch.numeric_platform import numeric_platform
from hpsearch.objective import Task, blas_threads, run_trials, stack_key
from hpsearch.samplers import SAMPLERS, Sampler, Settings
from hpsearch.stopping import STOPPING
from hpsearch.store import (
    ParquetStore,
    Retry,
    SweepFolder,
    create_folder,
    require_new,
    set_damaged_parts_aside,
)
from hpsearch.store.files import reaching
from hpsearch.summary import Summary
from hpsearch.sweep import Plan
from hpsearch.tracking import require_tracker, tracked


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


def run(
    config: Config, results: Location, execution: Execution, hooks: Hooks, load_data: LoadData = load_data
) -> Summary:
    """Make the sweep's folder in `results` and run the sweep."""
    path = results / config.run.name
    require_new(path)
    if config.run.babysit:
        raise UsageError("babysit: it is for `hpsearch train`, which trains one network; leave it out of a sweep")
    plan = plan_of(config)  # before anything is made or started, as it may refuse
    search, tables = config.run.search, schemas_of(config)
    with _read(config, execution, search.trials, load_data) as data:
        for note in (*data.prepared.notes, *_unsearched(config)):
            hooks.say(note)
        task = Task.of(config, data)
        hooks.started(Summary(path, search.trials, {}, search.metric, None, search.repeats))
        with _engine(
            task, execution, hooks, search.trials
        ) as engine:  # first: if it cannot start, there is nothing to resume
            folder = create_folder(path, config.text(), manifest_of(config, data), tables, dict(config.known.plugins))
            with ParquetStore(folder, tables, time.monotonic) as store:
                _drive(task, plan, store, engine, hooks)
    return summary_of(folder, config)


def resume(
    path: Location,
    execution: Execution,
    hooks: Hooks,
    trials: int | None = None,
    *,
    repair: bool = False,
    load_data: LoadData = load_data,
) -> Summary:
    """Run what is missing of a sweep; with `trials`, extend it to so many in all. Raises UsageError if it has those.

    With `repair`, parts that cannot be read are set aside first, so that their trials are missing.
    """
    folder = SweepFolder.existing(path)
    config = config_of(folder)
    if repair:
        _repair(folder, config, hooks)
    summary = summary_of(folder, config)
    if is_training(folder) and (trials is not None or summary.done < summary.planned):
        raise UsageError(
            f"{path} is a single training: it cannot be extended, and `hpsearch resume {path}` goes on with it"
        )
    if trials is not None and trials <= summary.planned:
        raise UsageError(
            f"--trials is how many trials {path} is to have in all, above {summary.planned}; it is {trials}"
        )
    if trials is None and summary.done >= summary.planned:
        return summary
    plan = plan_of(config, trials or summary.planned)
    with _read(config, execution, plan.trials, load_data) as data:
        require_same(folder.read_manifest(), config, data)
        task = Task.of(config, data)
        with ParquetStore(folder, schemas_of(config), time.monotonic) as store:
            hooks.started(replace(summary_of(folder, config), planned=plan.trials))
            with _engine(task, execution, hooks, plan.trials) as engine:
                if trials is not None:  # only now: if the engine cannot start, the sweep is as long as it was
                    folder.extend(trials, _now())
                _drive(task, plan, store, engine, hooks)
    return summary_of(folder, config)


def retried(path: Location) -> Location:
    """The folder of the sweep in which a sweep's failed trials are run again; raises UsageError if it is there."""
    path = path if path.name else path.resolve()  # as "." has no name
    again = path.with_name(f"{path.name}-retried")
    with reaching(again):
        there = again.exists()
    if there:
        raise UsageError(f"{again} is there already: go on with it by `hpsearch resume {again}`, or move it away")
    return again


def retry_failed(path: Location, execution: Execution, hooks: Hooks) -> Summary:
    """Run the trials that failed again, and what followed from them, in a new sweep; raises UsageError if none failed.

    Its rows are those of a sweep in which nothing had failed. The old sweep stays as it is.
    """
    folder, again = SweepFolder.existing(path), retried(path)
    config = config_of(folder)
    if is_training(folder):
        raise UsageError(
            f"--retry-failed: {path} is a single training; train {path / 'config.yaml'} under another name"
        )
    retry = Retry.of(folder, config.run.search.lookahead)
    hooks.say(f"{path}: {retry}. The new sweep is {again}; {path} stays as it is.")
    retry.create(folder, again, schemas_of(config))
    return resume(again, execution, hooks)


def _repair(folder: SweepFolder, config: Config, hooks: Hooks) -> None:
    damaged = set_damaged_parts_aside(folder, schemas_of(config))
    for number in damaged:
        hooks.say(f"Part {number} was damaged: it is in {folder.damaged} now, and its trials are run again.")
    if not damaged:
        hooks.say(f"No part of {folder.path} is damaged.")


def plan_of(config: Config, trials: int | None = None) -> Plan:
    """The search that a config describes; with `trials`, of so many. Raises UsageError if it cannot be."""
    search = config.run.search
    trials = trials or search.trials
    require_tracker(config)
    sampler = SAMPLERS[search.strategy](Settings(points=search.points))
    _require(search, sampler, trials)
    sampler.require(config.space, max(0, trials // search.repeats - len(search.start_with)))
    return Plan(
        space=config.space,
        sampler=sampler,
        seed=config.run.seed,
        trials=trials,
        round_size=search.round * search.repeats,
        lookahead=search.lookahead,
        metric=search.metric,
        maximise=maximise(search.metric),
        stopping=STOPPING[search.stopping],
        epochs=lambda values: config.trial(values).train.epochs,
        start_with=tuple(search.start_with),
        repeats=search.repeats,
        allows=config.allows if search.widen else None,
    )


def _require(search: Search, sampler: Sampler, trials: int) -> None:
    """Raise UsageError if settings of the search do not go together."""
    if over := trials % search.repeats:
        whole = [count for count in (trials - over, trials - over + search.repeats) if count]
        raise UsageError(
            f"{trials} trials are no whole number of configurations, of which search.repeats asks for {search.repeats} "
            f"trials each; take {' or '.join(map(str, whole))} trials"
        )
    if search.widen and not sampler.widens:
        raise UsageError(
            f"search.widen: the strategy {search.strategy} keeps to the ranges that it began with; "
            "take another, such as zoom, or leave search.widen out"
        )
    if search.cost is not None and not sampler.prices:
        raise UsageError(
            f"search.cost: the strategy {search.strategy} cannot prefer cheap networks; take zoom, or leave "
            "search.cost out"
        )


def _unsearched(config: Config) -> Iterator[str]:
    """A sentence, if trials differ in their seeds alone and no repeats were asked for."""
    search = config.run.search
    if not config.space.settings and search.trials > search.repeats:
        yield (
            f"Nothing is searched, as no setting has a distribution: all {search.trials} trials train one configuration. "
            "`hpsearch train` trains it once; search.repeats says how often it is to be trained with other seeds."
        )


def _drive(task: Task, plan: Plan, store: ParquetStore, engine: Engine, hooks: Hooks) -> None:
    config = task.config
    hooks.ready(engine.workers)
    state = partial(summary_of, store.folder, config)
    with tracked(config, store.folder, state, hooks.say, hooks.observer) as observer, blas_threads(1):
        Driver(
            plan if config.run.search.cost is None else replace(plan, cost=partial(flops, task)),
            store,
            engine,
            observer=observer,
            should_stop=hooks.should_stop,
            stack_key=partial(stack_key, task),
            platform=None if config.run.engine.mixed else numeric_platform(config.run.resources.cpus),
            abort_on_gate_failure=config.run.gradcheck.on_failure == "abort",
        ).run()


def _read(config: Config, execution: Execution, trials: int, load_data: LoadData) -> AbstractContextManager[Data]:
    """The data; read while Ray starts, if the sweep is to run on this machine."""
    if execution.serial or _address(config, execution):
        return nullcontext(load_data(config))
    require_source(config)
    from hpsearch.engine.meanwhile import starting_ray_meanwhile

    cpus = config.run.resources.cpus
    workers = execution.workers or config.run.engine.workers or max(1, processors_here() // cpus)
    return starting_ray_meanwhile(min(workers, trials, _in_flight(config)) * cpus, partial(load_data, config))


def _address(config: Config, execution: Execution) -> str | None:
    """The cluster that the user named."""
    return execution.address or config.run.engine.address or os.environ.get("RAY_ADDRESS")


def _engine(task: Task, execution: Execution, hooks: Hooks, trials: int) -> Engine:
    config, objective = task.config, partial(run_trials, task)
    cpus = config.run.resources.cpus
    if execution.serial:
        from hpsearch.engine.serial import SerialEngine

        return SerialEngine(objective, cpus=cpus)
    from hpsearch.engine.cluster import available_workers
    from hpsearch.engine.ray import RayEngine

    settings = config.run.engine
    address = _address(config, execution)
    there_are = available_workers(address, cpus)
    asked = execution.workers or settings.workers
    wanted = _useful(min(asked or there_are, trials), config, hooks)
    most = min(asked or trials, _in_flight(config), trials)  # as processors join a cluster
    return RayEngine(
        objective,
        cpus=cpus,
        workers=min(wanted, there_are) if address else wanted,
        most=most if address else wanted,
        address=address,
        retries=settings.retries,
        trial_timeout=settings.trial_timeout,
        memory=settings.memory,
    )


def _in_flight(config: Config) -> int:
    """How many trials can be under way at once."""
    search = config.run.search
    return search.round * search.repeats * (1 + search.lookahead)


def _useful(workers: int, config: Config, hooks: Hooks) -> int:
    """No more workers than there can be trials under way at once."""
    in_flight = _in_flight(config)
    if workers > in_flight:
        needed = -(-workers // (config.run.search.repeats * (1 + config.run.search.lookahead)))
        hooks.say(
            f"{in_flight} of {workers} workers can be used: so many trials are under way at once. search.round={needed} "
            "would use them all; it is another sweep, with other rows."
        )
    return min(workers, in_flight)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def manifest_of(config: Config, data: Data) -> Mapping[str, Any]:
    """What is written down of a sweep when it begins."""
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
            **({"folds": [fold.sizes() for fold in data.folds]} if data.folds else {}),
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


def require_same(manifest: Mapping[str, Any], config: Config, data: Data) -> None:
    """Raise UsageError if data or machine would give results that cannot be compared with a sweep's first ones."""
    require_same_data(manifest, config.run, data)
    here = numeric_platform(config.run.resources.cpus)
    if manifest["platform"] != here and not config.run.engine.mixed:
        raise UsageError(
            f"this sweep began on the numeric platform {manifest['platform']}, this machine is {here}: its numbers would "
            "differ in their last bits. Resume it on a machine like the first, or begin a new sweep"
        )
