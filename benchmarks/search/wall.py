"""How long searches that stop trials early take to what Optuna's TPE reaches with 100 whole trials; two workers.

Every trial tells when it began and ended, on the machine's clock. A search's time runs from its first trial's begin
to the end of the first trial that is good enough, or of its last trial if none is.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import optuna
import pandas as pd
import ray

from benchmarks.search.runs import results
from benchmarks.search.tables import RESULTS
from benchmarks.search.tasks import SPACE, TASKS, prepared, train
from hpsearch.driver import Driver
from hpsearch.engine import Engine
from hpsearch.records import EpochRow, Outcome, Place, Result, Status, Trial
from hpsearch.samplers import SAMPLERS
from hpsearch.samplers.optuna import quietly, suggested
from hpsearch.stopping import STOPPING, rungs
from hpsearch.store import MemoryStore, schemas
from hpsearch.sweep import Plan

WORKERS, TRIALS = 2, 200
SCORES = ("train_loss", "val_loss")
PEERS = ("Optuna TPE + Hyperband", "Ray Tune ASHA")


@dataclass(frozen=True)
class Span:
    """When a trial began and ended (seconds since 1970), and its last loss; None if it diverged."""

    begin: float
    end: float
    loss: float | None


@dataclass(frozen=True)
class Goal:
    """What is searched for: a loss on a task, from a seed."""

    task: str
    seed: int
    loss: float

    def reached(self, loss: float | None) -> bool:
        """Whether a trial with this loss is good enough."""
        return loss is not None and loss <= self.loss


class _Processes(Engine):
    """The tasks' trainings in processes, each trial with its limits."""

    kind = "processes"

    def __init__(self, pool: ProcessPoolExecutor, goal: Goal) -> None:
        self._pool, self._goal = pool, goal
        self._running: set[Future[tuple[Trial, Span, list[float]]]] = set()
        self.spans: list[Span] = []

    @property
    def free(self) -> int:
        return max(0, WORKERS - len(self._running))

    @property
    def workers(self) -> int:
        return WORKERS

    @property
    def done(self) -> bool:
        """Whether a trial was good enough."""
        return any(self._goal.reached(span.loss) for span in self.spans)

    def submit(self, stacks: Sequence[Sequence[Trial]]) -> None:
        for stack in stacks:
            self._running |= {self._pool.submit(_limited, self._goal.task, trial) for trial in stack}

    def wait(self, timeout_s: float) -> list[Outcome]:
        ready, self._running = wait(self._running, timeout_s, FIRST_COMPLETED)
        return [self._outcome(*future.result()) for future in ready]

    def _outcome(self, trial: Trial, span: Span, losses: list[float]) -> Outcome:
        self.spans.append(span)
        whole = len(losses) == TASKS[self._goal.task].epochs
        status = Status.DIVERGED if span.loss is None else Status.COMPLETED if whole else Status.STOPPED
        epochs = tuple(EpochRow(index, dict.fromkeys(SCORES, loss)) for index, loss in enumerate(losses, 1))
        place = Place(datetime.fromtimestamp(span.begin, UTC), span.end - span.begin, "process", "here", None)
        return Outcome(trial, Result(status, scores=epochs[-1].scores if epochs else {}, epochs=epochs), place)

    def close(self) -> None:
        self._pool.shutdown()


def _limited(task: str, trial: Trial) -> tuple[Trial, Span, list[float]]:
    limits = dict(zip(rungs(TASKS[task].epochs), trial.limits, strict=False))
    began = time.time()
    losses = train(task, trial.values, trial.seed, lambda epoch, loss: loss > limits.get(epoch, math.inf))
    return trial, Span(began, time.time(), losses[-1] if losses else None), losses or []


def zoom(goal: Goal) -> list[Span]:
    """The zoom with its stopping, as a sweep has them unless told otherwise."""
    plan = Plan(
        space=SPACE,
        sampler=SAMPLERS["zoom"](),
        seed=goal.seed,
        trials=TRIALS,
        round_size=8,
        lookahead=1,
        metric="val_loss",
        maximise=False,
        stopping=STOPPING["envelope"],
        epochs=lambda values: TASKS[goal.task].epochs,
    )
    pool = ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=prepared, initargs=(goal.task,))
    with _Processes(pool, goal) as engine:
        store = MemoryStore(schemas(SPACE, SCORES))
        Driver(plan, store, engine, lambda event: None, lambda: engine.done, lambda trial: None, None).run()
    return engine.spans


def optuna_hyperband(goal: Goal) -> list[Span]:
    """Optuna's TPE and Hyperband at their defaults, in processes that share a journal."""
    context = get_context("spawn")
    with TemporaryDirectory() as folder:
        spans, start = context.Queue(), context.Barrier(WORKERS)
        journal = str(Path(folder) / "journal")
        workers = [
            context.Process(target=_optimise, args=(goal, each, journal, start, spans)) for each in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        found = [span for _ in workers for span in spans.get()]
        for worker in workers:
            worker.join()
    return found


def _optimise(goal: Goal, number: int, journal: str, start: Any, spans: Any) -> None:
    found: list[Span] = []

    def objective(trial: Any) -> float:
        began = time.time()

        def prunes(epoch: int, loss: float) -> bool:
            trial.report(loss, epoch)
            return bool(epoch < TASKS[goal.task].epochs and trial.should_prune())

        losses = train(goal.task, SPACE.values(suggested(trial, SPACE)), trial.number, prunes)
        found.append(Span(began, time.time(), losses[-1] if losses else None))
        if losses is not None and len(losses) < TASKS[goal.task].epochs:
            raise optuna.TrialPruned
        if goal.reached(found[-1].loss):
            trial.study.stop()
        return losses[-1] if losses else math.nan

    prepared(goal.task)
    with quietly():
        storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(journal))
        study = optuna.create_study(
            study_name=goal.task,
            storage=storage,
            load_if_exists=True,
            sampler=optuna.samplers.TPESampler(seed=WORKERS * goal.seed + number),
            pruner=optuna.pruners.HyperbandPruner(),
        )
        start.wait()
        study.optimize(objective, n_trials=TRIALS // WORKERS)
    spans.put(found)


def ray_asha(goal: Goal) -> list[Span]:
    """Ray Tune's ASHA at its defaults over random search, on actors that are used again."""
    from benchmarks.search.asha import search  # only here, as it needs ray[tune]

    return search(goal)


METHODS: Mapping[str, Callable[[Goal], list[Span]]] = {
    "zoom": zoom,
    "Optuna TPE + Hyperband": optuna_hyperband,
    "Ray Tune ASHA": ray_asha,
}
FILE = RESULTS / "search_wall.parquet"


def run(tasks: Sequence[str], seeds: int) -> None:
    """Add the searches that are not there yet, seed by seed, method by method in turn."""
    ray.init("local", num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    rows = _rows()
    done = {(row["method"], row["task"], row["seed"]) for row in rows}
    for seed in range(seeds):
        for task in tasks:
            goal = Goal(task, seed, goal_of(task))
            for method, search in METHODS.items():
                if (method, task, seed) not in done:
                    rows.append({"method": method, "task": task, "seed": seed, **_measured(search(goal), goal)})
                    print(rows[-1], flush=True)
                    pd.DataFrame(rows).to_parquet(FILE, index=False)


def goal_of(task: str) -> float:
    """TPE's mean loss after 100 whole trials."""
    found = results("real")
    at_the_end = (found["task"] == task) & (found["method"] == "optuna.tpe") & (found["trial"] == found["trial"].max())
    return float(found.loc[at_the_end, "best"].mean())


def _rows() -> list[dict[str, Any]]:
    return pd.read_parquet(FILE).to_dict("records") if FILE.exists() else []


def _measured(spans: Sequence[Span], goal: Goal) -> dict[str, Any]:
    good = [span.end for span in spans if goal.reached(span.loss)]
    end = min(good) if good else max(span.end for span in spans)
    return {"seconds": end - min(span.begin for span in spans), "reached": bool(good), "trials": len(spans)}


def report() -> str:
    """Mean seconds by task, how often the goal was never reached, and the zoom's time as a share of the others'."""
    frame = pd.DataFrame(_rows())
    seconds = frame.pivot_table(index="task", columns="method", values="seconds", aggfunc="mean")[list(METHODS)]
    missed = frame.pivot_table(index="task", columns="method", values="reached", aggfunc=lambda each: (~each).sum())
    head = ["task", *(f"{method}, s (never)" for method in METHODS), *(f"zoom / {peer}" for peer in PEERS)]
    rows = [
        [task]
        + [f"{row[method]:.1f} ({missed.loc[task, method]})" for method in METHODS]
        + [f"{row['zoom'] / row[peer]:.2f}" for peer in PEERS]
        for task, row in seconds.iterrows()
    ]
    means = [f"{(seconds['zoom'] / seconds[peer]).mean():.2f}" for peer in PEERS]
    rows.append(["mean", *[""] * len(METHODS), *means])
    lines = ["| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows]]
    return "\n".join([f"## Time to TPE's score, {WORKERS} workers, {frame['seed'].nunique()} seeds\n", *lines, ""])
