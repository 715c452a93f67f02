"""What the engine costs: per trial that does nothing, at the start, in memory, and where its driver saturates.

    python -m benchmarks.engine [overhead peers start scaling memory saturation] [--trials 100000]

- overhead: milliseconds a trial whose objective returns constants, no gate, on two Ray workers; journal, Parquet and
  the wait for the disk included, once the engine is ready.
- peers: the same for Ray Tune (defaults; actors reused), Optuna (memory, SQLite, a journal file) and joblib: of all but
  two trials, whose time is taken off as that of the start.
- start: from the command to the end of the first trial, beside `ray.init` alone.
- scaling: a digits sweep by one worker and by two, from the first trial's start to the last one's end.
- memory: what the driver grows by a trial, Parquet parts, and how long pandas takes to read them.
- saturation: 10 to 10 000 workers that are simulated, whose trials take ten seconds of virtual time on average; the
  driver's own work is real and holds the virtual clock up. What a worker's calls cost is not in it.

Ratios between figures of one run mean more than the figures.
"""

import argparse
import heapq
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.pages import RESULTS, conditions, table
from benchmarks.plans import SCORES, plan_of
from hpsearch.driver import Driver
from hpsearch.engine import Engine
from hpsearch.objective import Worker
from hpsearch.records import Outcome, Result, Status, Trial
from hpsearch.space import Space
from hpsearch.store import ParquetStore, create_folder, schemas
from hpsearch.sweep import Plan

SPACE = Space.of({"train": {"learning_rate": {"log": [1e-4, 1]}, "l2": {"log": [1e-6, 1e-1]}}})
PROGRAM = Path(sys.executable).with_name("hpsearch")
Figures = Iterator[dict[str, Any]]


def nothing(trials: Sequence[Trial], worker: Worker) -> list[Outcome]:
    """An objective of constants."""
    scores = dict.fromkeys(SCORES, 1.0)
    return [
        Outcome(trial, Result(Status.COMPLETED, scores, best_epoch=1), worker.place(worker.clock(), 0.0))
        for trial in trials
    ]


def drive(plan: Plan, engine: Engine, folder: Path, recorded: Sequence[str] = SCORES) -> float:
    """Run a sweep; returns its seconds, with the closing of the store."""
    tables = schemas(plan.space, recorded)
    sweep = create_folder(folder, "name: nothing\n", {}, tables)
    begun = time.perf_counter()
    with ParquetStore(sweep, tables, time.monotonic) as store:
        Driver(plan, store, engine, lambda event: None, lambda: False, lambda trial: 0, platform=None).run()
    return time.perf_counter() - begun


def overhead(trials: int) -> Figures:
    """No-op trials on two Ray workers."""
    from hpsearch.engine.ray import RayEngine

    with RayEngine(nothing, cpus=1, workers=2) as engine, tempfile.TemporaryDirectory() as folder:
        drive(plan_of(SPACE, "random", 512, 256, lookahead=1), engine, Path(folder) / "warm-up")
        for strategy, count, size in (("random", min(trials, 10_000), 256), ("zoom", min(trials, 400), 4)):
            seconds = drive(plan_of(SPACE, strategy, count, size, lookahead=1), engine, Path(folder) / strategy)
            yield {
                "what": f"hpsearch, {strategy}, rounds of {size}",
                "trials": count,
                "ms a trial": 1e3 * seconds / count,
            }


def peers(trials: int) -> Figures:
    """No-op trials of others, as many as are bearable."""
    with tempfile.TemporaryDirectory() as folder:
        contenders: dict[str, Callable[[int], float]] = {
            "joblib, two processes": _joblib,
            "Optuna in memory, n_jobs=2": partial(_optuna, None),
            "Optuna with a journal file": partial(_optuna, f"{folder}/journal.log"),
            "Optuna with SQLite": partial(_optuna, f"sqlite:///{folder}/optuna.db"),
            "Ray Tune, actors reused": partial(_tune, reuse=True),
            "Ray Tune": partial(_tune, reuse=False),
        }
        for name, run in contenders.items():
            count = min(trials, 200 if "Tune" in name else 1000)
            try:
                seconds = -run(2) + run(count)
            except ImportError as error:
                print(f"{name} is left out, as it is not installed: {error}")
            else:
                yield {"what": name, "trials": count, "ms a trial": 1e3 * seconds / (count - 2)}


def _joblib(trials: int) -> float:
    from joblib import Parallel, delayed

    with Parallel(n_jobs=2) as pool:
        pool(delayed(float)(1.0) for _ in range(4))
        begun = time.perf_counter()
        pool(delayed(float)(1.0) for _ in range(trials))
        return time.perf_counter() - begun


def _optuna(storage: str | None, trials: int) -> float:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("learning_rate", 1e-4, 1, log=True)
        trial.suggest_float("l2", 1e-6, 1e-1, log=True)
        return 1.0

    where: Any = JournalStorage(JournalFileBackend(storage)) if storage and storage.endswith(".log") else storage
    study = optuna.create_study(storage=where, sampler=optuna.samplers.RandomSampler(0))
    begun = time.perf_counter()
    study.optimize(objective, n_trials=trials, n_jobs=2 if storage is None else 1)
    return time.perf_counter() - begun


def _tune(trials: int, *, reuse: bool) -> float:
    import ray
    from ray import tune

    class Nothing(tune.Trainable):
        def step(self) -> dict[str, Any]:
            return {"val_loss": 1.0, "done": True}

        def save_checkpoint(self, checkpoint_dir: str) -> None:
            """Tune asks for one at the end."""

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            return True

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    space = {"learning_rate": tune.loguniform(1e-4, 1), "l2": tune.loguniform(1e-6, 1e-1)}
    settings = tune.TuneConfig(num_samples=trials, metric="val_loss", mode="min", reuse_actors=reuse)
    with tempfile.TemporaryDirectory() as folder:
        tuner = tune.Tuner(
            Nothing, param_space=space, tune_config=settings, run_config=tune.RunConfig(storage_path=folder, verbose=0)
        )
        begun = time.perf_counter()
        tuner.fit()
        seconds = time.perf_counter() - begun
    ray.shutdown()
    return seconds


def start(_: int) -> Figures:
    """From the command to the first finished trial."""
    alone = "import time, ray; t = time.time(); ray.init(address='local', num_cpus=2, include_dashboard=False); print(time.time() - t)"
    shown = _output([sys.executable, "-c", alone])
    yield {"what": "ray.init alone", "seconds": float(shown.split()[-1])}
    began = time.time()
    frame = _digits(["--set=search.trials=2", "--set=train.epochs=1"])
    ended = (frame["started_at"] + pd.to_timedelta(frame["duration_s"], unit="s")).min()
    yield {"what": "command to the first finished trial", "seconds": ended.timestamp() - began}


def scaling(trials: int) -> Figures:
    """One worker against two, on some two minutes of training."""
    long = ["--set=train.epochs=100", "--set=search.stopping=none", f"--set=search.trials={min(trials, 192)}"]
    for workers in (1, 2):
        frame = _digits([*long, "--set=search.round=8", f"--workers={workers}"])
        ended = (frame["started_at"] + pd.to_timedelta(frame["duration_s"], unit="s")).max()
        yield {"what": f"digits, workers={workers}", "seconds": (ended - frame["started_at"].min()).total_seconds()}


def _digits(options: Sequence[str]) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        command = [str(PROGRAM), "run", "configs/digits.yaml", "--quiet", f"--results={folder}", *options]
        _output(command)
        return pd.read_parquet(Path(folder) / "digits" / "trials")


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own programs


SPREAD = 0.7  # of the logarithm of simulated durations


class Simulated(Engine):
    """Workers on virtual time, which runs on by the driver's real work between two calls and by waiting for trials."""

    def __init__(self, workers: int, mean_s: float) -> None:
        self._rng, self._mean_s = np.random.default_rng(0), mean_s
        self._workers = self._free = workers
        self._under_way: list[tuple[float, int, list[Trial]]] = []
        self._worker = Worker("simulated", "node", "platform", lambda: 0.0, lambda: 0.0)
        self.now = self.driver_s = 0.0
        self._left = time.perf_counter()

    @property
    def free(self) -> int:
        return self._free

    @property
    def workers(self) -> int:
        return self._workers

    def submit(self, stacks: Sequence[Sequence[Trial]]) -> None:
        self._pass_time()
        trials = [trial for stack in stacks for trial in stack]
        took = self._mean_s * float(self._rng.lognormal(-(SPREAD**2) / 2, SPREAD, len(trials)).sum())
        self._free -= 1
        heapq.heappush(self._under_way, (self.now + took, trials[0].number, trials))

    def wait(self, timeout_s: float) -> list[Outcome]:
        self._pass_time()
        if not self._under_way:
            return []
        self.now = max(self.now, self._under_way[0][0])
        done: list[Trial] = []
        while self._under_way and self._under_way[0][0] <= self.now:
            done += heapq.heappop(self._under_way)[2]
            self._free += 1
        outcomes = nothing(done, self._worker)
        self._left = time.perf_counter()
        return outcomes

    def close(self) -> None:
        self._under_way = []

    def _pass_time(self) -> None:
        worked = time.perf_counter() - self._left
        self.now += worked
        self.driver_s += worked
        self._left = time.perf_counter()


def memory(trials: int) -> Figures:
    """The driver alone, with workers that take no time."""
    with tempfile.TemporaryDirectory() as folder:
        drive(plan_of(SPACE, "random", 1024, 256, lookahead=1), Simulated(8, 0.0), Path(folder) / "warm-up")
        before = _resident()
        drive(plan_of(SPACE, "random", trials, 256, lookahead=1), Simulated(8, 0.0), Path(folder) / "sweep")
        grown = _resident() - before
        parts = len(list((Path(folder) / "sweep" / "trials").iterdir()))
        begun = time.perf_counter()
        rows = len(pd.read_parquet(Path(folder) / "sweep" / "trials"))
        read_s = time.perf_counter() - begun
    yield from _workers_memory()
    yield {"what": "driver", "trials": rows, "bytes a trial": grown / trials, "parts": parts, "read_parquet s": read_s}


def _workers_memory() -> Figures:
    """The most that each of two workers had in memory at the digits sweep, the data that they share included."""
    from hpsearch.config import load_config
    from hpsearch.data import load_data
    from hpsearch.engine.ray import RayEngine
    from hpsearch.known import KNOWN
    from hpsearch.objective import Task, run_trials
    from hpsearch.running import plan_of as plan_of_config

    config = load_config(Path("configs/digits.yaml"), KNOWN, ["search.trials=16", "train.epochs=2"])
    objective = partial(run_trials, Task.of(config, load_data(config)))
    with RayEngine(objective, cpus=1, workers=2) as engine, tempfile.TemporaryDirectory() as folder:
        drive(plan_of_config(config), engine, Path(folder) / "sweep", config.run.recorded)
        for number, peak in enumerate(engine.peak_memory(), start=1):
            yield {"what": f"worker {number} at digits", "trials": 16, "MiB at most": peak / 2**20}


def _resident() -> int:
    """Bytes of memory of this process (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def saturation(trials: int) -> Figures:
    """How busy a driver keeps ever more workers."""
    for workers in (10, 100, 1000, 10_000):
        count = min(trials, 4 * workers)
        with tempfile.TemporaryDirectory() as folder:
            engine = Simulated(workers, 10.0)
            drive(
                plan_of(SPACE, "random", count, max(1, min(workers, count // 4)), lookahead=1),
                engine,
                Path(folder) / "sweep",
            )
        yield {
            "what": f"{workers} workers",
            "trials": count,
            "driver ms a trial": 1e3 * engine.driver_s / count,
            "most trials a second": count / engine.driver_s,
            "workers it keeps busy": 10.0 * count / engine.driver_s,
        }


PARTS = {each.__name__: each for each in (overhead, peers, start, scaling, memory, saturation)}


def main() -> None:
    """Measure, and print a table a part."""
    parser = argparse.ArgumentParser(description="What the engine costs.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all, if left out")
    parser.add_argument("--trials", type=int, default=100_000, help="at most")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    page = ["# The engine", conditions()]
    for name in arguments.parts or PARTS:
        page += [f"## {name}", _table(list(PARTS[name](arguments.trials)))]
        print("\n\n".join(page[-2:]), "\n", flush=True)
    if not arguments.parts:
        (RESULTS / "engine.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")


def _table(figures: Sequence[Mapping[str, Any]]) -> str:
    head = list(dict.fromkeys(name for row in figures for name in row))
    cells = [[row.get(name, "") for name in head] for row in figures]
    return table(head, [[f"{each:.3f}" if isinstance(each, float) else str(each) for each in row] for row in cells])


if __name__ == "__main__":
    main()
